/**
 * The sweeper: takes up every purchase that its driver left, because it crashed, ran out of time, or had to wait, and
 * tells buyers what they are still to be told.
 */

import { drive } from "./drive.ts";
import { inParallel } from "./in-parallel.ts";
import type { PurchasePorts } from "./ports.ts";
import { hasWork, isChoiceOpen, isFinished, type Purchase } from "./purchase.ts";
import { tell } from "./tell.ts";

/** Purchases to one sweep, the longest overdue first. */
const BATCH = 100;

/** At the same time, within the supplier's and the endpoints' rates. */
const PARALLEL = 8;

/** For one purchase in one sweep; the next sweep goes on. Milliseconds. */
const SLICE_MS = 5_000;

/** Until a purchase that could not be moved on is looked at again: a share of its age, between these. Milliseconds. */
const BACK_OFF_SHARE = 10;
const BACK_OFF_MIN_MS = 500;
const BACK_OFF_MAX_MS = 60_000;
/** Where nothing waits for it: which of two eSIMs is used. */
const BACK_OFF_IDLE_MS = 1_800_000;

/** One sweep. @throws StoreUnavailableError */
export async function sweep(ports: PurchasePorts): Promise<void> {
  await withEach(await ports.store.due(ports.now(), BATCH), moveOn, ports);
  // Strangers' servers may be as slow as they like: no goods and no refund wait for them.
  await withEach(await ports.store.untold(ports.now(), BATCH), inform, ports);
}

type Work = (purchase: Purchase, ports: PurchasePorts) => Promise<unknown>;

async function withEach(purchases: readonly Purchase[], work: Work, ports: PurchasePorts): Promise<void> {
  await inParallel(purchases, PARALLEL, async (purchase) => {
    try {
      await work(purchase, ports);
    } catch (error) {
      // One purchase that fails must not keep the others waiting; it comes up again at the next sweep.
      const name = error instanceof Error ? error.name : "unknown";
      ports.log({ event: "sweep_failed", order: purchase.id, error: name });
    }
  });
}

async function moveOn(purchase: Purchase, ports: PurchasePorts): Promise<void> {
  const mine = putOff(purchase, ports.now() + SLICE_MS);
  // Else sweeps that overlap would ask for the same things, and the supplier takes only so many requests a second.
  if ((await ports.store.save(mine)) !== "saved") return;
  const moved = await driveOn(mine, ports);
  if (!isFinished(moved) || (isChoiceOpen(moved) && !hasWork(moved))) {
    await ports.store.save(putOff(moved, nextLook(moved, ports.now())));
  }
}

/** Until nothing is left to do about goods and money, and it is known which of two eSIMs is used. */
function driveOn(purchase: Purchase, ports: PurchasePorts): Promise<Purchase> {
  const isEnough = (one: Purchase) => isFinished(one) && !isChoiceOpen(one);
  return drive(purchase, ports, { deadline: ports.now() + SLICE_MS, isEnough, impatient: true });
}

/** Whoever is not told yet may use one of two eSIMs already. */
async function inform(purchase: Purchase, ports: PurchasePorts): Promise<void> {
  await tell(isChoiceOpen(purchase) ? await driveOn(purchase, ports) : purchase, ports);
}

/** Not a change, so nothing for the ledger: only who looks at it when. A conflict means that somebody moved it on. */
function putOff(purchase: Purchase, dueAt: number): Purchase {
  return { ...purchase, version: purchase.version + 1, dueAt };
}

/** Unix milliseconds. */
function nextLook(purchase: Purchase, now: number): number {
  const age = now - (purchase.giveBack?.askedAt ?? purchase.settledAt ?? purchase.createdAt);
  const longest = isFinished(purchase) ? BACK_OFF_IDLE_MS : BACK_OFF_MAX_MS;
  return now + Math.min(longest, Math.max(BACK_OFF_MIN_MS, Math.floor(age / BACK_OFF_SHARE)));
}
