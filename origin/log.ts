/** The origin's log: one line a decision, from a closed set. Never a signature, token, key or activation code. */

import type { ErrorCode } from "../protocol/errors.ts";

export type OriginLogEvent =
  | { readonly event: "request_refused"; readonly code: ErrorCode; readonly path: string }
  | {
      readonly event: "purchase_claimed";
      readonly order: string;
      readonly state: string;
      readonly payer: string;
      readonly chain: string;
      /** Atomic units. */
      readonly amount: string;
      readonly agent: string | null;
      readonly device: string | null;
    }
  | { readonly event: "purchase_replayed"; readonly order: string; readonly state: string }
  | {
      readonly event: "purchase_moved";
      readonly order: string;
      readonly state: string;
      readonly transaction: string | null;
    }
  | { readonly event: "refund_submitted"; readonly order: string; readonly outcome: string }
  | { readonly event: "refund_lost"; readonly order: string }
  | {
      readonly event: "release_refused";
      readonly order: string;
      readonly esim: string;
      readonly reason: string;
    }
  | { readonly event: "settlement_retried"; readonly order: string; readonly outcome: string }
  | {
      readonly event: "supplier_failed";
      readonly order: string;
      readonly reason: string;
      readonly code: string;
    }
  | { readonly event: "transfer_unmatched"; readonly chain: string; readonly transaction: string }
  | { readonly event: "payment_landed_late"; readonly order: string; readonly transaction: string }
  | { readonly event: "payment_unclaimed"; readonly order: string; readonly transaction: string }
  | { readonly event: "sweep_failed"; readonly order: string; readonly error: string }
  | { readonly event: "internal_error"; readonly error: string };
