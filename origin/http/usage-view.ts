/** What is left of an eSIM's data, as its owner sees it. */

import type { Catalog } from "../../protocol/catalog.ts";
import type { EsimLine } from "../../protocol/offer.ts";
import type { Profile } from "../supplier/port.ts";
import type { UsageBook, UsageStanding } from "../usage/book.ts";
import { begunKb, bytesOfMb, remainingBytes, wholeKb } from "../usage/remaining.ts";

/** What a line was sold with; null once its package is on sale no more. */
export function boughtBytes({ plans, metered }: Catalog, { packageCode }: EsimLine): bigint | null {
  const onSale = [...Object.values(plans), ...(metered?.packages ?? [])];
  const found = onSale.find((each) => each.packageCode === packageCode);
  return found === undefined ? null : bytesOfMb(found.dataMb);
}

/** @param bought what stands in where the supplier does not say how much data the eSIM has, top-ups included */
export function usageView(
  standing: UsageStanding,
  { issuer }: Pick<UsageBook, "issuer">,
  { totalBytes, usedBytes: reported }: Profile,
  bought: bigint | null,
) {
  const total = totalBytes ?? bought;
  const remainingKb = total === null ? null : wholeKb(remainingBytes(total, standing.usedBytes));
  return {
    remaining_kb: remainingKb,
    usage: {
      total_kb: total === null ? null : wholeKb(total),
      used_kb: begunKb(standing.usedBytes),
      remaining_kb: remainingKb,
      measured_at: standing.measuredAt === null ? null : new Date(standing.measuredAt * 1_000).toISOString(),
      source: issuer === null ? "none" : "signed_records",
      is_stale: standing.stale,
      /** The supplier's own figure: hours late, unsigned, and nothing is charged by it. */
      reported_used_kb: reported === null ? null : begunKb(reported),
      records: standing.records,
      rejected_records: standing.rejected,
      disputed: standing.disputedAt !== null,
    },
  };
}
