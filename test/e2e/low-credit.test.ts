/** Our credit at the supplier runs out, where the edge settles: the pool is sold, and nobody pays for anything else. */

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import merchant from "../../edge402.config.ts";
import type { ConfigInput } from "../../protocol/config.ts";
import { type Stack, type StackLogEvent, startStack } from "./stack.ts";
import { activation, balances, esimOf, PRICE, problemOf, quickBudgets, v2Client } from "./support.ts";

const SIZE = 10;
const POOLED = "us-7day";
const ORDERED = "global-30day";

/** Longer than a refill and its allocation. Milliseconds. */
const REFILLED_WITHIN_MS = 15_000;

let stack: Stack;
const log: StackLogEvent[] = [];
const logged = (name: StackLogEvent["event"]) => log.filter(({ event }) => event === name).length;

function catalog(): ConfigInput["catalog"] {
  const { [POOLED]: pooled, [ORDERED]: ordered } = merchant.catalog.plans;
  if (pooled === undefined || ordered === undefined) throw new Error("the merchant sells both plans");
  return {
    plans: { [POOLED]: { ...pooled, pool: { size: SIZE } }, [ORDERED]: ordered },
    resources: merchant.catalog.resources,
  };
}

const buy = (plan: string) => v2Client(stack)(`${stack.url}/v1/esim/activate`, activation({ plan }));
const supply = async () => (await fetch(`${stack.url}/v1/supply`)).json();

beforeAll(async () => {
  stack = await startStack({
    allocationDelayMs: 100,
    config: { budgets: quickBudgets, catalog: catalog() },
    log: (event) => log.push(event),
  });
  const end = Date.now() + REFILLED_WITHIN_MS;
  while (logged("pool_refilled") === 0) {
    if (Date.now() > end) throw new Error("the pool was not filled");
    await sleep(50);
  }
  stack.supplier.setBalance(1n);
  // The first sale of an instance does not wait for word of the credit; it is there for the second.
  await esimOf(await buy(POOLED));
  expect(await supply()).toEqual({ credit: "low" });
});
afterAll(() => stack.close());

test("an eSIM of the pool is sold, and settled once it is taken from the shelf", async () => {
  const [before, deferred] = [await balances(stack, "polygon"), logged("payment_deferred")];
  await esimOf(await buy(POOLED));
  expect(logged("payment_deferred")).toBe(deferred + 1);
  const after = await balances(stack, "polygon");
  expect(before.payer - after.payer).toBe(PRICE[POOLED]);
  expect(after.merchant - before.merchant).toBe(PRICE[POOLED]);
});

test("what would have to be ordered is refused, and its payment is taken by nobody", async () => {
  const before = await balances(stack, "polygon");
  const settlements = () => logged("settlement_submitted") + logged("settlement_retried");
  const [settled, orders] = [settlements(), stack.supplier.orders.length];
  const response = await buy(ORDERED);
  expect(response.status).toBe(503);
  expect(await problemOf(response)).toMatchObject({
    code: "goods_unavailable",
    payment_state: "unused",
    state: "void",
  });
  expect(await balances(stack, "polygon")).toEqual(before);
  expect(settlements()).toBe(settled);
  expect(stack.supplier.orders).toHaveLength(orders);
});

test("what no supplier delivers is sold as ever", async () => {
  const deferred = logged("payment_deferred");
  const response = await v2Client(stack)(`${stack.url}/report`);
  expect(response.status).toBe(200);
  expect(logged("payment_deferred")).toBe(deferred);
});
