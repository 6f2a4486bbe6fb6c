/** Which of the supplier's packages serves a top-up, at no loss. */

import type { TopUp } from "../../protocol/top-ups.ts";
import { withMargin } from "../../protocol/wholesale.ts";
import type { PackagesResult, Supplier, SupplierPackage } from "./port.ts";

const MB = 1_048_576n;

/** What fits an eSIM changes about as often as prices do: rarely, and a price that has moved is refused anyway. Milliseconds. */
const KEPT_MS = 60_000;

/** eSIMs whose packages one process remembers. */
const MAX_KEPT = 500;

/** The packages that add to the eSIM with this ICCID. */
export type TopUpPackages = (iccid: string) => Promise<PackagesResult>;

/** An eSIM's packages are asked for when it is told the price, and again a moment later when that is paid. */
export function cachedTopUps(supplier: Pick<Supplier, "packages">, now: () => number): TopUpPackages {
  const kept = new Map<string, { readonly until: number; readonly answer: PackagesResult }>();
  return async (iccid) => {
    const known = kept.get(iccid);
    if (known !== undefined && now() < known.until) return known.answer;
    const answer = await supplier.packages({ type: "TOPUP", iccid });
    if (answer.kind !== "ok") return answer;
    if (kept.size >= MAX_KEPT) kept.clear();
    kept.set(iccid, { until: now() + KEPT_MS, answer });
    return answer;
  };
}

/** The smallest that holds as much as was asked for and, with the margin, costs no more than the buyer pays. */
export function packageFor(
  { dataMb, price }: TopUp,
  packages: readonly SupplierPackage[],
  marginPercent: number,
): SupplierPackage | undefined {
  const [smallest] = packages
    .filter(({ volumeBytes }) => volumeBytes >= BigInt(dataMb) * MB)
    .filter(({ unitPrice }) => withMargin(unitPrice, marginPercent) <= price)
    .toSorted((a, b) => compare(a.volumeBytes, b.volumeBytes) || compare(a.unitPrice, b.unitPrice));
  return smallest;
}

function compare(a: bigint, b: bigint): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
