/**
 * Proves an archive, or finds where it was tampered with: walks the chain from its first batch to its last and checks
 * every byte by its hash, every batch by the one before, every record by its ledger and by earlier records.
 *
 * What no archive can show by itself is that its newest batches were cut off together with their links. A locked
 * bucket prevents that; elsewhere, keep a CID of the chain somewhere else and ask for it by `expected`.
 */

import { type Batch, decodeBatch, lineOf, MAX_BATCH_BYTES } from "./batch.ts";
import { checkRecord } from "./check-record.ts";
import { type Cid, cidOf } from "./cid.ts";
import type { Finding } from "./finding.ts";
import { createHistories } from "./histories.ts";
import { type Inventory, takeInventory } from "./inventory.ts";
import { batchName } from "./layout.ts";
import type { Head, ObjectReader } from "./port.ts";
import type { ArchiveRecord } from "./record.ts";

export interface VerifyOptions {
  /** A CID that must be in the chain. */
  readonly expected?: Cid;
  readonly onProgress?: (batchesDone: number, batches: number) => void;
  /** Called for every record of the chain that can be read, proven or not. */
  readonly onRecord?: (record: ArchiveRecord, place: RecordPlace) => void;
}

export interface RecordPlace {
  readonly batch: number;
  readonly cid: Cid;
  /** From 1. */
  readonly line: number;
}

export interface Verification {
  /** Empty: the archive is proven. */
  readonly findings: readonly Finding[];
  /** Batches, records and purchases in the chain. A purchase has a record in each batch that it was exported in. */
  readonly batches: number;
  readonly records: number;
  readonly purchases: number;
  /** Null where there is no chain, or its last link can't be read. */
  readonly head: Head | null;
}

/** @throws ArchiveUnavailableError */
export async function verifyArchive(
  reader: ObjectReader,
  { expected, onProgress, onRecord }: VerifyOptions = {},
): Promise<Verification> {
  const inventory = await takeInventory(reader);
  const { links, lastSequence, unlinked } = inventory;
  const histories = createHistories();
  const findings: Finding[] = [...inventory.findings];
  let batches = 0;
  let records = 0;

  for (const [sequence, cid] of links) {
    const { batch, findings: found } = await openBatch(reader, cid, sequence);
    findings.push(...found);
    if (batch !== undefined) {
      findings.push(...placeFindings(batch, cid, sequence, inventory));
      for (const [index, record] of batch.records.entries()) {
        const line = lineOf(index);
        const faults = [...checkRecord(record), ...histories.add(record)];
        findings.push(...faults.map((fault) => at(cid, sequence, { ...fault, line, order: record.order })));
        onRecord?.(record, { batch: sequence, cid, line });
      }
      records += batch.records.length;
    }
    batches += 1;
    onProgress?.(batches, links.size);
  }

  for (const cid of unlinked) {
    const { batch, findings: found } = await openBatch(reader, cid, null);
    findings.push(...found);
    if (batch !== undefined) findings.push(...unlinkedFindings(batch, cid, lastSequence, histories.covers));
  }

  if (lastSequence === 0) findings.push(ofChain("chain_empty", "there is no batch, so nothing is proven"));
  const cids = new Set(links.values());
  if (expected !== undefined && !cids.has(expected)) {
    findings.push(ofChain("head_missing", `${expected} is not in the chain`));
  }

  const last = links.get(lastSequence);
  const head = last === undefined ? null : { sequence: lastSequence, cid: last };
  return { findings, batches, records, purchases: histories.size, head };
}

async function openBatch(
  reader: ObjectReader,
  cid: Cid,
  sequence: number | null,
): Promise<{ readonly batch?: Batch; readonly findings: readonly Finding[] }> {
  const bytes = await reader.read(batchName(cid), MAX_BATCH_BYTES);
  if (bytes === undefined) {
    return { findings: [at(cid, sequence, { kind: "batch_missing", detail: "it is not there" })] };
  }
  const altered: Finding[] =
    cidOf(bytes) === cid
      ? []
      : [
          at(cid, sequence, {
            kind: "batch_altered",
            detail: "its bytes are not those that its name promises",
          }),
        ];
  const decoded = decodeBatch(bytes);
  if (decoded.ok) return { batch: decoded.value, findings: altered };
  const { fault, line } = decoded.reason;
  return { findings: [...altered, at(cid, sequence, { kind: "batch_malformed", line, detail: fault })] };
}

function placeFindings(batch: Batch, cid: Cid, sequence: number, { links }: Inventory): Finding[] {
  const findings: Finding[] = [];
  if (batch.sequence !== sequence) {
    const detail = `it says that it is number ${batch.sequence}`;
    findings.push(at(cid, sequence, { kind: "sequence_wrong", line: 1, detail }));
  }
  const before = sequence === 1 ? null : links.get(sequence - 1);
  if (before !== undefined && batch.previous !== before) {
    const detail = `it follows ${batch.previous ?? "nothing"}, not ${before ?? "nothing"}`;
    findings.push(at(cid, sequence, { kind: "previous_wrong", line: 1, detail }));
  }
  return findings;
}

/**
 * An exporter that crashed, or was slower than another, leaves a batch without a link. It does no harm once the chain
 * has gone past it and says all that it said; anything else looks just like a link that was removed.
 */
function unlinkedFindings(
  batch: Batch,
  cid: Cid,
  lastSequence: number,
  covers: (record: ArchiveRecord) => boolean,
): Finding[] {
  if (batch.sequence > lastSequence) {
    const detail = `number ${batch.sequence} was written and not linked; the next export puts that right, unless a link was removed`;
    return [at(cid, null, { kind: "batch_unlinked", detail })];
  }
  return batch.records.flatMap((record, index) => {
    if (covers(record)) return [];
    const detail = "the chain does not have it, though the chain has gone past its batch";
    return [at(cid, null, { kind: "record_lost", line: lineOf(index), order: record.order, detail })];
  });
}

function at(
  cid: Cid,
  batch: number | null,
  what: Pick<Finding, "kind" | "detail"> & Partial<Pick<Finding, "line" | "order">>,
): Finding {
  return { object: batchName(cid), batch, line: null, order: null, ...what };
}

function ofChain(kind: Finding["kind"], detail: string): Finding {
  return { kind, object: null, batch: null, line: null, order: null, detail };
}
