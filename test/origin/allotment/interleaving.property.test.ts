/**
 * Workers who draw, a buyer who returns, sweeps, and processes that die, in every order that chance finds: no eSIM gets
 * two devices, none that was drawn goes back, and what nobody drew is paid back once.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { DRAWABLE_FOR_MS } from "../../../origin/allotment/allotment.ts";
import { drawOne } from "../../../origin/allotment/draw.ts";
import { giveBackRest, sweepAllotments } from "../../../origin/allotment/give-back.ts";
import type { AllotmentStore } from "../../../origin/allotment/ports.ts";
import { type PurchasePorts, StoreUnavailableError } from "../../../origin/purchase/ports.ts";
import { allotted, deliveredAllotment, stockAllotment } from "../../builders/allotment.ts";
import { originWorld } from "../../builders/origin-ports.ts";
import { LINE } from "../../builders/origin-purchase.ts";
import { sweepToRest } from "../../builders/origin-sweep.ts";
import { diceOf, slowed } from "../../builders/slowed.ts";

/** In which all of them come. Milliseconds. */
const RUSH_MS = 400;

interface Story {
  readonly seed: number;
  readonly count: number;
  /** Items that could not be had. */
  readonly missing: readonly number[];
  /** Who draws; some of them more than once. */
  readonly devices: readonly string[];
  readonly returns: number;
  /** What the table fails at, once each. */
  readonly faults: readonly (keyof AllotmentStore)[];
}

const anyStory: fc.Arbitrary<Story> = fc.record({
  seed: fc.nat(),
  count: fc.integer({ min: 1, max: 8 }),
  missing: fc.uniqueArray(fc.nat({ max: 9 }), { maxLength: 2 }),
  devices: fc.array(
    fc.nat({ max: 9 }).map((number) => `drone-${number}`),
    { maxLength: 14 },
  ),
  returns: fc.nat({ max: 2 }),
  faults: fc.uniqueArray(fc.constantFrom<keyof AllotmentStore>("draw", "close", "finished", "putOff", "due")),
});

/** What each device was given, each time that it was given something. */
type Handed = readonly { readonly device: string; readonly item: number }[];

async function live({ seed, count, missing, devices, returns, faults }: Story) {
  const world = originWorld();
  const { clock, store, allotments, supplier } = world;
  const dice = diceOf(seed);
  const had = Array.from({ length: count }, (_, item) => item).filter((item) => !missing.includes(item));
  if (had.length === 0) return undefined;
  const order = await stockAllotment(
    world,
    deliveredAllotment(
      count,
      missing.filter((item) => item < count),
    ),
  );
  for (const fault of faults) allotments.faults.add(fault);
  const ports: PurchasePorts = {
    ...world.ports,
    allotments: slowed(allotments, clock, dice, 40),
    store: slowed(store, clock, dice, 40),
    supplier: slowed(supplier, clock, dice, 40),
  };
  const handed: { readonly device: string; readonly item: number }[] = [];
  const refused: string[] = [];
  /** Whoever is told that the table is down has learned nothing, and may be gone. */
  const mortal = async (work: () => Promise<void>) => {
    await clock.sleep(Math.floor(dice() * RUSH_MS));
    await work().catch((error: unknown) => {
      if (!(error instanceof StoreUnavailableError)) throw error;
    });
  };
  const drawing = devices.map((device) =>
    mortal(async () => {
      const drawn = await drawOne((await ports.store.get(order.id)) ?? order, device, ports);
      if (drawn.kind === "drawn") handed.push({ device, item: drawn.item });
      else refused.push(drawn.kind);
    }),
  );
  const returning = Array.from({ length: returns }, () =>
    mortal(async () => {
      await giveBackRest((await ports.store.get(order.id)) ?? order, ports, clock.now() + 5_000);
    }),
  );
  await Promise.all([...drawing, ...returning, mortal(() => sweepAllotments(ports))]);
  return { world, order, had, handed, refused };
}

function expectFair(handed: Handed, had: readonly number[], gone: ReadonlySet<string>): void {
  const itemOf = new Map<string, number>();
  for (const { device, item } of handed) {
    expect(itemOf.get(device) ?? item).toBe(item);
    itemOf.set(device, item);
  }
  const items = [...itemOf.values()];
  expect(new Set(items).size).toBe(items.length);
  expect(items.filter((item) => !had.includes(item))).toEqual([]);
  expect(items.filter((item) => gone.has(allotted(item).esimTranNo))).toEqual([]);
}

test("each eSIM is one device's or goes back once, however draws, returns and deaths interleave", async () => {
  await fc.assert(
    fc.asyncProperty(anyStory, async (story) => {
      const lived = await live(story);
      if (lived === undefined) return;
      const { world, order, had, handed, refused } = lived;
      const { supplier, chain, clock, allotments } = world;
      expectFair(handed, had, supplier.cancelled);
      const asked = new Set(story.devices).size;
      if (story.returns === 0) {
        // Nobody is turned away while there is one left: whoever met a fault draws again.
        for (const device of story.devices) {
          const drawn = await drawOne(order, device, world.ports);
          if (drawn.kind === "drawn") lived.handed.push({ device, item: drawn.item });
        }
        expect(new Set(handed.map(({ item }) => item)).size).toBe(Math.min(asked, had.length));
        expect(refused.filter((kind) => kind !== "exhausted")).toEqual([]);
        expect(supplier.cancelled).toEqual(new Set());
      }

      // When its time is over nothing is left that nobody drew and nobody paid back.
      await sweepToRest(world);
      clock.advanceTo(clock.now() + DRAWABLE_FOR_MS);
      allotments.faults.clear();
      await sweepAllotments(world.ports);
      await sweepToRest(world);
      const draws = (await allotments.get(order.id))?.draws.length ?? 0;
      const undrawn = had.slice(draws).map((item) => allotted(item).esimTranNo);
      expect([...supplier.cancelled].toSorted()).toEqual(undrawn.toSorted());
      expectFair(handed, had, supplier.cancelled);
      const paidBack = chain.refunds.reduce((sum, { authorization: { value } }) => sum + value, 0n);
      expect(paidBack).toBe(LINE.price * BigInt(story.count - draws));
      expect(allotments.queued()).toEqual([]);
    }),
    { numRuns: 150 },
  );
});
