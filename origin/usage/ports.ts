/** What the book of usage is made of, and what it needs from outside: the issuer, the table, time. */

import type { UsageKeySet } from "../../protocol/usage.ts";
import type { OriginLogEvent } from "../log.ts";
import type { SupplierLifecycle } from "../supplier/lifecycle.ts";
import type { UsageRecord, UsageRejection } from "./verify.ts";

/** One record as the issuer sent it, and what was made of it: once and for all. */
export type UsageEntry =
  | { readonly jws: string; readonly counted: UsageRecord }
  | {
      readonly jws: string;
      readonly counted: null;
      readonly reason: UsageRejection;
      /** Tells it from a new one when it comes again. */
      readonly digest: string;
    };

export interface Dispute {
  /** Unix milliseconds. */
  readonly at: number;
  /** The buyer's words. */
  readonly reason: string | null;
  readonly orderId: string;
  readonly iccid: string;
  /** Whether the supplier has been told to suspend the eSIM. */
  readonly suspension: "due" | "done";
  /** When the supplier is asked next, while it is due. Unix milliseconds. */
  readonly dueAt: number;
}

/** Where one eSIM's book stands. */
export interface UsageHead {
  readonly esimTranNo: string;
  /** Counts writes; each is conditional on the one before. 0: never written. */
  readonly version: number;
  /** When the issuer was asked last. Unix milliseconds. */
  readonly lookedAt: number;
  /** Whether it answered. */
  readonly reached: boolean;
  /** How many pages of entries there are. */
  readonly pages: number;
  /** The record that was counted last. */
  readonly last: UsageRecord | null;
  /** How many were counted. */
  readonly records: number;
  /** Digests of the records that are kept though they don't count, in the order of the pages. */
  readonly refused: readonly string[];
  /** Refusals beyond those that are kept. The same record may be among them more than once. */
  readonly unlisted: number;
  /** From here on nothing counts any more. */
  readonly dispute: Dispute | null;
}

/** Every method throws StoreUnavailableError. */
export interface UsageStore {
  head(esimTranNo: string): Promise<UsageHead>;
  /** Replaces version `next.version - 1`. `conflict`: somebody else was faster; read again. */
  saveHead(next: UsageHead): Promise<"saved" | "conflict">;
  /** Writes a page that is not there yet. `exists` gives the one that is: a page never changes. */
  addPage(
    esimTranNo: string,
    page: number,
    entries: readonly UsageEntry[],
  ): Promise<
    { readonly kind: "added" } | { readonly kind: "exists"; readonly entries: readonly UsageEntry[] }
  >;
  /** @returns none for a page that was never written */
  page(esimTranNo: string, page: number): Promise<readonly UsageEntry[]>;
  /** eSIMs whose suspension is due, the longest overdue first. */
  suspensionsDue(now: number, limit: number): Promise<readonly UsageHead[]>;
}

export type UsageAnswer =
  | { readonly kind: "records"; readonly records: readonly string[] }
  /** `timeout`, `connection_failed`, `http_503`, `too_large`, `bad_answer`. */
  | { readonly kind: "unavailable"; readonly detail: string };

/** The issuer. What goes wrong there is a value, never an exception. */
export interface UsageSource {
  readonly issuer: string;
  readonly keySet: UsageKeySet;
  /** Records of this eSIM with a greater sequence, the oldest first; not yet verified, and not necessarily all. */
  records(esimTranNo: string, after: number): Promise<UsageAnswer>;
}

export interface UsagePorts {
  /** Null where the configuration names none. */
  readonly source: UsageSource | null;
  readonly store: UsageStore;
  readonly lifecycle: Pick<SupplierLifecycle, "suspend" | "profileOf">;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly log: (event: OriginLogEvent) => void;
}
