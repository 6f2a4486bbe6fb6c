/**
 * The names of the archive's objects, the same in a bucket and in a folder.
 *
 * `batches/<cid>.ndjson` is a batch. `chain/<sequence>` is a link: it says which batch has that place in the chain.
 */

import { decodeUtf8 } from "../../protocol/text.ts";
import { type Cid, isCid } from "./cid.ts";

export const BATCHES = "batches/";
export const CHAIN = "chain/";

/** Zero-padded, so that names sort as numbers do. */
const SEQUENCE_DIGITS = 12;

const BATCH_NAME = /^batches\/([a-z0-9]+)\.ndjson$/;
const LINK_NAME = new RegExp(`^chain/([0-9]{${SEQUENCE_DIGITS}})$`);

/** Bytes: a CID and a line break. */
export const MAX_LINK_BYTES = 64;

export function batchName(cid: Cid): string {
  return `${BATCHES}${cid}.ndjson`;
}

export function linkName(sequence: number): string {
  return `${CHAIN}${sequence.toString().padStart(SEQUENCE_DIGITS, "0")}`;
}

/** The batch of this name, or undefined. */
export function batchNamed(name: string): Cid | undefined {
  const cid = BATCH_NAME.exec(name)?.[1];
  return cid !== undefined && isCid(cid) ? cid : undefined;
}

/** The sequence number of the link of this name, or undefined. */
export function linkNamed(name: string): number | undefined {
  const digits = LINK_NAME.exec(name)?.[1];
  return digits === undefined || Number(digits) === 0 ? undefined : Number(digits);
}

export function encodeLink(cid: Cid): Uint8Array {
  return new TextEncoder().encode(`${cid}\n`);
}

export function decodeLink(bytes: Uint8Array): Cid | undefined {
  const text = decodeUtf8(bytes);
  if (text === undefined || !text.endsWith("\n")) return undefined;
  const cid = text.slice(0, -1);
  return isCid(cid) ? cid : undefined;
}
