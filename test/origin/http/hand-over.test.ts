/** An order whose buyer is told to come back is left to somebody who drives it on, once. */

import { beforeEach, expect, test } from "vitest";
import { grantedPayment, ORDER_ID, UNKNOWN } from "../../builders/origin-purchase.ts";
import { ACTIVATE, forward, openShop, type Shop } from "./shop.ts";

let shop: Shop;
beforeEach(() => {
  shop = openShop();
});

test("an order that is answered 202 is handed over", async () => {
  shop.world.supplier.allocationMs = 40_000;
  expect((await forward(shop, ACTIVATE, grantedPayment())).statusCode).toBe(202);
  expect(shop.handedOver).toEqual([ORDER_ID]);
});

test("so is one whose settlement is open", async () => {
  shop.world.facilitator.onSettle = () => ({ kind: "unknown", fault: "timeout" });
  expect((await forward(shop, ACTIVATE, grantedPayment({ settlement: UNKNOWN }))).statusCode).toBe(202);
  expect(shop.handedOver).toEqual([ORDER_ID]);
});

test("one that is delivered while its buyer waits is not", async () => {
  expect((await forward(shop, ACTIVATE, grantedPayment())).statusCode).toBe(200);
  expect(shop.handedOver).toEqual([]);
});

test("one that can't be delivered is not: the answer is final for its buyer, and the sweeper refunds it", async () => {
  shop.world.supplier.orderAnswers.push({ kind: "refused", reason: "out_of_stock", code: "200011" });
  expect((await forward(shop, ACTIVATE, grantedPayment())).statusCode).toBe(502);
  expect(shop.handedOver).toEqual([]);
});

test("repeating the request hands it over no second time", async () => {
  shop.world.supplier.allocationMs = 120_000;
  await forward(shop, ACTIVATE, grantedPayment());
  expect((await forward(shop, ACTIVATE, grantedPayment(), { id: "grant-0002" })).statusCode).toBe(202);
  expect(shop.handedOver).toEqual([ORDER_ID]);
});
