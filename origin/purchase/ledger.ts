/** A purchase's own append-only history: every entry holds the hash of the one before it. */

import { createHash } from "node:crypto";
import { bytesToHex, type Hex } from "../../protocol/hex.ts";

export type PurchaseEvent =
  | {
      readonly type: "claimed";
      readonly state: string;
      readonly price: string;
      readonly fingerprint: Hex;
      readonly invoice: string | null;
      readonly transaction: Hex | null;
    }
  | { readonly type: "settled" | "earned"; readonly transaction: Hex; readonly by: string }
  | { readonly type: "voided" | "refund_blocked"; readonly reason: string }
  /** Null where the supplier refused, or is not known to have it. `later`: the packages of orders beside the first ones. */
  | {
      readonly type: "ordered";
      readonly supplierOrders: readonly (string | null)[];
      readonly later?: readonly string[];
    }
  | { readonly type: "delivered"; readonly goods: GoodsNames }
  | {
      readonly type: "secured" | "partly_delivered";
      readonly goods: GoodsNames;
      readonly missing: MissingText | null;
    }
  | {
      readonly type: "partly_earned";
      readonly transaction: Hex;
      readonly by: string;
      readonly missing: MissingText | null;
    }
  | {
      readonly type: "failed";
      readonly reason: string;
      readonly orderMayExist: boolean;
      readonly amount: string | null;
    }
  | { readonly type: "dropped"; readonly reason: string; readonly orderMayExist: boolean }
  | { readonly type: "landed_late" | "refunded"; readonly transaction: Hex }
  | { readonly type: "released"; readonly esims: readonly string[] }
  | { readonly type: "suspended"; readonly esim: string }
  | {
      readonly type: "refund_signed";
      readonly nonce: Hex;
      readonly amount: string;
      readonly validBefore: string;
    }
  | { readonly type: "refund_lapsed" | "choice_lapsed" }
  | { readonly type: "chosen"; readonly esim: string; readonly by: string }
  | { readonly type: "return_asked"; readonly lines: Lines }
  | {
      readonly type: "part_returned" | "returned";
      readonly taken: Lines;
      readonly kept: Lines;
      readonly amount: string;
    }
  | { readonly type: "kept" | "kept_rest"; readonly kept: Lines }
  | { readonly type: "notified"; readonly attempts: number }
  | { readonly type: "unheard"; readonly attempts: number; readonly reason: string };

/** Positions in the order. */
type Lines = readonly number[];

/** The supplier's names of the eSIMs, as the lines of the order. */
type GoodsNames = readonly (string | null)[];

interface MissingText {
  readonly reason: string;
  /** Atomic units. */
  readonly amount: string;
  readonly orderMayExist: boolean;
}

export interface LedgerEntry {
  /** Unix milliseconds. */
  readonly at: number;
  /** The event as JSON, kept as the text that was hashed. */
  readonly event: string;
  /** SHA-256 over the hash before (or 32 zero bytes), `at` and `event`. */
  readonly hash: Hex;
}

const GENESIS: Hex = `0x${"0".repeat(64)}`;

export function appendEvent(
  ledger: readonly LedgerEntry[],
  at: number,
  event: PurchaseEvent,
): readonly LedgerEntry[] {
  const text = JSON.stringify(event);
  return [...ledger, { at, event: text, hash: entryHash(ledger.at(-1)?.hash ?? GENESIS, at, text) }];
}

/** Whether no entry was altered, dropped from the middle, or put in later. */
export function isIntact(ledger: readonly LedgerEntry[]): boolean {
  let previous = GENESIS;
  return ledger.every(({ at, event, hash }) => {
    const right = hash === entryHash(previous, at, event);
    previous = hash;
    return right;
  });
}

function entryHash(previous: Hex, at: number, event: string): Hex {
  return bytesToHex(
    createHash("sha256")
      .update(JSON.stringify([previous, at, event]))
      .digest(),
  );
}
