/** An allotment: bought by one, drawn by others one by one, and what nobody drew given back. */

import fc from "fast-check";
import * as v from "valibot";
import { beforeEach, describe, expect, test } from "vitest";
import { type Access, accessToken } from "../../../origin/access.ts";
import { DRAWABLE_FOR_MS } from "../../../origin/allotment/allotment.ts";
import { sweepAllotments } from "../../../origin/allotment/give-back.ts";
import type { Response } from "../../../origin/http/response.ts";
import { usdc } from "../../../protocol/money.ts";
import { allotmentOrder, allotted, deliveredAllotment, stockAllotment } from "../../builders/allotment.ts";
import { anyText } from "../../builders/arbitrary.ts";
import { batchSupplier } from "../../builders/batch.ts";
import { grantedPayment, LINE, ORDER_ID, purchaseIn } from "../../builders/origin-purchase.ts";
import { sweepToRest } from "../../builders/origin-sweep.ts";
import {
  ACCESS_SECRET,
  bodyOf,
  expectProblem,
  forward,
  get,
  headerOf,
  openShop,
  type Sent,
  type Shop,
} from "./shop.ts";

const tokenFor = (access: Access, order = ORDER_ID) => accessToken(ACCESS_SECRET, access, order);
const BUYER = tokenFor("order");
const DRAWER = tokenFor("allotment");
const URL = `/v1/allotments/${ORDER_ID}`;

let shop: Shop;
beforeEach(() => {
  shop = openShop();
});

function post(target: string, body: string, token?: string): Sent {
  const credentials = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return { method: "POST", target, body, headers: { "content-type": "application/json", ...credentials } };
}

const draw = (deviceId: string, token: string | undefined = DRAWER) =>
  forward(shop, post(`${URL}/draw`, JSON.stringify({ device_id: deviceId }), token));
const look = (target: string, token?: string) =>
  forward(shop, get(target, token === undefined ? {} : { authorization: `Bearer ${token}` }));
const giveBack = (token: string | undefined = BUYER) => forward(shop, post(`${URL}/return`, "", token));

const drawnSchema = v.object({
  item: v.number(),
  iccid: v.string(),
  qr_code: v.string(),
  qr_image: v.string(),
  esim_token: v.string(),
  replayed: v.boolean(),
});

function drawnIn(response: Response): v.InferOutput<typeof drawnSchema> {
  expect(response.statusCode).toBe(200);
  return v.parse(drawnSchema, bodyOf(response));
}

const stock = (count: number, missing: readonly number[] = []) =>
  stockAllotment(shop.world, deliveredAllotment(count, missing));

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
        draw_url: `https://shop.example.com${URL}/draw`,
      },
      items: [0, 1, 2].map((item) => ({ item, item_state: "delivered", device_id: null, drawn_at: null })),
    });
  });

  test("is answered alike when the same payment comes again, and stays one", async () => {
    await forward(shop, order, paid());
    await draw("drone-1");
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
    await stock(2);
    const [first, second] = [drawnIn(await draw("drone-1")), drawnIn(await draw("drone-2"))];
    expect([first.qr_code, second.qr_code]).toEqual([allotted(0).activationCode, allotted(1).activationCode]);
    expect([first.replayed, second.replayed]).toEqual([false, false]);
    expect(drawnIn(await draw("drone-1"))).toEqual({ ...first, replayed: true });
    expectProblem(await draw("drone-3"), "allotment_exhausted");
    expect(drawnIn(await draw("drone-2"))).toEqual({ ...second, replayed: true });
  });

  test("says who drew what and when, and shows how to install and look after it", async () => {
    await stock(1);
    const response = await draw("drone-1");
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
    await stock(4, [0, 2]);
    const items = [drawnIn(await draw("a")).item, drawnIn(await draw("b")).item];
    expect(items).toEqual([1, 3]);
    expectProblem(await draw("c"), "allotment_exhausted");
    expect(bodyOf(await look(URL, DRAWER))).toMatchObject({
      count: 4,
      undelivered: 2,
      drawn: 2,
      remaining: 0,
    });
  });

  test("before the order is delivered is to be tried again, and writes nothing", async () => {
    await stockAllotment(shop.world, allotmentOrder(2));
    const response = await draw("drone-1");
    expectProblem(response, "allotment_pending", { retry_action: "wait_and_retry" });
    expect(headerOf(response, "retry-after")).toBe("2");
    expect(await shop.world.allotments.get(ORDER_ID)).toMatchObject({ draws: [] });
    expect(bodyOf(await look(URL, DRAWER))).toMatchObject({ state: "pending", remaining: 0, undelivered: 0 });
  });

  test("after 150 days gives nothing new, and still what was drawn", async () => {
    await stock(2);
    const first = drawnIn(await draw("drone-1"));
    shop.world.clock.advanceTo(shop.world.clock.now() + DRAWABLE_FOR_MS);
    expectProblem(await draw("drone-2"), "allotment_closed");
    expect(drawnIn(await draw("drone-1"))).toEqual({ ...first, replayed: true });
    expect(bodyOf(await look(URL, DRAWER))).toMatchObject({ state: "expired", remaining: 0, drawn: 1 });
  });

  test("of an order that came to nothing finds it closed", async () => {
    const order = allotmentOrder(2);
    const failed = purchaseIn("refunded", { goods: order.goods, authorization: order.authorization });
    await stockAllotment(shop.world, failed);
    expectProblem(await draw("drone-1"), "allotment_closed");
    expect(bodyOf(await look(URL, DRAWER))).toMatchObject({ state: "closed", undelivered: 2 });
  });

  test("while the table is down is to be tried again", async () => {
    await stock(1);
    shop.world.allotments.faults.add("draw");
    expectProblem(await draw("drone-1"), "purchase_unrecorded");
    expect(drawnIn(await draw("drone-1")).replayed).toBe(false);
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
    await stock(1);
    const sent = post(`${URL}/draw`, '{"device_id":"drone-1"}', token);
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
    await stock(1);
    expectProblem(await forward(shop, post(`${URL}/draw`, body, DRAWER)), code, { payment_state: "settled" });
    expect(await shop.world.allotments.get(ORDER_ID)).toMatchObject({ draws: [] });
  });

  test("of an order that is no allotment is not found", async () => {
    shop.world.store.overwrite(purchaseIn("delivered"));
    expectProblem(await draw("drone-1"), "order_not_found");
    expectProblem(await look(URL, BUYER), "order_not_found");
    expectProblem(await giveBack(), "order_not_found");
  });

  test("with any body and any token gives nothing", async () => {
    await stock(1);
    const anyToken = fc.oneof(
      fc.constant(DRAWER),
      fc.stringMatching(/^(al|at|es|qi|qr)_[A-Za-z0-9_-]{1,80}$/),
    );
    await fc.assert(
      fc.asyncProperty(anyText, anyToken, async (body, token) => {
        const response = await forward(shop, post(`${URL}/draw`, body, token));
        expect([400, 403, 413]).toContain(response.statusCode);
        expect(response.body).not.toContain("LPA:");
      }),
      { numRuns: 50 },
    );
    expect(await shop.world.allotments.get(ORDER_ID)).toMatchObject({ draws: [] });
  });
});

describe("the token of a drawn eSIM", () => {
  beforeEach(() => stock(3));
  const esim = (item: number, token: string) => look(`/v1/esim/${allotted(item).iccid}`, token);

  test("opens that eSIM, and no other, drawn or not", async () => {
    const { esim_token: token } = drawnIn(await draw("drone-1"));
    await draw("drone-2");
    expect(bodyOf(await esim(0, token))).toMatchObject({ iccid: allotted(0).iccid, item: 0 });
    expectProblem(await esim(1, token), "esim_not_found");
    expectProblem(await esim(2, token), "esim_not_found");
  });

  test("opens neither the order nor the allotment, and returns nothing", async () => {
    const { esim_token: token } = drawnIn(await draw("drone-1"));
    expectProblem(await look(`/v1/orders/${ORDER_ID}`, token), "access_token_invalid");
    expectProblem(await look(URL, token), "access_token_invalid");
    expectProblem(await giveBack(token), "access_token_invalid");
  });

  test("of its QR image opens that image alone", async () => {
    const { qr_image } = drawnIn(await draw("drone-1"));
    await draw("drone-2");
    const target = qr_image.replace("https://shop.example.com", "");
    expect((await look(target)).statusCode).toBe(200);
    const second = `${target.replace(/&item=.*/, "")}&item=1`;
    expectProblem(await look(second), "access_token_invalid");
  });

  test("of the allotment opens no order, no eSIM and no image", async () => {
    await draw("drone-1");
    expectProblem(await look(`/v1/orders/${ORDER_ID}`, DRAWER), "access_token_invalid");
    expectProblem(await esim(0, DRAWER), "access_token_invalid");
    expectProblem(await look(`/v1/orders/${ORDER_ID}/qr.svg?token=${DRAWER}`), "access_token_invalid");
    expectProblem(await giveBack(DRAWER), "access_token_invalid");
  });
});

describe("the buyer", () => {
  beforeEach(() => stock(3));

  test("sees which device drew what, and never a code", async () => {
    await draw("drone-1");
    const response = await look(`/v1/orders/${ORDER_ID}`, BUYER);
    expect(response.body).not.toMatch(/LPA:|SECRET|qr_/);
    expect(bodyOf(response)).toMatchObject({
      allotment: { token: DRAWER, drawn: 1, remaining: 2 },
      items: [
        { item: 0, device_id: "drone-1", iccid: allotted(0).iccid, drawn_at: expect.any(String) },
        { item: 1, device_id: null },
        { item: 2, device_id: null },
      ],
    });
    expect(response.body).not.toContain(allotted(1).iccid);
  });

  test("may look after what is drawn, and finds nothing of what is not", async () => {
    await draw("drone-1");
    expect((await look(`/v1/esim/${allotted(0).iccid}`, BUYER)).statusCode).toBe(200);
    expectProblem(await look(`/v1/esim/${allotted(1).iccid}`, BUYER), "esim_not_found");
  });

  test("counts with either token; what devices there are is the buyer's alone", async () => {
    await draw("drone-1");
    const [mine, theirs] = [await look(URL, BUYER), await look(URL, DRAWER)];
    expect(mine.body).toBe(theirs.body);
    expect(mine.body).not.toContain("drone-1");
    expectProblem(await look(URL), "access_token_required");
  });
});

describe("a return", () => {
  test("pays back what nobody has drawn, and no more is drawn", async () => {
    await stock(5);
    for (const device of ["a", "b", "c", "b"]) await draw(device);
    const response = await giveBack();
    expect(response.statusCode).toBe(200);
    expect(bodyOf(response)).toMatchObject({
      state: "refunded",
      allotment: { state: "closed", count: 5, drawn: 3, remaining: 0, returned: 2 },
      refund: { amount_usdc: "8.40" },
    });
    expect([...shop.world.supplier.cancelled].toSorted()).toEqual(["tran-03", "tran-04"]);
    expectProblem(await draw("d"), "allotment_closed");
    expect(drawnIn(await draw("c"))).toMatchObject({ item: 2, replayed: true });
    expect(shop.world.allotments.queued()).toEqual([]);
  });

  test("that is repeated pays once", async () => {
    await stock(2);
    await draw("a");
    await giveBack();
    expect((await giveBack()).statusCode).toBe(200);
    expect(shop.world.chain.refunds.map(({ authorization }) => authorization.value)).toEqual([LINE.price]);
  });

  test("of one of which all is drawn closes it and pays nothing", async () => {
    await stock(1);
    await draw("a");
    expect(bodyOf(await giveBack())).toMatchObject({ state: "delivered", allotment: { state: "closed" } });
    expect(shop.world.chain.refunds).toEqual([]);
  });

  test("before the order is delivered is to be tried again, and closes nothing", async () => {
    await stockAllotment(shop.world, allotmentOrder(2));
    expectProblem(await giveBack(), "allotment_pending");
    expect(await shop.world.allotments.get(ORDER_ID)).toMatchObject({ closedAt: null });
  });

  test("while what could not be had is being refunded is 202, and is done after that without being asked", async () => {
    await stock(4, [0]);
    await draw("a");
    const response = await giveBack();
    expect(response.statusCode).toBe(202);
    expect(shop.handedOver).toEqual([ORDER_ID]);
    expectProblem(await draw("b"), "allotment_closed");
    await sweepToRest(shop.world);
    shop.world.clock.advanceTo(shop.world.clock.now() + 60_000);
    await sweepAllotments(shop.world.ports);
    expect(shop.world.chain.refunds.map(({ authorization }) => authorization.value)).toEqual([
      LINE.price,
      LINE.price * 2n,
    ]);
    expect(shop.world.allotments.queued()).toEqual([]);
  });

  test.each([
    ["nobody's", undefined, "access_token_required"],
    ["another order's", tokenFor("order", `ord_${"5".repeat(40)}`), "access_token_invalid"],
  ] as const)("with %s token is refused, and nothing is read", async (_, token, code) => {
    await stock(1);
    expectProblem(await forward(shop, post(`${URL}/return`, "", token)), code);
    expect(shop.calls).toEqual([]);
  });
});
