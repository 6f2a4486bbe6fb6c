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
  | { readonly event: "settlement_retried"; readonly order: string; readonly outcome: string }
  | {
      readonly event: "supplier_failed";
      readonly order: string;
      readonly reason: string;
      readonly code: string;
    }
  | { readonly event: "internal_error"; readonly error: string };
