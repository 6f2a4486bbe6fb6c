/** What the batches so far say of each purchase, and whether another record of it goes on from there. */

import { createHash } from "node:crypto";
import type { Hex } from "../../protocol/hex.ts";
import type { RecordFault } from "./finding.ts";
import { type ArchiveRecord, fixedFacts } from "./record.ts";

interface History {
  readonly hashes: readonly Hex[];
  /** SHA-256 over the facts that never change. */
  readonly facts: string;
}

export interface Histories {
  readonly size: number;
  /** Takes the record in, and tells what it contradicts. */
  add(record: ArchiveRecord): readonly RecordFault[];
  /** Whether the record says nothing that was not taken in. */
  covers(record: ArchiveRecord): boolean;
}

export function createHistories(): Histories {
  const histories = new Map<string, History>();
  return {
    get size() {
      return histories.size;
    },

    add(record) {
      const earlier = histories.get(record.order);
      const later = historyOf(record);
      histories.set(record.order, later);
      if (earlier === undefined) return [];
      const faults: RecordFault[] = [];
      if (!beginsWith(later, earlier)) {
        faults.push({ kind: "history_rewritten", detail: "an earlier batch says something else" });
      }
      if (later.facts !== earlier.facts) {
        faults.push({ kind: "facts_changed", detail: "an earlier batch has other facts" });
      }
      return faults;
    },

    covers(record) {
      const known = histories.get(record.order);
      const asked = historyOf(record);
      return known !== undefined && known.facts === asked.facts && beginsWith(known, asked);
    },
  };
}

function historyOf(record: ArchiveRecord): History {
  return {
    hashes: record.ledger.map(({ hash }) => hash),
    facts: createHash("sha256")
      .update(JSON.stringify(fixedFacts(record)))
      .digest("base64"),
  };
}

function beginsWith(later: History, earlier: History): boolean {
  return earlier.hashes.every((hash, index) => later.hashes[index] === hash);
}
