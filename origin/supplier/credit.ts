/** Whether our credit at the supplier is enough, so that no money need be taken for what can't be bought. */

import type { Credit } from "../../protocol/credit.ts";
import type { BalanceResult } from "./port.ts";

/** Whether it reaches for what costs so much. US dollars × 10,000. Pure. */
export function judgeCredit(answer: BalanceResult, cost: bigint): Credit {
  if (answer.kind !== "ok") return "unknown";
  return cost <= answer.balance ? "enough" : "low";
}

/** How old a balance may be. Milliseconds. */
export const BALANCE_TTL_MS = 60_000;

/** How long a failed look is not repeated. Milliseconds. */
const RETRY_MS = 5_000;

export type ReadBalance = () => Promise<BalanceResult>;

/**
 * Reads the balance at most once a minute: whoever may ask for our readiness may not spend the supplier's 8 requests a
 * second with it. Calls at the same time share one look.
 *
 * @param now Unix milliseconds
 */
export function cachedBalance(read: ReadBalance, now: () => number): ReadBalance {
  let kept: { readonly answer: BalanceResult; readonly at: number } | undefined;
  let reading: Promise<BalanceResult> | undefined;

  async function look(): Promise<BalanceResult> {
    const at = now();
    try {
      const answer = await read();
      kept = { answer, at };
      return answer;
    } finally {
      reading = undefined;
    }
  }

  return async () => {
    if (kept !== undefined) {
      const age = now() - kept.at;
      if (age >= 0 && age < (kept.answer.kind === "ok" ? BALANCE_TTL_MS : RETRY_MS)) return kept.answer;
    }
    reading ??= look();
    return reading;
  };
}
