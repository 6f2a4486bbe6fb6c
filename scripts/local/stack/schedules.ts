/** What runs on a schedule at the origin: on AWS every minute or few, here often enough to be watched. */

import type { Origin } from "../../../origin/origin.ts";
import type { Closers } from "./closers.ts";
import { repeat } from "./repeat.ts";
import type { StackOptions } from "./start-stack.ts";

/** Milliseconds. */
const SWEEP_EVERY_MS = 1_000;
const RECONCILE_EVERY_MS = 1_000;
const EXPORT_EVERY_MS = 2_000;
const TEND_EVERY_MS = 1_000;

export function startSchedules(
  origin: Origin,
  closers: Closers,
  { sweeper = true }: Pick<StackOptions, "sweeper"> = {},
): void {
  if (sweeper) closers.add(repeat(origin.sweep, SWEEP_EVERY_MS));
  closers.add(repeat(origin.reconcile, RECONCILE_EVERY_MS));
  closers.add(repeat(origin.exportLedgers, EXPORT_EVERY_MS));
  closers.add(repeat(origin.tendPools, TEND_EVERY_MS));
}
