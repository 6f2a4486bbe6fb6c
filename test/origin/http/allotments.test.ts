/** An allotment is bought by one and drawn by others, one each. */

import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { accessToken } from "../../../origin/access.ts";
import { DRAWABLE_FOR_MS } from "../../../origin/allotment/allotment.ts";
import { usdc } from "../../../protocol/money.ts";
import { allotmentOrder, allotted, stockAllotment } from "../../builders/allotment.ts";
import { anyText } from "../../builders/arbitrary.ts";
import { batchSupplier } from "../../builders/batch.ts";
import { grantedPayment, LINE, ORDER_ID, purchaseIn } from "../../builders/origin-purchase.ts";
import {
  BUYER,
  DRAWER,
  draw,
  drawnIn,
  giveBack,
  look,
  PATH,
  post,
  stock,
  tokenFor,
} from "./allotment-shop.ts";
import { bodyOf, expectProblem, forward, headerOf, openShop, type Sent, type Shop } from "./shop.ts";

let shop: Shop;
beforeEach(() => {
  shop = openShop();
});

describe("an allotment that is bought", () => {
  const order: Sent = post("/v1/esim/allotments", '{"plan":"eu-1gb","count":3}');
  const paid = () => {
    const { authorization } = grantedPayment();
    return grantedPayment({ authorization: { ...authorization, value: usdc(LINE.price * 3n) } });
  };
  beforeEach(() => {
    const take = async () => Promise.reject(new Error("an allotment is not filled from the pool"));
    shop = openShop((world) => ({
      supplier: batchSupplier(world.supplier, world.clock),
      pool: { take, levels: async () => [] },
    }));
  });

  test("is answered with the token that draws, and no eSIM", async () => {
    const response = await forward(shop, order, paid());
    expect(response.statusCode).toBe(200);
    expect(response.body).not.toMatch(/LPA:|SECRET|iccid|qr_|matching_id/);
    const { now } = shop.world.clock;
    const expiresAt = new Date(shop.world.store.all()[0]?.createdAt ?? 0).getTime() + DRAWABLE_FOR_MS;
    expect(expiresAt).toBeGreaterThan(now());
    expect(bodyOf(response)).toMatchObject({
      order_id: ORDER_ID,
      state: "delivered",
      access_token: BUYER,
      payment: { amount_usdc: "12.60" },
      allotment: {
        id: ORDER_ID,
        token: DRAWER,
        state: "open",
        count: 3,
        remaining: 3,
        drawn: 0,
        returned: 0,
        undelivered: 0,
        expires_at: new Date(expiresAt).toISOString(),
        draw_url: `https://shop.example.com${PATH}/draw`,
      },
      items: [0, 1, 2].map((item) => ({ item, item_state: "delivered", device_id: null, drawn_at: null })),
    });
  });

  test("is answered alike when the same payment comes again, and stays one", async () => {
    await forward(shop, order, paid());
    await draw(shop, "drone-1");
    const again = await forward(shop, order, paid());
    expect(bodyOf(again)).toMatchObject({ replayed: true, allotment: { remaining: 2, drawn: 1 } });
    expect(shop.world.allotments.queued()).toEqual([ORDER_ID]);
  });

  test("is not bought where its own item can't be written, and can be with the same payment", async () => {
    shop.world.allotments.faults.add("open");
    expectProblem(await forward(shop, order, paid()), "purchase_unrecorded");
    expect(shop.world.store.all()).toEqual([]);
    expect((await forward(shop, order, paid())).statusCode).toBe(200);
  });
});

describe("a draw", () => {
  test("gives each device another eSIM, and the same device the same one", async () => {
    await stock(shop, 2);
    const [first, second] = [drawnIn(await draw(shop, "drone-1")), drawnIn(await draw(shop, "drone-2"))];
    expect([first.qr_code, second.qr_code]).toEqual([allotted(0).activationCode, allotted(1).activationCode]);
    expect([first.replayed, second.replayed]).toEqual([false, false]);
    expect(drawnIn(await draw(shop, "drone-1"))).toEqual({ ...first, replayed: true });
    expectProblem(await draw(shop, "drone-3"), "allotment_exhausted");
    expect(drawnIn(await draw(shop, "drone-2"))).toEqual({ ...second, replayed: true });
  });

  test("says who drew what and when, and shows how to install and look after it", async () => {
    await stock(shop, 1);
    const response = await draw(shop, "drone-1");
    expect(headerOf(response, "cache-control")).toContain("no-store");
    const { iccid, activationCode } = allotted(0);
    expect(bodyOf(response)).toMatchObject({
      allotment_id: ORDER_ID,
      item: 0,
      device_id: "drone-1",
      drawn_at: new Date(shop.world.clock.now()).toISOString(),
      plan: "eu-1gb",
      iccid,
      qr_code: activationCode,
      install: { apple: expect.any(String) },
      esim_url: `https://shop.example.com/v1/esim/${iccid}`,
      esim_token: tokenFor({ to: "esim", item: 0 }),
    });
  });

  test("skips what could not be had", async () => {
    await stock(shop, 4, [0, 2]);
    const items = [drawnIn(await draw(shop, "a")).item, drawnIn(await draw(shop, "b")).item];
    expect(items).toEqual([1, 3]);
    expectProblem(await draw(shop, "c"), "allotment_exhausted");
    expect(bodyOf(await look(shop, PATH, DRAWER))).toMatchObject({
      count: 4,
      undelivered: 2,
      drawn: 2,
      remaining: 0,
    });
  });

  test("before the order is delivered is to be tried again, and writes nothing", async () => {
    await stockAllotment(shop.world, allotmentOrder(2));
    const response = await draw(shop, "drone-1");
    expectProblem(response, "allotment_pending", { retry_action: "wait_and_retry" });
    expect(headerOf(response, "retry-after")).toBe("2");
    expect(await shop.world.allotments.get(ORDER_ID)).toMatchObject({ draws: [] });
    expect(bodyOf(await look(shop, PATH, DRAWER))).toMatchObject({
      state: "pending",
      remaining: 0,
      undelivered: 0,
    });
  });

  test("after 150 days gives nothing new, and still what was drawn", async () => {
    await stock(shop, 2);
    const first = drawnIn(await draw(shop, "drone-1"));
    shop.world.clock.advanceTo(shop.world.clock.now() + DRAWABLE_FOR_MS);
    expectProblem(await draw(shop, "drone-2"), "allotment_closed");
    expect(drawnIn(await draw(shop, "drone-1"))).toEqual({ ...first, replayed: true });
    expect(bodyOf(await look(shop, PATH, DRAWER))).toMatchObject({
      state: "expired",
      remaining: 0,
      drawn: 1,
    });
  });

  test("of an order that came to nothing finds it closed", async () => {
    const order = allotmentOrder(2);
    const failed = purchaseIn("refunded", { goods: order.goods, authorization: order.authorization });
    await stockAllotment(shop.world, failed);
    expectProblem(await draw(shop, "drone-1"), "allotment_closed");
    expect(bodyOf(await look(shop, PATH, DRAWER))).toMatchObject({ state: "closed", undelivered: 2 });
  });

  test("while the table is down is to be tried again", async () => {
    await stock(shop, 1);
    shop.world.allotments.faults.add("draw");
    expectProblem(await draw(shop, "drone-1"), "purchase_unrecorded");
    expect(drawnIn(await draw(shop, "drone-1")).replayed).toBe(false);
  });

  test.each([
    ["nobody's", undefined, "access_token_required"],
    ["the buyer's", BUYER, "access_token_invalid"],
    ["one eSIM's", tokenFor({ to: "esim", item: 0 }), "access_token_invalid"],
    ["another allotment's", tokenFor("allotment", `ord_${"5".repeat(40)}`), "access_token_invalid"],
    [
      "another secret's",
      accessToken(new Uint8Array(32).fill(8), "allotment", ORDER_ID),
      "access_token_invalid",
    ],
  ] as const)("with %s token is refused, and no table is read", async (_, token, code) => {
    await stock(shop, 1);
    const sent = post(`${PATH}/draw`, '{"device_id":"drone-1"}', token);
    expectProblem(await forward(shop, sent), code);
    expect(shop.calls).toEqual([]);
  });

  test.each([
    ["no body", "body_malformed", ""],
    ["a list", "body_invalid", "[]"],
    ["no device", "body_invalid", "{}"],
    ["an empty device", "body_invalid", '{"device_id":""}'],
    ["a numbered device", "body_invalid", '{"device_id":7}'],
    ["a device with a blank", "body_invalid", '{"device_id":"a b"}'],
    ["a device too long", "body_invalid", `{"device_id":"${"x".repeat(129)}"}`],
    ["an item of its choice", "body_invalid", '{"device_id":"a","item":1}'],
    ["two devices", "body_malformed", '{"device_id":"a","device_id":"b"}'],
    ["too long a body", "body_too_large", `{"device_id":"a"}${" ".repeat(5_000)}`],
  ] as const)("with %s is refused as %s, and changes nothing", async (_, code, body) => {
    await stock(shop, 1);
    expectProblem(await forward(shop, post(`${PATH}/draw`, body, DRAWER)), code, {
      payment_state: "settled",
    });
    expect(await shop.world.allotments.get(ORDER_ID)).toMatchObject({ draws: [] });
  });

  test("of an order that is no allotment is not found", async () => {
    shop.world.store.overwrite(purchaseIn("delivered"));
    expectProblem(await draw(shop, "drone-1"), "order_not_found");
    expectProblem(await look(shop, PATH, BUYER), "order_not_found");
    expectProblem(await giveBack(shop), "order_not_found");
  });

  test("with any body and any token gives nothing", async () => {
    await stock(shop, 1);
    const anyToken = fc.oneof(
      fc.constant(DRAWER),
      fc.stringMatching(/^(al|at|es|qi|qr)_[A-Za-z0-9_-]{1,80}$/),
    );
    await fc.assert(
      fc.asyncProperty(anyText, anyToken, async (body, token) => {
        const response = await forward(shop, post(`${PATH}/draw`, body, token));
        expect([400, 403, 413]).toContain(response.statusCode);
        expect(response.body).not.toContain("LPA:");
      }),
      { numRuns: 50 },
    );
    expect(await shop.world.allotments.get(ORDER_ID)).toMatchObject({ draws: [] });
  });
});
