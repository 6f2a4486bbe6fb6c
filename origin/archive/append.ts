/**
 * Appends purchases to the archive's chain: writes a batch that names the one before, and then links it.
 *
 * The order is what keeps two exporters apart: first read the head, then the purchases, then append to that very head.
 * Whoever was overtaken in between has a conflict, and reads both again; else it could archive a purchase as it was
 * before what the other has archived already, and a locked archive would say so for ever.
 *
 * A crash between the two writes leaves a batch without a link, which does no harm: the purchases in it are not
 * archived yet, and the next export writes them again. A purchase may be archived any number of times.
 */

import { encodeBatch, MAX_BATCH_BYTES, MAX_HEADER_BYTES } from "./batch.ts";
import type { ArchiveStore, Head } from "./port.ts";
import { type ArchiveRecord, recordLine } from "./record.ts";

export type Appended =
  /** The first `count` records are in the chain. Where that is not all of them, append the rest to this new head. */
  | { readonly kind: "appended"; readonly head: Head; readonly count: number }
  /** Another exporter was faster, and nothing of this batch is in the chain. */
  | { readonly kind: "conflict" };

/**
 * @param head as `archive.head()` gave it before the records were read, by consistent reads
 * @param records one at least
 * @param createdAt Unix milliseconds
 * @throws ArchiveUnavailableError: start again with the head
 * @throws ArchiveCorruptError: somebody tampered with the archive; a person has to look
 * @throws RangeError on no records, or on one that no batch can hold
 */
export async function append(
  archive: ArchiveStore,
  head: Head | null,
  records: readonly ArchiveRecord[],
  createdAt: number,
): Promise<Appended> {
  const sequence = (head?.sequence ?? 0) + 1;
  const count = fitting(records);
  const batch = { sequence, previous: head?.cid ?? null, createdAt, records: records.slice(0, count) };
  const { cid, bytes } = encodeBatch(batch);
  await archive.put(cid, bytes);
  const linked = await archive.link(sequence, cid);
  return linked === "linked" ? { kind: "appended", head: { sequence, cid }, count } : { kind: "conflict" };
}

/** How many of the records one batch holds. */
function fitting(records: readonly ArchiveRecord[]): number {
  let room = MAX_BATCH_BYTES - MAX_HEADER_BYTES;
  const firstTooMany = records.findIndex((record) => {
    room -= Buffer.byteLength(recordLine(record)) + 1;
    return room < 0;
  });
  return firstTooMany === -1 ? records.length : firstTooMany;
}
