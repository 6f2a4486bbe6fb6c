/** What the archive needs from a place that keeps objects, and what it offers to whoever exports purchases. */

import type { Cid } from "./cid.ts";

/** The place did not answer, or refused. Whether a write happened is unknown; the same call can be repeated. */
export class ArchiveUnavailableError extends Error {
  override readonly name = "ArchiveUnavailableError";
}

/** What is stored under a name is not what its name says. Somebody tampered with it, and nobody may build on it. */
export class ArchiveCorruptError extends Error {
  override readonly name = "ArchiveCorruptError";
}

/** Every method throws ArchiveUnavailableError. */
export interface ObjectReader {
  /** The names that begin with `prefix` (a folder and its slash), ascending. */
  list(prefix: string): AsyncIterable<string>;
  /** An object's bytes, cut after `maxBytes + 1` of them; undefined where there is none. */
  read(name: string, maxBytes: number): Promise<Uint8Array | undefined>;
}

/** Objects that are written once and never again. */
export interface WriteOnceObjects extends ObjectReader {
  /** Writes the whole object, or nothing. Of any number of writers of one name, one has `written`. */
  create(name: string, bytes: Uint8Array): Promise<"written" | "exists">;
}

/** The last batch of the chain. */
export interface Head {
  readonly sequence: number;
  readonly cid: Cid;
}

/** Every method throws ArchiveUnavailableError, and ArchiveCorruptError. */
export interface ArchiveStore {
  /** Keeps a batch. It is no part of the chain until it is linked. */
  put(cid: Cid, bytes: Uint8Array): Promise<"written" | "exists">;
  get(cid: Cid): Promise<Uint8Array | undefined>;
  /**
   * Gives a batch its place in the chain. `taken`: another batch has it. Repeating a link that is there is `linked`,
   * as an answer may have got lost.
   */
  link(sequence: number, cid: Cid): Promise<"linked" | "taken">;
  /** Null where the chain is empty. */
  head(): Promise<Head | null>;
}
