/** Plans that are sold from a pool, over the gateway: there at once, whatever the supplier takes or does. */

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import merchant from "../../edge402.config.ts";
import type { ConfigInput } from "../../protocol/config.ts";
import { type Stack, type StackLogEvent, startStack } from "./stack.ts";
import { activation, balances, esimOf, modes, PRICE, v2Client } from "./support.ts";

/** From an order at the supplier to its profile. */
const ALLOCATION_MS = 6_000;
/** From the agent's first byte to its eSIM, payment included. */
const AT_ONCE_MS = 2_000;
const SIZE = 6;

/** Longer than a refill, its allocation and a poll after that. Milliseconds. */
const REFILLED_WITHIN_MS = 30_000;
/** Requests that fail: more than anybody sends in one test. */
const ALL = 500;

const plan = "us-7day";

function pooledCatalog(): ConfigInput["catalog"] {
  const { plans, resources } = merchant.catalog;
  const pooled = plans[plan];
  if (pooled === undefined) throw new Error(`there is no plan ${plan}`);
  return { plans: { [plan]: { ...pooled, pool: { size: SIZE } } }, resources };
}

/** Upfront differs before the origin is asked, not after. */
const tried = modes.filter(([, { upfront }]) => upfront !== true);

describe.each(tried)("settled by %s", (_, mode) => {
  let stack: Stack;
  const log: StackLogEvent[] = [];
  const refills = () => log.filter(({ event }) => event === "pool_refilled").length;

  async function refilled(times: number): Promise<void> {
    const end = Date.now() + REFILLED_WITHIN_MS;
    while (refills() < times) {
      if (Date.now() > end) throw new Error("the pool was not refilled");
      await sleep(100);
    }
  }

  const buy = () => v2Client(stack)(`${stack.url}/v1/esim/activate`, activation({ plan }));

  beforeAll(async () => {
    stack = await startStack({
      allocationDelayMs: ALLOCATION_MS,
      config: { ...mode, catalog: pooledCatalog() },
      log: (event) => log.push(event),
    });
    await refilled(1);
    // The first request makes connections and compiles what every later one uses.
    await esimOf(await buy());
  });
  afterEach(() => stack.supplier.faults.clear());
  afterAll(() => stack.close());

  test("an eSIM is there in under two seconds, where the supplier takes six", async () => {
    const before = await balances(stack, "polygon");
    const started = performance.now();
    const esim = await esimOf(await buy());
    expect(performance.now() - started).toBeLessThan(AT_ONCE_MS);
    const after = await balances(stack, "polygon");
    expect(after.merchant - before.merchant).toBe(PRICE[plan]);
    const [order, ...others] = stack.supplier.orders;
    expect(others).toEqual([]);
    expect(order?.profiles.map(({ iccid }) => iccid)).toContain(esim.iccid);
  });

  test("eSIMs are sold while the supplier is down, until the pool is empty; each buyer has another one", async () => {
    for (const endpoint of ["esim/order", "esim/query"] as const) {
      stack.supplier.faults.add(endpoint, { kind: "status_before", status: 503 }, ALL);
    }
    const bought = await Promise.all(
      Array.from({ length: SIZE - 2 }, async () => (await esimOf(await buy())).iccid),
    );
    expect(new Set(bought).size).toBe(bought.length);
    expect(stack.supplier.orders).toHaveLength(1);
  });

  test("the pool is refilled by one order of what is missing, once the supplier is up again", async () => {
    await refilled(2);
    // What was still on its way to a buyer when the refill was decided is no room yet.
    const [, refill, ...others] = stack.supplier.orders;
    expect(others).toEqual([]);
    expect(refill?.count).toBeGreaterThanOrEqual(SIZE / 2);
    const started = performance.now();
    await esimOf(await buy());
    expect(performance.now() - started).toBeLessThan(AT_ONCE_MS);
  });
});
