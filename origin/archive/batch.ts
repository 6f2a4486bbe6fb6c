/**
 * A batch of the archive as bytes and back: newline-delimited JSON, a header and then one line a record. Pure.
 *
 * A batch has exactly one spelling. Two spellings of the same facts would have two CIDs, and a reader that repairs
 * what it reads could be shown something else than the next reader.
 */

import * as v from "valibot";
import { fail, ok, type Result } from "../../protocol/result.ts";
import { decodeUtf8, parseJson } from "../../protocol/text.ts";
import { type Cid, cidOf, isCid } from "./cid.ts";
import { type ArchiveRecord, recordLine, recordSchema, timeSchema } from "./record.ts";

export interface Batch {
  /** From 1, without gaps. */
  readonly sequence: number;
  /** The batch before; null in the first. */
  readonly previous: Cid | null;
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** One at least. */
  readonly records: readonly ArchiveRecord[];
}

export interface EncodedBatch {
  readonly cid: Cid;
  readonly bytes: Uint8Array;
}

/** What is wrong with a batch's bytes, and in which line (from 1); null where it is no matter of one line. */
export interface BatchFault {
  readonly fault:
    | "too_large"
    | "not_utf8"
    | "not_lines"
    | "header_malformed"
    | "count_wrong"
    | "record_malformed";
  readonly line: number | null;
}

/** Bytes; some two thousand delivered purchases. Small enough to hold whole in a Lambda function. */
export const MAX_BATCH_BYTES = 4 * 1_024 * 1_024;

/** What a header may take of them. Bytes. */
export const MAX_HEADER_BYTES = 256;

/** As many digits as the name of a link in the chain has. */
export const MAX_SEQUENCE = 999_999_999_999;

const FORMAT = "edge402-ledger/1";

const cidSchema = v.custom<Cid>((value) => typeof value === "string" && isCid(value));

const headerSchema = v.pipe(
  v.strictObject({
    batch: v.literal(FORMAT),
    sequence: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_SEQUENCE)),
    previous: v.nullable(cidSchema),
    createdAt: timeSchema,
    count: v.pipe(v.number(), v.integer(), v.minValue(1)),
  }),
  v.check(({ sequence, previous }) => (sequence === 1) === (previous === null)),
);

type Header = v.InferOutput<typeof headerSchema>;

function headerLine({ sequence, previous, createdAt, count }: Omit<Header, "batch">): string {
  return JSON.stringify({ batch: FORMAT, sequence, previous, createdAt, count });
}

/** @throws RangeError on what `decodeBatch` would refuse: a fault of the program */
export function encodeBatch({ sequence, previous, createdAt, records }: Batch): EncodedBatch {
  const lines = [
    headerLine({ sequence, previous, createdAt, count: records.length }),
    ...records.map(recordLine),
  ];
  const bytes = new TextEncoder().encode(`${lines.join("\n")}\n`);
  const decoded = decodeBatch(bytes);
  if (!decoded.ok) throw new RangeError(`no such batch can be written: ${decoded.reason.fault}`);
  return { cid: cidOf(bytes), bytes };
}

export function decodeBatch(bytes: Uint8Array): Result<Batch, BatchFault> {
  if (bytes.length > MAX_BATCH_BYTES) return fail({ fault: "too_large", line: null });
  const text = decodeUtf8(bytes);
  if (text === undefined) return fail({ fault: "not_utf8", line: null });
  if (!text.endsWith("\n")) return fail({ fault: "not_lines", line: null });
  const [first = "", ...rest] = text.slice(0, -1).split("\n");
  const header = parseHeader(first);
  if (header === undefined) return fail({ fault: "header_malformed", line: 1 });
  if (header.count !== rest.length) return fail({ fault: "count_wrong", line: 1 });
  const records: ArchiveRecord[] = [];
  for (const [index, line] of rest.entries()) {
    const record = parseRecord(line);
    if (record === undefined) return fail({ fault: "record_malformed", line: lineOf(index) });
    records.push(record);
  }
  const { sequence, previous, createdAt } = header;
  return ok({ sequence, previous, createdAt, records });
}

/** The line that a record stands in. */
export function lineOf(recordIndex: number): number {
  return recordIndex + 2;
}

function parseHeader(line: string): Header | undefined {
  const header = v.safeParse(headerSchema, parseJson(line)?.value);
  return header.success && headerLine(header.output) === line ? header.output : undefined;
}

function parseRecord(line: string): ArchiveRecord | undefined {
  const record = v.safeParse(recordSchema, parseJson(line)?.value, { abortEarly: true });
  return record.success && recordLine(record.output) === line ? record.output : undefined;
}
