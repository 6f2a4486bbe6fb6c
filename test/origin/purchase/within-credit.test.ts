/** Where our credit does not reach, only what the pool has is sold, and nothing is taken for the rest. */

import { describe, expect, test } from "vitest";
import { buy } from "../../../origin/purchase/buy.ts";
import type { Esim } from "../../../origin/purchase/purchase.ts";
import type { BalanceResult } from "../../../origin/supplier/port.ts";
import { batchRequest, deliveredIn, linesOf } from "../../builders/batch.ts";
import { ONE, VERIFIED } from "../../builders/origin-purchase.ts";
import { storedIn, sweepToRest } from "../../builders/origin-sweep.ts";
import { openShop } from "./batch-shop.ts";

/** Two eSIMs at 1,000 each. */
const LINES = linesOf(["A", "B"]);
const COST = 2_000n;

async function sell(balance: BalanceResult, pooled: readonly (Esim | null)[] | null, isReserved = true) {
  const shop = openShop();
  const { world } = shop;
  world.supplier.balanceAnswer = balance;
  const asked: string[] = [];
  const order: typeof shop.supplier.order = async (request) => {
    asked.push(request.packageCode);
    return shop.supplier.order(request);
  };
  const ports = {
    ...shop.ports,
    pool: { ...shop.ports.pool, take: async () => pooled },
    supplier: { ...shop.supplier, balance: async () => world.supplier.balanceAnswer, order },
  };
  if (!isReserved) world.chain.landsAt = 0;
  await buy(batchRequest(LINES, isReserved ? { settlement: VERIFIED } : {}), ports);
  await sweepToRest(world, ports);
  return { purchase: storedIn(world), asked, world };
}

const credit = (balance: bigint): BalanceResult => ({ kind: "ok", balance });

describe("where the origin settles", () => {
  test("nothing is taken for an order that our credit does not reach for, and the supplier gets none", async () => {
    const { purchase, asked, world } = await sell(credit(COST - 1n), null);
    expect(purchase).toMatchObject({ state: "void", reason: "insufficient_balance", release: "none" });
    expect([asked, world.facilitator.requests]).toEqual([[], []]);
  });

  test("what the pool gave is sold all the same, and the rest is refunded without an order", async () => {
    const { purchase, asked } = await sell(credit(0n), [ONE, null]);
    expect(deliveredIn(purchase)).toEqual([ONE.esimTranNo, null]);
    expect(purchase).toMatchObject({
      state: "refunded",
      reason: "insufficient_balance",
      refund: { amount: LINES[1]?.price },
      release: "none",
    });
    expect(asked).toEqual([]);
  });

  test("a credit that just reaches is spent, and what the pool gave costs none of it", async () => {
    expect(await sell(credit(COST), null)).toMatchObject({ purchase: { state: "delivered" } });
    expect(await sell(credit(1_000n), [ONE, null])).toMatchObject({ asked: ["B"] });
    expect(await sell(credit(0n), [ONE, { ...ONE, esimTranNo: "tran-2" }])).toMatchObject({
      purchase: { state: "delivered" },
      asked: [],
    });
  });

  test("a balance that nobody knows is no reason to refuse", async () => {
    const { purchase } = await sell({ kind: "unknown", detail: "timeout" }, null);
    expect(purchase.state).toBe("delivered");
  });
});

test("where the edge settled the supplier is asked: the money is taken already", async () => {
  const { purchase, asked } = await sell(credit(0n), null, false);
  expect(asked).toEqual(["A", "B"]);
  expect(purchase.state).toBe("delivered");
});
