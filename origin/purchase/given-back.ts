/** What a purchase is once the supplier has answered for eSIMs that their owner gives back. Pure. */

import type { Usdc } from "../../protocol/money.ts";
import { type Purchase, shownEsim } from "./purchase.ts";

export interface Answered {
  readonly taken: readonly number[];
  /** The buyer's for good. */
  readonly kept: readonly number[];
}

/** The eSIMs of these lines are the supplier's again. */
export function without(purchase: Purchase, lines: readonly number[]): Partial<Purchase> {
  const { delivery, returned } = purchase;
  if (delivery?.kind !== "esims") return {};
  const esims = delivery.esims.map((esim, line) => (lines.includes(line) ? null : esim));
  const gone = lines.flatMap((line) => {
    const esim = shownEsim(purchase, line);
    return esim === null ? [] : [{ line, esimTranNo: esim.esimTranNo, iccid: esim.iccid }];
  });
  return { delivery: { kind: "esims", esims }, returned: [...returned, ...gone] };
}

export function answered({ giveBack }: Purchase, { taken, kept }: Answered, owed: Usdc): Partial<Purchase> {
  if (giveBack === null) return {};
  const open = giveBack.open.filter((line) => !taken.includes(line) && !kept.includes(line));
  return { giveBack: { ...giveBack, open, owed } };
}
