/** Time that passes while the sweeper alone is at work. */

import type { PurchasePorts } from "../../origin/purchase/ports.ts";
import { isAtRest, type Purchase } from "../../origin/purchase/purchase.ts";
import { sweep } from "../../origin/purchase/sweep.ts";
import type { OriginWorld } from "./origin-ports.ts";

/** More than any purchase needs: with the longest back-off, hours. */
const MAX_SWEEPS = 300;

/** The only purchase there is. */
export function storedIn({ store }: OriginWorld): Purchase {
  const [purchase, ...others] = store.all();
  if (purchase === undefined || others.length > 0) throw new Error("one purchase was expected");
  return purchase;
}

/** The types of the only purchase's events. */
export function eventsIn(world: OriginWorld): string[] {
  return storedIn(world).ledger.map(({ event }) => String(JSON.parse(event).type));
}

/** Waits until the next purchase is due, and sweeps once. */
export async function sweepOnce(world: OriginWorld, ports: PurchasePorts = world.ports): Promise<void> {
  const waiting = world.store.all().filter((purchase) => !isAtRest(purchase));
  if (waiting.length > 0) world.clock.advanceTo(Math.min(...waiting.map(({ dueAt }) => dueAt)));
  await sweep(ports);
}

/** Sweeps until nothing is left to do; fails where that never comes. */
export async function sweepToRest(world: OriginWorld, ports: PurchasePorts = world.ports): Promise<void> {
  for (let sweeps = 0; sweeps < MAX_SWEEPS; sweeps++) {
    if (world.store.all().every(isAtRest)) return;
    await sweepOnce(world, ports);
  }
  const states = world.store.all().map(({ state, release }) => `${state}, release ${release}`);
  throw new Error(`still not at rest: ${states.join("; ")}`);
}
