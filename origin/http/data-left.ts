/** What an eSIM has left, and whether anything may be sold for it. */

import { remainingBytes, wholeKb } from "../usage/remaining.ts";
import type { OriginPorts } from "./app.ts";
import { type EsimState, esimState } from "./esim-status.ts";

export interface DataLeft {
  readonly remainingKb: number;
  readonly isDisputed: boolean;
  readonly state: EsimState;
}

/**
 * Undefined while nobody says what the eSIM has in all.
 *
 * @param known bytes that it is known to have in all: what the supplier lists may be older, or missing
 * @throws StoreUnavailableError
 */
export async function dataLeft(
  esimTranNo: string,
  known: bigint | null,
  { lifecycle, usageBook }: OriginPorts,
): Promise<DataLeft | undefined> {
  const [found, { usedBytes, disputedAt }] = await Promise.all([
    lifecycle.profileOf({ esimTranNo }),
    usageBook.refresh(esimTranNo),
  ]);
  if (found.kind !== "found") return undefined;
  const total = greater(found.profile.totalBytes, known);
  if (total === null) return undefined;
  return {
    remainingKb: wholeKb(remainingBytes(total, usedBytes)),
    isDisputed: disputedAt !== null,
    state: esimState(found.profile),
  };
}

function greater(a: bigint | null, b: bigint | null): bigint | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}

/** Whether it can be used no more, whatever is bought for it. */
export function isOver(state: EsimState): boolean {
  return state === "expired" || state === "ended";
}
