/** One eSIM, one buyer: whatever is taken from a pool is taken once, by one write, and found again by who took it. */

import { beforeEach, describe, expect, test } from "vitest";
import { createPool, REUSE_WITHIN_MS } from "../../../origin/pool/take.ts";
import { type Pool, StoreUnavailableError } from "../../../origin/purchase/ports.ts";
import type { Esim } from "../../../origin/purchase/purchase.ts";
import { LINE, ORDER_ID, settledClaim } from "../../builders/origin-purchase.ts";
import { linesOf, orderNumber, PLAN, type PoolWorld, poolWorld, shelve, stock } from "./support.ts";

let world: PoolWorld;
let pool: Pool;
beforeEach(() => {
  world = poolWorld();
  pool = createPool(world.ports);
});

const take = (order: string = ORDER_ID, count = 1) => pool.take(order, linesOf(count));
const namesOf = (esims: readonly (Esim | null)[] | null) => esims?.map((esim) => esim?.esimTranNo ?? null);
const takenIn = ({ pool: { slots } }: PoolWorld) => slots().filter(({ state }) => state === "taken");

describe("taking", () => {
  test("costs one write, and marks the slot with the order and the line", async () => {
    shelve(world, 10);
    const [esim] = (await take()) ?? [];
    expect(world.pool.counts.writes).toBe(1);
    const stocked = expect.objectContaining({ esim });
    expect(takenIn(world)).toEqual([
      expect.objectContaining({ order: ORDER_ID, line: 0, stock: stocked, version: 2 }),
    ]);
  });

  test("gives each line of an order an eSIM of its own, and null for those that it has none for", async () => {
    shelve(world, 3);
    const names = namesOf(await take(ORDER_ID, 5)) ?? [];
    expect(names.slice(3)).toEqual([null, null]);
    expect(new Set(names.slice(0, 3)).size).toBe(3);
    expect(names.slice(0, 3)).not.toContain(null);
  });

  test("as the last buyers at once leaves nobody without while there is one for each", async () => {
    shelve(world, 10);
    const orders = Array.from({ length: 10 }, (_, number) => orderNumber(number));
    const all = await Promise.all(orders.map((order) => take(order)));
    expect(new Set(all.flatMap((esims) => namesOf(esims) ?? [])).size).toBe(10);
  });

  test("from an empty pool gives nothing and writes nothing", async () => {
    expect(await take()).toBeNull();
    expect(world.pool.counts.writes).toBe(0);
  });

  test("asks nobody for a line whose package no pool has", async () => {
    shelve(world, 10);
    expect(await pool.take(ORDER_ID, [{ ...LINE, packageCode: "US_1_7" }])).toBeNull();
    expect(world.pool.counts).toEqual({ reads: 0, writes: 0 });
  });

  test("serves another plan of the same package", async () => {
    shelve(world, 10);
    expect(await pool.take(ORDER_ID, [{ ...LINE, plan: "eu-metered" }])).not.toBeNull();
  });

  test.each([
    ["that is too old", 0, stock("old", { sellUntil: 0 })],
    ["of another package", 0, stock("other", { packageCode: "EU_5_30" })],
    ["beyond the pool's size", 10, stock("beyond")],
  ] as const)("leaves an eSIM %s alone", async (_, number, content) => {
    world.pool.put({ number, version: 1, state: "free", stock: content });
    expect(await take()).toBeNull();
  });

  test("reads the same number of slots from a full pool, however large it is", async () => {
    for (const size of [10, 300]) {
      world = poolWorld({ size });
      shelve(world, size);
      pool = createPool(world.ports);
      await take();
      expect(world.pool.counts.reads).toBe(8);
    }
  });

  test("looks for what a batch lacks, not for as much again", async () => {
    world = poolWorld({ size: 300 });
    shelve(world, 300);
    pool = createPool(world.ports);
    expect(namesOf(await take(ORDER_ID, 5))).not.toContain(null);
    // Another purchase, which begins at the same slot as the one before.
    const other = `${ORDER_ID.slice(0, -9)}${ORDER_ID.at(-9) === "0" ? "1" : "0"}${ORDER_ID.slice(-8)}`;
    world.pool.counts.reads = 0;
    expect(namesOf(await take(other, 50))).not.toContain(null);
    expect(world.pool.counts.reads).toBe(50 + 16);
  });

  test("gives up on a large pool that is empty after a bounded number of reads", async () => {
    world = poolWorld({ size: 300 });
    pool = createPool(world.ports);
    expect(await take()).toBeNull();
    expect(world.pool.counts.reads).toBe(8 + 16 + 32);
  });

  test("begins elsewhere for each order, so that buyers do not meet at one key", async () => {
    world = poolWorld({ size: 300 });
    shelve(world, 300);
    pool = createPool(world.ports);
    const orders = Array.from({ length: 100 }, (_, number) => orderNumber(number));
    for (const order of orders) await take(order);
    // A hundred that begin anywhere in 300 slots meet now and then; from one end they would meet nearly always.
    expect(world.pool.counts.writes).toBe(100);
    const numbers = world.pool.slots({ ...PLAN, size: 300 }).filter(({ state }) => state === "taken");
    expect(Math.max(...numbers.map(({ number }) => number))).toBeGreaterThan(200);
  });
});

describe("one order that asks twice", () => {
  beforeEach(() => shelve(world, 10));

  test("at once gets the same eSIM, and takes one", async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => take()));
    expect(new Set(all.map((esims) => JSON.stringify(esims))).size).toBe(1);
    expect(takenIn(world)).toHaveLength(1);
  });

  test("because it died after taking gets what it took", async () => {
    const first = await take(ORDER_ID, 2);
    expect(await take(ORDER_ID, 2)).toEqual(first);
    expect(takenIn(world)).toHaveLength(2);
  });

  test("long after it died takes another one, since the first may be for sale again", async () => {
    const first = await take();
    world.clock.advanceTo(world.clock.now() + REUSE_WITHIN_MS);
    expect(await take()).not.toEqual(first);
  });

  test("and that has its purchase takes nothing", async () => {
    world.purchases.set(ORDER_ID, settledClaim());
    expect(await take()).toBeNull();
    expect(world.pool.counts.writes).toBe(0);
  });

  test("finds what it took although the write's answer was lost and tried again", async () => {
    const { saveSlot } = world.ports.store;
    const store = {
      ...world.ports.store,
      saveSlot: async (...written: Parameters<typeof saveSlot>) => {
        await saveSlot(...written);
        return saveSlot(...written);
      },
    };
    pool = createPool({ ...world.ports, store });
    expect(await take()).not.toBeNull();
    expect(takenIn(world)).toHaveLength(1);
  });
});

describe("a pool that can't be used", () => {
  const down = async (): Promise<never> => {
    throw new StoreUnavailableError("TimeoutError");
  };
  beforeEach(() => shelve(world, 10));

  test.each([
    "slot",
    "saveSlot",
  ] as const)("for want of %s is an empty one, and that is logged", async (call) => {
    pool = createPool({ ...world.ports, store: { ...world.ports.store, [call]: down } });
    expect(await take()).toBeNull();
    expect(world.log).toContainEqual({
      event: "pool_failed",
      plan: PLAN.plan,
      error: "StoreUnavailableError",
    });
  });

  test("gives nothing where nobody can say whether the order has its purchase", async () => {
    pool = createPool({ ...world.ports, purchases: { get: down } });
    expect(await take()).toBeNull();
    expect(world.pool.counts.writes).toBe(0);
  });

  test("has no level: none is made up", async () => {
    pool = createPool({ ...world.ports, store: { ...world.ports.store, slot: down } });
    await expect(pool.levels()).rejects.toThrow(StoreUnavailableError);
  });
});

test("the level counts what is ready to be handed out, and nothing else", async () => {
  shelve(world, 5);
  await take();
  world.pool.put({ number: 7, version: 1, state: "free", stock: stock("old", { sellUntil: 0 }) });
  world.pool.put({ number: 8, version: 1, state: "retiring", stock: stock("going") });
  expect(await pool.levels()).toEqual([{ plan: PLAN.plan, ready: 4 }]);
});
