/**
 * Looks after the pools, every minute: what came back is for sale again, what is too old goes back to the supplier, and
 * a pool with less than a fifth of its size is filled up.
 *
 * One process at a time tends a pool. Any may die at any line; the next one goes on where it was.
 */

import { lookBack } from "./look-back.ts";
import type { TendPorts } from "./ports.ts";
import { carryOut, refillFor } from "./refill.ts";
import { isDueToRetire, retire } from "./retire.ts";
import { isLow, type PooledPlan, type PoolHead, type Slot } from "./slot.ts";
import { look } from "./take.ts";

/** How long a run waits for what it ordered; the next run goes on. Milliseconds. */
const WAIT_MS = 10_000;

/** Longer than the function that tends may live, so that two never do it at once. Milliseconds. */
export const LEASE_MS = 120_000;

/** One run. A pool that can't be tended is reported, and does not keep the others waiting. */
export async function tend(ports: TendPorts): Promise<void> {
  await Promise.all(
    ports.plans.map(async (plan) => {
      try {
        await tendPlan(plan, ports);
      } catch (error) {
        const name = error instanceof Error ? error.name : "unknown";
        ports.log({ event: "pool_failed", plan: plan.plan, error: name });
      }
    }),
  );
}

async function tendPlan(plan: PooledPlan, ports: TendPorts): Promise<void> {
  const { store, now } = ports;
  const head = await store.head(plan.plan);
  if (now() < head.busyUntil) return;
  const count = Math.max(plan.size, head.slots);
  const numbers = Array.from({ length: count }, (_, number) => number);
  const slots = await look(plan, numbers, "consistent", ports);
  if (head.refill === null && !needsCare(plan, slots, now())) return;

  const lease = { ...head, version: head.version + 1, slots: count, busyUntil: now() + LEASE_MS };
  if ((await store.saveHead(plan.plan, lease)) === "conflict") return;
  const last = await care(plan, lease, slots, ports);
  await store.saveHead(plan.plan, { ...last, version: last.version + 1, busyUntil: 0 });
}

function needsCare(plan: PooledPlan, slots: readonly Slot[], now: number): boolean {
  return (
    isLow(slots, plan, now) ||
    slots.some((slot) => isDueToRetire(slot, plan, now)) ||
    slots.some((slot) => slot.state === "taken" && slot.stock.sellUntil <= now)
  );
}

/** The head as it is afterwards, with the version that was written last. */
async function care(
  plan: PooledPlan,
  lease: PoolHead,
  slots: readonly Slot[],
  ports: TendPorts,
): Promise<PoolHead> {
  const { store, now } = ports;
  const kept = await retire(plan, await lookBack(plan, slots, ports), ports);
  const refill = lease.refill ?? refillFor(plan, kept, ports);
  if (refill === null) return lease;
  const open = lease.refill === null ? { ...lease, version: lease.version + 1, refill } : lease;
  // Written down before it is ordered. Whoever holds the lease is alone, so a conflict means that it was lost.
  if (open !== lease && (await store.saveHead(plan.plan, open)) === "conflict") return lease;
  const isDone = await carryOut(plan, refill, ports, now() + WAIT_MS);
  return isDone ? { ...open, refill: null } : open;
}
