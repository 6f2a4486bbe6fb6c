/** The owner of an order gives eSIMs back, for what was paid for them. */

import { apply } from "./changes.ts";
import { drive, write } from "./drive.ts";
import type { PurchasePorts } from "./ports.ts";
import { gotFallback, isDecided, isIn, type Purchase, shownEsim } from "./purchase.ts";

/**
 * Writes the wish down, has the supplier take back what it still can, and pays back the prices of those lines. Lines
 * without an eSIM are left out; so are, in the end, those that the supplier did not take, and a line with a fallback:
 * two eSIMs were seen for its price, and one may stay on a phone. Whoever asks for lines that are being given back
 * already helps along.
 *
 * @param lines positions in the order
 * @param deadline Unix milliseconds
 * @returns the purchase as far as it came, or undefined while another return or refund of it is under way
 * @throws StoreUnavailableError
 */
export async function giveBackLines(
  start: Purchase,
  lines: readonly number[],
  ports: PurchasePorts,
  deadline: number,
): Promise<Purchase | undefined> {
  let purchase = start;
  for (;;) {
    const wanted = presentLines(purchase, lines);
    if (wanted.length === 0) return purchase;
    if (isIn(purchase, "returning")) {
      const { giveBack } = purchase;
      if (!wanted.every((line) => giveBack?.open.includes(line))) return undefined;
      return drive(purchase, ports, { deadline, isEnough: isGiveBackOver });
    }
    if (!isIn(purchase, "delivered", "refunded")) return undefined;
    const change = { type: "return_asked", lines: wanted } as const;
    const next = apply<"delivered" | "refunded", "owner">(purchase, change, ports.now(), deadline);
    purchase = await write({ next, change: change.type }, ports);
  }
}

/** Nothing that waiting would change: all is paid back or kept, or the refund wallet can't pay. */
export function isGiveBackOver({ state }: Purchase): boolean {
  return isDecided(state) || state === "refund_blocked";
}

function presentLines(purchase: Purchase, lines: readonly number[]): readonly number[] {
  if (gotFallback(purchase)) return [];
  const present = [...new Set(lines)].filter((line) => shownEsim(purchase, line) !== null);
  return present.toSorted((a, b) => a - b);
}
