/**
 * Takes eSIMs out of the pool, each by one conditional write of its own item: no counter and no list that all buyers
 * would have to write to.
 *
 * It comes before the claim of a purchase, which then holds what was taken from its first version on. Copies of one
 * request look at the same slots in the same order and find what the first of them took. What a crash leaves taken
 * for a purchase that never came about is found by whoever tends the pool.
 */

import type { EsimLine } from "../../protocol/offer.ts";
import { type Pool, StoreUnavailableError } from "../purchase/ports.ts";
import type { Esim } from "../purchase/purchase.ts";
import type { PoolPorts, Reading } from "./ports.ts";
import { isSellable, levelOf, type PooledPlan, type Slot, type SlotIn } from "./slot.ts";

/** At least so many slots are looked at first, or one for each that is wanted. */
const FIRST_LOOK = 8;
/** Twice and four times as many as are still wanted are looked at next. Beyond that the pool counts as empty. */
const LOOKS = 3;

/**
 * How old a taking by the same purchase may be to be used again. What is left behind for longer than `ABANDONED_MS` of
 * `look-back.ts` is put up for sale, so this has to be far below. Milliseconds.
 */
export const REUSE_WITHIN_MS = 60_000;

/** Lines of one order that one plan's pool may serve. */
interface Want {
  readonly plan: PooledPlan;
  /** Positions of the lines, ascending. */
  readonly lines: readonly number[];
}

interface Got {
  readonly line: number;
  readonly esim: Esim;
}

export function createPool(ports: PoolPorts): Pool {
  const { plans, store, purchases, now } = ports;
  return {
    async take(order, lines) {
      const wants = wantsOf(lines, plans);
      if (wants.length === 0) return null;
      // Where that can't be read nothing is taken; whoever claims the purchase will hear of the fault.
      const isClaimed = purchases.get(order).then(
        (purchase) => purchase !== undefined,
        () => true,
      );
      const got = (await Promise.all(wants.map((want) => draw(order, want, isClaimed, ports)))).flat();
      if (got.length === 0) return null;
      return lines.map((_, position) => got.find(({ line }) => line === position)?.esim ?? null);
    },

    levels: () =>
      Promise.all(
        plans.map(async (plan) => {
          const numbers = Array.from({ length: plan.size }, (_, number) => number);
          // All or nothing: a level that leaves out what can't be read would be made up.
          const read = (number: number) => store.slot(plan.plan, number, "eventual");
          const slots = await Promise.all(numbers.map(read));
          return { plan: plan.plan, ready: levelOf(slots, plan, now()) };
        }),
      ),
  };
}

/** A plan's own pool, or another one of the same package. */
function wantsOf(lines: readonly EsimLine[], plans: readonly PooledPlan[]): readonly Want[] {
  const wanted = new Map<PooledPlan, number[]>();
  for (const [position, line] of lines.entries()) {
    const fitting = plans.filter(({ size, packageCode }) => size > 0 && packageCode === line.packageCode);
    const plan = fitting.find(({ plan: name }) => name === line.plan) ?? fitting[0];
    if (plan === undefined) continue;
    wanted.set(plan, [...(wanted.get(plan) ?? []), position]);
  }
  return [...wanted].map(([plan, positions]) => ({ plan, lines: positions }));
}

async function draw(
  order: string,
  { plan, lines }: Want,
  isClaimed: Promise<boolean>,
  ports: PoolPorts,
): Promise<readonly Got[]> {
  const ring = ringOf(order, plan.size);
  const got: Got[] = [];
  let wanted = lines;
  for (let round = 0; round < LOOKS && wanted.length > 0; round++) {
    const width = Math.max(FIRST_LOOK, wanted.length) * 2 ** round;
    const slots = await look(plan, ring.splice(0, width), "eventual", ports);
    // A copy of a request that has its purchase must not take a second one.
    if (await isClaimed) return [];
    got.push(...(await drawFrom(order, plan, slots, wanted, ports)));
    wanted = lines.filter((line) => got.every((one) => one.line !== line));
  }
  return got;
}

async function drawFrom(
  order: string,
  plan: PooledPlan,
  slots: readonly Slot[],
  wanted: readonly number[],
  ports: PoolPorts,
): Promise<readonly Got[]> {
  const now = ports.now();
  const got = wanted.flatMap((line): Got[] => {
    const slot = slots.find((one) => isTakenFor(one, order, line, now));
    return slot === undefined ? [] : [{ line, esim: slot.stock.esim }];
  });
  const free = slots.filter((slot) => isSellable(slot, plan, now));
  for (;;) {
    const missing = wanted.filter((line) => got.every((one) => one.line !== line));
    // Each is tried once: whoever lost one to a faster buyer goes on to the next.
    const tries = missing.flatMap((line) => {
      const slot = free.shift();
      return slot === undefined ? [] : [takeSlot(order, line, plan, slot, ports)];
    });
    if (tries.length === 0) return got;
    got.push(...(await Promise.all(tries)).filter((one) => one !== undefined));
  }
}

async function takeSlot(
  order: string,
  line: number,
  { plan }: PooledPlan,
  { number, version, stock }: SlotIn<"free">,
  { store, now, log }: PoolPorts,
): Promise<Got | undefined> {
  try {
    const takenAt = now();
    const next: Slot = { number, version: version + 1, state: "taken", stock, order, line, takenAt };
    if ((await store.saveSlot(plan, next)) === "saved") return { line, esim: stock.esim };
    // Somebody was faster: another buyer, a copy of this very request, or this write, whose answer was lost.
    const seen = await store.slot(plan, number, "consistent");
    return isTakenFor(seen, order, line, now()) ? { line, esim: seen.stock.esim } : undefined;
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    log({ event: "pool_failed", plan, error: error.name });
    return undefined;
  }
}

function isTakenFor(slot: Slot, order: string, line: number, now: number): slot is SlotIn<"taken"> {
  return (
    slot.state === "taken" &&
    slot.order === order &&
    slot.line === line &&
    now - slot.takenAt < REUSE_WITHIN_MS
  );
}

/** Those of the slots that can be read. One that can't be must not keep the others from being sold. */
export async function look(
  { plan }: PooledPlan,
  numbers: readonly number[],
  reading: Reading,
  { store, log }: Pick<PoolPorts, "store" | "log">,
): Promise<readonly Slot[]> {
  const faults: StoreUnavailableError[] = [];
  const readable = async (number: number) => {
    try {
      return await store.slot(plan, number, reading);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      faults.push(error);
      return undefined;
    }
  };
  const slots = await Promise.all(numbers.map(readable));
  const [first] = faults;
  if (first !== undefined) log({ event: "pool_failed", plan, error: first.name });
  return slots.filter((slot) => slot !== undefined);
}

/** All slots, from a place of the order's own: order ids end in hash digits, so buyers start everywhere. */
function ringOf(order: string, size: number): number[] {
  const start = Number.parseInt(order.slice(-8), 16) % size;
  return Array.from({ length: size }, (_, nth) => (start + nth) % size);
}
