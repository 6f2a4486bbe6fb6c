/**
 * Fills a pool up: orders what is missing, and puts each eSIM into the slot that was chosen for it.
 *
 * The refill is written down before anything is ordered. Whoever carries it out, and however often, orders under the
 * same transaction ids and writes over the same versions of the same slots, so it buys once and hands out once.
 */

import { INCONCLUSIVE } from "../purchase/place.ts";
import { dispositions } from "../supplier/errors.ts";
import { MAX_PROFILES_PER_ORDER, type Profile, type Refused, type Unknown } from "../supplier/port.ts";
import type { TendPorts } from "./ports.ts";
import { isLow, type PooledPlan, type Refill, type Slot } from "./slot.ts";

/** Before the last moment to install: what a buyer has left at the least. Milliseconds. */
const INSTALL_WITHIN_MS = 30 * 86_400_000;

/** For how long an eSIM is sold where the supplier does not say when it lapses. Milliseconds. */
const SHELF_LIFE_MS = 60 * 86_400_000;

/** Between two looks whether the profiles are there. Milliseconds. */
const ASK_EVERY_MS = 1_000;

/** The refill that a pool needs, or null where it has enough, or no room. */
export function refillFor(
  plan: PooledPlan,
  slots: readonly Slot[],
  { now, randomId }: TendPorts,
): Refill | null {
  if (!isLow(slots, plan, now())) return null;
  const room = slots.filter(({ state, number }) => state === "empty" && number < plan.size);
  if (room.length === 0) return null;
  const { packageCode, wholesale } = plan;
  const targets = room.map(({ number, version }) => ({ slot: number, version }));
  // Chance, not a count: a table that was restored counts from where it was, and would be given its old orders again.
  return { id: `pool_${randomId()}`, packageCode, wholesale, targets };
}

interface PoolOrder {
  /** At most 50 characters. */
  readonly transactionId: string;
  readonly targets: Refill["targets"];
}

/** One order, or one for each 30 eSIMs. */
function ordersOf({ id, targets }: Refill): readonly PoolOrder[] {
  const count = Math.ceil(targets.length / MAX_PROFILES_PER_ORDER);
  return Array.from({ length: count }, (_, index) => ({
    transactionId: index === 0 ? id : `${id}-${index}`,
    targets: targets.slice(index * MAX_PROFILES_PER_ORDER, (index + 1) * MAX_PROFILES_PER_ORDER),
  }));
}

/**
 * @param deadline Unix milliseconds
 * @returns whether nothing more is to come of it
 */
export async function carryOut(
  plan: PooledPlan,
  refill: Refill,
  ports: TendPorts,
  deadline: number,
): Promise<boolean> {
  const ended = await Promise.all(
    ordersOf(refill).map((order) => bring(plan, refill, order, ports, deadline)),
  );
  return ended.every((isEnded) => isEnded);
}

async function bring(
  plan: PooledPlan,
  { packageCode, wholesale: unitPrice }: Refill,
  { transactionId, targets }: PoolOrder,
  ports: TendPorts,
  deadline: number,
): Promise<boolean> {
  const { supplier, now, sleep, log } = ports;
  const count = targets.length;
  const placed = await supplier.order({ transactionId, packageCode, count, unitPrice });
  if (placed.kind !== "ordered") return isFinal(placed, transactionId, ports);
  while (now() < deadline) {
    const answer = await supplier.profiles(placed.orderNo);
    if (answer.kind === "ready" && answer.profiles.length >= count) {
      const filled = await fill(plan, packageCode, targets, answer.profiles, ports);
      log({ event: "pool_refilled", plan: plan.plan, order: transactionId, esims: filled });
      return true;
    }
    if (answer.kind === "refused" || answer.kind === "unknown") {
      if (isFinal(answer, transactionId, ports)) return true;
    }
    await sleep(ASK_EVERY_MS);
  }
  return false;
}

/** By the supplier's names, so that each eSIM goes to the same slot whoever puts it there. */
async function fill(
  { plan }: PooledPlan,
  packageCode: string,
  targets: PoolOrder["targets"],
  profiles: readonly Profile[],
  { store, now }: TendPorts,
): Promise<number> {
  const sorted = profiles.toSorted((a, b) => (a.esimTranNo < b.esimTranNo ? -1 : 1));
  const saved = await Promise.all(
    targets.map(async ({ slot: number, version }, nth) => {
      const profile = sorted[nth];
      if (profile === undefined || !isUntouched(profile)) return "skipped";
      const { esimTranNo, iccid, activationCode, apn, expiresAt } = profile;
      const sellUntil =
        expiresAt === null ? now() + SHELF_LIFE_MS : Date.parse(expiresAt) - INSTALL_WITHIN_MS;
      const stock = { esim: { esimTranNo, iccid, activationCode, apn }, packageCode, sellUntil };
      // A conflict: an earlier run put it there, and it may be sold by now.
      return store.saveSlot(plan, { number, version: version + 1, state: "free", stock });
    }),
  );
  return saved.filter((result) => result === "saved").length;
}

function isUntouched({ esimStatus, smdpStatus }: Profile): boolean {
  return esimStatus === "GOT_RESOURCE" && smdpStatus === "RELEASED";
}

/** Whether nothing comes of that order; else it is asked for again by the next run. */
function isFinal(answer: Refused | Unknown, order: string, { log }: TendPorts): boolean {
  if (answer.kind === "unknown") {
    log({ event: "supplier_failed", order, reason: "unknown", code: answer.detail });
    return false;
  }
  const { reason, code } = answer;
  log({ event: "supplier_failed", order, reason, code });
  const disposition = dispositions[reason];
  return disposition !== "retry" && disposition !== "wait" && !INCONCLUSIVE.includes(reason);
}
