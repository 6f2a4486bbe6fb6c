/**
 * Gives back what nobody has drawn. The allotment is closed first: from then on it is known for good what that is, as a
 * draw and the closing are writes of one item. A closed allotment stays due until its purchase has the wish to return
 * those lines written down, so a crash in between leaves it to the sweeper; so does an allotment that expires.
 */

import { giveBackLines } from "../purchase/give-back.ts";
import type { PurchasePorts } from "../purchase/ports.ts";
import { isHandedOver, type Purchase } from "../purchase/purchase.ts";
import { isLost, undrawnItems } from "./allotment.ts";

/** Allotments to one sweep, the longest overdue first. */
const BATCH = 10;

/** For one of them in one sweep; what is written down by then, the purchase's own sweep goes on with. Milliseconds. */
const SLICE_MS = 5_000;

/** Until one that could not be given back is looked at again: its purchase's own refund comes first. Milliseconds. */
const AGAIN_AFTER_MS = 60_000;

/**
 * Safe to repeat, by anybody and at any time.
 *
 * @param purchase an allotment's, handed over
 * @param deadline Unix milliseconds
 * @returns the purchase as far as it came, or undefined while another return or refund of it is under way
 * @throws StoreUnavailableError
 */
export async function giveBackRest(
  purchase: Purchase,
  ports: PurchasePorts,
  deadline: number,
): Promise<Purchase | undefined> {
  const { id } = purchase;
  const { allotments, now, log } = ports;
  const undrawn = undrawnItems(purchase, await allotments.close(id, now()));
  const given = await giveBackLines(purchase, undrawn, ports, deadline);
  if (given === undefined) return undefined;
  await allotments.finished(id);
  log({ event: "allotment_closed", order: id, undrawn: undrawn.length });
  return given;
}

/** What expired, and what a process that closed it did not live to give back. @throws StoreUnavailableError */
export async function sweepAllotments(ports: PurchasePorts): Promise<void> {
  const { allotments, now, log } = ports;
  for (const order of await allotments.due(now(), BATCH)) {
    try {
      if (!(await end(order, ports))) await allotments.putOff(order, now() + AGAIN_AFTER_MS);
    } catch (error) {
      // One that fails must not keep the others waiting; it comes up again at the next sweep.
      log({ event: "sweep_failed", order, error: error instanceof Error ? error.name : "unknown" });
    }
  }
}

/** Whether nothing is left to do for it. */
async function end(order: string, ports: PurchasePorts): Promise<boolean> {
  const { store, allotments, now } = ports;
  const purchase = await store.get(order);
  if (purchase === undefined || isLost(purchase)) {
    await allotments.close(order, now());
    await allotments.finished(order);
    return true;
  }
  if (!isHandedOver(purchase)) return false;
  return (await giveBackRest(purchase, ports, now() + SLICE_MS)) !== undefined;
}
