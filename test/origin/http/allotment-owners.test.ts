/** Who may do what with an allotment: its buyer, those who draw, and whoever has drawn; and what goes back. */

import { beforeEach, describe, expect, test } from "vitest";
import { sweepAllotments } from "../../../origin/allotment/give-back.ts";
import { allotmentOrder, allotted, stockAllotment } from "../../builders/allotment.ts";
import { LINE, ORDER_ID } from "../../builders/origin-purchase.ts";
import { sweepToRest } from "../../builders/origin-sweep.ts";
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
import { bodyOf, expectProblem, forward, openShop, type Shop } from "./shop.ts";

let shop: Shop;
beforeEach(() => {
  shop = openShop();
});

describe("the token of a drawn eSIM", () => {
  beforeEach(() => stock(shop, 3));
  const esim = (item: number, token: string) => look(shop, `/v1/esim/${allotted(item).iccid}`, token);

  test("opens that eSIM, and no other, drawn or not", async () => {
    const { esim_token: token } = drawnIn(await draw(shop, "drone-1"));
    await draw(shop, "drone-2");
    expect(bodyOf(await esim(0, token))).toMatchObject({ iccid: allotted(0).iccid, item: 0 });
    expectProblem(await esim(1, token), "esim_not_found");
    expectProblem(await esim(2, token), "esim_not_found");
  });

  test("shows whose it is, suspends and resumes it, and can neither give it back nor dispute", async () => {
    await draw(shop, "drone-1");
    const { esim_token: token } = drawnIn(await draw(shop, "drone-2"));
    const { iccid, esimTranNo } = allotted(1);
    shop.world.supplier.esimStatus = "IN_USE";
    const act = (name: string) => forward(shop, post(`/v1/esim/${iccid}/${name}`, "", token));
    expect(bodyOf(await esim(1, token))).toMatchObject({ device_id: "drone-2", item: 1 });
    expect(bodyOf(await act("suspend"))).toMatchObject({ state: "suspended" });
    expect([...shop.world.supplier.suspended]).toEqual([esimTranNo]);
    expect(bodyOf(await act("resume"))).toMatchObject({ state: "in_use" });
    expectProblem(await act("cancel"), "access_token_invalid");
    expectProblem(await act("dispute"), "access_token_invalid");
    const theirs = forward(shop, post(`/v1/esim/${allotted(0).iccid}/suspend`, "", token));
    expectProblem(await theirs, "esim_not_found");
    expect(shop.world.supplier.suspended).toEqual(new Set());
  });

  test("opens neither the order nor the allotment, and returns nothing", async () => {
    const { esim_token: token } = drawnIn(await draw(shop, "drone-1"));
    expectProblem(await look(shop, `/v1/orders/${ORDER_ID}`, token), "access_token_invalid");
    expectProblem(await look(shop, PATH, token), "access_token_invalid");
    expectProblem(await giveBack(shop, token), "access_token_invalid");
  });

  test("of its QR image opens that image alone", async () => {
    const { qr_image } = drawnIn(await draw(shop, "drone-1"));
    await draw(shop, "drone-2");
    const target = qr_image.replace("https://shop.example.com", "");
    expect((await look(shop, target)).statusCode).toBe(200);
    const second = `${target.replace(/&item=.*/, "")}&item=1`;
    expectProblem(await look(shop, second), "access_token_invalid");
  });

  test("of the allotment opens no order, no eSIM and no image", async () => {
    await draw(shop, "drone-1");
    expectProblem(await look(shop, `/v1/orders/${ORDER_ID}`, DRAWER), "access_token_invalid");
    expectProblem(await esim(0, DRAWER), "access_token_invalid");
    expectProblem(await look(shop, `/v1/orders/${ORDER_ID}/qr.svg?token=${DRAWER}`), "access_token_invalid");
    expectProblem(await giveBack(shop, DRAWER), "access_token_invalid");
  });
});

describe("the buyer", () => {
  beforeEach(() => stock(shop, 3));

  test("sees which device drew what, and never a code", async () => {
    await draw(shop, "drone-1");
    const response = await look(shop, `/v1/orders/${ORDER_ID}`, BUYER);
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
    await draw(shop, "drone-1");
    expect((await look(shop, `/v1/esim/${allotted(0).iccid}`, BUYER)).statusCode).toBe(200);
    expectProblem(await look(shop, `/v1/esim/${allotted(1).iccid}`, BUYER), "esim_not_found");
  });

  test("may give back what is drawn and not installed; whoever drew it is told", async () => {
    const { esim_token: token } = drawnIn(await draw(shop, "drone-1"));
    const { iccid } = allotted(0);
    const back = await forward(shop, post(`/v1/esim/${iccid}/cancel`, "", BUYER));
    expect(bodyOf(back)).toMatchObject({ item_state: "returned", refund: { amount_usdc: "4.20" } });
    expectProblem(await draw(shop, "drone-1"), "esim_returned");
    expectProblem(await look(shop, `/v1/esim/${iccid}`, token), "esim_returned");
    expect(drawnIn(await draw(shop, "drone-2")).item).toBe(1);
    expect(bodyOf(await look(shop, PATH, DRAWER))).toMatchObject({ drawn: 2, returned: 1, remaining: 1 });
  });

  test("can't give back by its number what nobody has drawn, before or after all of it goes back", async () => {
    const { iccid } = allotted(2);
    const cancel = () => forward(shop, post(`/v1/esim/${iccid}/cancel`, "", BUYER));
    expectProblem(await cancel(), "esim_not_found");
    expect(shop.world.supplier.cancelled).toEqual(new Set());
    await giveBack(shop);
    expectProblem(await cancel(), "esim_not_found");
    expect(shop.world.chain.refunds).toHaveLength(1);
  });

  test("counts with either token; what devices there are is the buyer's alone", async () => {
    await draw(shop, "drone-1");
    const [mine, theirs] = [await look(shop, PATH, BUYER), await look(shop, PATH, DRAWER)];
    expect(mine.body).toBe(theirs.body);
    expect(mine.body).not.toContain("drone-1");
    expectProblem(await look(shop, PATH), "access_token_required");
  });
});

describe("a return", () => {
  test("pays back what nobody has drawn, and no more is drawn", async () => {
    await stock(shop, 5);
    for (const device of ["a", "b", "c", "b"]) await draw(shop, device);
    const response = await giveBack(shop);
    expect(response.statusCode).toBe(200);
    expect(bodyOf(response)).toMatchObject({
      state: "refunded",
      allotment: { state: "closed", count: 5, drawn: 3, remaining: 0, returned: 2 },
      refund: { amount_usdc: "8.40" },
    });
    expect([...shop.world.supplier.cancelled].toSorted()).toEqual(["tran-03", "tran-04"]);
    expectProblem(await draw(shop, "d"), "allotment_closed");
    expect(drawnIn(await draw(shop, "c"))).toMatchObject({ item: 2, replayed: true });
    expect(shop.world.allotments.queued()).toEqual([]);
  });

  test("that is repeated pays once", async () => {
    await stock(shop, 2);
    await draw(shop, "a");
    await giveBack(shop);
    expect((await giveBack(shop)).statusCode).toBe(200);
    expect(shop.world.chain.refunds.map(({ authorization }) => authorization.value)).toEqual([LINE.price]);
  });

  test("of one of which all is drawn closes it and pays nothing", async () => {
    await stock(shop, 1);
    await draw(shop, "a");
    expect(bodyOf(await giveBack(shop))).toMatchObject({
      state: "delivered",
      allotment: { state: "closed" },
    });
    expect(shop.world.chain.refunds).toEqual([]);
  });

  test("before the order is delivered is to be tried again, and closes nothing", async () => {
    await stockAllotment(shop.world, allotmentOrder(2));
    expectProblem(await giveBack(shop), "allotment_pending");
    expect(await shop.world.allotments.get(ORDER_ID)).toMatchObject({ closedAt: null });
  });

  test("while what could not be had is being refunded is 202, and is done after that without being asked", async () => {
    await stock(shop, 4, [0]);
    await draw(shop, "a");
    const response = await giveBack(shop);
    expect(response.statusCode).toBe(202);
    expect(shop.handedOver).toEqual([ORDER_ID]);
    expectProblem(await draw(shop, "b"), "allotment_closed");
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
    await stock(shop, 1);
    expectProblem(await forward(shop, post(`${PATH}/return`, "", token)), code);
    expect(shop.calls).toEqual([]);
  });
});
