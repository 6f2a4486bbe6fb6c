/** Drives one order on, for whoever has heard that there is something to do: the worker, the supplier's notifications. */

import { drive } from "./drive.ts";
import { isAnswerable } from "./follow.ts";
import type { PurchasePorts } from "./ports.ts";
import { hasWork, isUntold, type Purchase } from "./purchase.ts";
import { tell } from "./tell.ts";

export type Driven =
  /** Nothing is to be done at once. */
  | "at_rest"
  /** The time is up; the sweeper goes on. */
  | "under_way"
  /** There is no such order. */
  | "unknown";

/** The worker, for an order whose buyer has gone. @param deadline Unix milliseconds @throws StoreUnavailableError */
export async function driveOrder(id: string, ports: PurchasePorts, deadline: number): Promise<Driven> {
  const found = await ports.store.get(id);
  if (found === undefined) return "unknown";
  // Whoever has it until then would only be in each other's way.
  await ports.sleep(Math.max(0, Math.min(found.dueAt, deadline) - ports.now()));
  const start = (await ports.store.get(id)) ?? found;
  const driven = await drive(start, ports, { deadline });
  return hasWork(isUntold(driven) ? await tell(driven, ports) : driven) ? "under_way" : "at_rest";
}

/**
 * One look at an order of which something new was said. Where somebody is at it, or has just been, there is none: an
 * order of many packages is spoken of many times, and each look asks the supplier for all of them.
 *
 * @param deadline Unix milliseconds
 * @returns the order after the look
 * @throws StoreUnavailableError
 */
export async function lookAgain(
  id: string,
  ports: PurchasePorts,
  deadline: number,
): Promise<Purchase | undefined> {
  const found = await ports.store.get(id);
  if (found === undefined || isAnswerable(found) || ports.now() < found.dueAt) return undefined;
  const taken = { ...found, version: found.version + 1, dueAt: deadline };
  if ((await ports.store.save(taken)) === "conflict") return undefined;
  return drive(taken, ports, { deadline, isEnough: isAnswerable, impatient: true });
}
