/**
 * Asks the supplier to take eSIMs back that their owner does not want. What it took can't be undone, so the wish is
 * written down before the first of them is asked for, and whoever drives the purchase next asks again: a cancellation
 * that was carried out already shows in the eSIM's own state.
 */

import { usdc } from "../../protocol/money.ts";
import { isReturnable } from "../supplier/lifecycle.ts";
import type { ChangeIn } from "./changes.ts";
import type { PurchasePorts } from "./ports.ts";
import { begunAt, type Purchase, type PurchaseIn, shownEsim } from "./purchase.ts";

/** Lines that are asked for between two writes: what is known of some of many is not lost with the process. */
const AT_ONCE = 10;

/**
 * For so long a refusal is not believed of an eSIM that looks as if it could be taken: an earlier try may have taken it,
 * and the supplier not show it yet. Milliseconds.
 */
const SHOWN_WITHIN_MS = 300_000;

/** Profiles that were taken back before. */
const CANCELLED = "CANCEL";

/** One try. Undefined when nothing new is known of any line; ask again later. */
export async function takeBack(
  purchase: PurchaseIn<"returning">,
  ports: PurchasePorts,
): Promise<ChangeIn<"returning"> | undefined> {
  const { giveBack, refund } = purchase;
  const open = giveBack?.open ?? [];
  const answers = await Promise.all(
    open.slice(0, AT_ONCE).map(async (line) => ({ line, answer: await askFor(purchase, line, ports) })),
  );
  const linesThat = (wanted: Answer) =>
    answers.filter(({ answer }) => answer === wanted).map(({ line }) => line);
  const taken = linesThat("taken");
  const kept = linesThat("kept");
  const owed = giveBack?.owed ?? 0n;
  const amount = usdc(owed + priceOf(purchase, taken));
  if (taken.length + kept.length === open.length) {
    if (taken.length > 0 || owed > 0n) return { type: "returned", taken, kept, amount };
    return { type: refund === null ? "kept" : "kept_rest", kept };
  }
  if (taken.length + kept.length === 0) return undefined;
  return { type: "part_returned", taken, kept, amount };
}

/** `kept`: it stays the buyer's, because a phone has it, or because it has ended. */
type Answer = "taken" | "kept";

/** Undefined when that can't be told now. */
async function askFor(
  purchase: Purchase,
  line: number,
  { supplier, lifecycle, now, log }: PurchasePorts,
): Promise<Answer | undefined> {
  const esim = shownEsim(purchase, line);
  if (esim === null) return "kept";
  const { esimTranNo } = esim;
  const answer = await supplier.cancel(esimTranNo);
  if (answer.kind === "cancelled") return "taken";
  if (answer.kind === "refused" && answer.reason === "wrong_status") {
    const found = await lifecycle.profileOf({ esimTranNo });
    if (found.kind !== "found") return undefined;
    if (found.profile.esimStatus === CANCELLED) return "taken";
    const isRecent = now() - begunAt(purchase) < SHOWN_WITHIN_MS;
    return isReturnable(found.profile) && isRecent ? undefined : "kept";
  }
  const [reason, code] =
    answer.kind === "refused" ? [answer.reason, answer.code] : ["unknown", answer.detail];
  log({ event: "supplier_failed", order: purchase.id, reason, code });
  return undefined;
}

function priceOf({ goods }: Purchase, lines: readonly number[]): bigint {
  if (goods.kind !== "esims") return 0n;
  return lines.reduce((sum, line) => sum + (goods.lines[line]?.price ?? 0n), 0n);
}
