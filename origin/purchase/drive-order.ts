/** The worker: drives one order on whose buyer was told to come back for it. */

import { drive } from "./drive.ts";
import type { PurchasePorts } from "./ports.ts";
import { isAtRest } from "./purchase.ts";

export type Driven =
  /** Nothing is left to do. */
  | "at_rest"
  /** The time is up; the sweeper goes on. */
  | "under_way"
  /** There is no such order. */
  | "unknown";

/** @param deadline Unix milliseconds @throws StoreUnavailableError */
export async function driveOrder(id: string, ports: PurchasePorts, deadline: number): Promise<Driven> {
  const found = await ports.store.get(id);
  if (found === undefined) return "unknown";
  // Whoever has it until then would only be in each other's way.
  await ports.sleep(Math.max(0, Math.min(found.dueAt, deadline) - ports.now()));
  const start = (await ports.store.get(id)) ?? found;
  return isAtRest(await drive(start, ports, { deadline })) ? "at_rest" : "under_way";
}
