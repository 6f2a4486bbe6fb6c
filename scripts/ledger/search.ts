/** Picks the wanted purchases out of an archive's records, as they go by in the order of the chain. */

import type { ArchiveRecord } from "../../origin/archive/record.ts";
import type { RecordPlace } from "../../origin/archive/verify.ts";
import type { Wanted } from "./command-line.ts";

export interface FoundPurchase {
  /** As the newest batch that holds it has it. */
  readonly record: ArchiveRecord;
  /** Everywhere it stands, oldest first. */
  readonly places: readonly RecordPlace[];
}

export function createSearch(wanted: Wanted) {
  const places = new Map<string, RecordPlace[]>();
  const found = new Map<string, ArchiveRecord>();
  return {
    take(record: ArchiveRecord, place: RecordPlace): void {
      // The transaction may come in a later batch than the claim, so places are kept for every order that could match.
      const couldMatch =
        wanted.kind === "order"
          ? record.order === wanted.order
          : record.transaction === null || record.transaction === wanted.transaction;
      if (!couldMatch) return;
      places.set(record.order, [...(places.get(record.order) ?? []), place]);
      if (wanted.kind === "order" || record.transaction !== null) found.set(record.order, record);
    },
    found: (): readonly FoundPurchase[] =>
      [...found.values()].map((record) => ({ record, places: places.get(record.order) ?? [] })),
  };
}
