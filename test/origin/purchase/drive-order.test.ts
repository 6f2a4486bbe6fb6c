/** The worker drives one order, as soon as its last driver is done and no longer than it was told to. */

import { beforeEach, expect, test } from "vitest";
import { driveOrder } from "../../../origin/purchase/drive-order.ts";
import { type OriginWorld, originWorld } from "../../builders/origin-ports.ts";
import { ORDER_ID, settledClaim } from "../../builders/origin-purchase.ts";
import { storedIn } from "../../builders/origin-sweep.ts";
import { NOW } from "../../builders/payment.ts";

const START = NOW * 1_000;
const WORK_MS = 50_000;

let world: OriginWorld;
beforeEach(() => {
  world = originWorld();
});

const work = () => driveOrder(ORDER_ID, world.ports, START + WORK_MS);

test("an order that was left is delivered", async () => {
  world.store.overwrite(settledClaim({ dueAt: START }));
  expect(await work()).toBe("at_rest");
  expect(storedIn(world)).toMatchObject({ state: "delivered" });
});

test("an order that somebody still drives is left to them until their time is up", async () => {
  world.store.overwrite(settledClaim({ dueAt: START + 10_000 }));
  world.supplier.allocationMs = 0;
  expect(await work()).toBe("at_rest");
  expect(world.clock.now()).toBeGreaterThanOrEqual(START + 10_000);
  expect(storedIn(world).ledger.every(({ at }) => at === START || at >= START + 10_000)).toBe(true);
});

test("an order that takes longer than there is time is left to the sweeper, due at once", async () => {
  world.store.overwrite(settledClaim({ dueAt: START }));
  world.supplier.allocationMs = 55_000;
  expect(await work()).toBe("under_way");
  expect(world.clock.now()).toBe(START + WORK_MS);
  expect(storedIn(world)).toMatchObject({ state: "ordered" });
  expect(storedIn(world).dueAt).toBeLessThanOrEqual(START + WORK_MS);
});

test("an order that is at rest is not touched", async () => {
  world.store.overwrite(settledClaim({ dueAt: START }));
  await work();
  const before = storedIn(world);
  expect(await work()).toBe("at_rest");
  expect(storedIn(world)).toEqual(before);
});

test("an order that nobody placed is unknown", async () => {
  expect(await work()).toBe("unknown");
});
