/** The exporter: archives the ledgers of purchases that are at rest, and lets the table's index forget them. */

import type { Purchase } from "../purchase/purchase.ts";
import { append } from "./append.ts";
import type { ArchiveStore } from "./port.ts";
import { archiveRecord } from "./record.ts";

/** Purchases to one batch. */
const BATCH = 500;

export interface ExportPorts {
  readonly archive: ArchiveStore;
  /** Purchases at rest with ledger entries that are not archived, by consistent reads. */
  readonly unarchived: (limit: number) => Promise<readonly Purchase[]>;
  readonly save: (next: Purchase) => Promise<"saved" | "conflict">;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/**
 * Exports until nothing is left, and says how many purchases that were. A crash between archiving and marking makes a
 * purchase come again, which the archive allows; a purchase that moved on meanwhile comes again when it rests.
 *
 * @throws ArchiveUnavailableError, ArchiveCorruptError, StoreUnavailableError
 */
export async function exportLedgers(ports: ExportPorts): Promise<number> {
  let exported = 0;
  for (;;) {
    // The head first: whoever is overtaken between the two must notice.
    const head = await ports.archive.head();
    const purchases = await ports.unarchived(BATCH);
    if (purchases.length === 0) return exported;
    const appended = await append(ports.archive, head, purchases.map(archiveRecord), ports.now());
    if (appended.kind === "conflict") continue;
    const archived = purchases.slice(0, appended.count);
    await Promise.all(archived.map((purchase) => ports.save(marked(purchase))));
    exported += archived.length;
  }
}

function marked(purchase: Purchase): Purchase {
  return { ...purchase, version: purchase.version + 1, archived: purchase.ledger.length };
}
