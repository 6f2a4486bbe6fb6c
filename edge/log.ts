/** The edge's log: one line a decision, from a closed set. Never a signature, token, key or body. */

import type { ErrorCode } from "../protocol/errors.ts";

interface PaymentFields {
  readonly order: string;
  readonly payer: string;
  readonly chain: string;
  /** Atomic units. */
  readonly amount: string;
  readonly invoice: string | null;
}

export type LogEvent =
  | { readonly event: "request_refused"; readonly code: ErrorCode }
  | {
      readonly event: "challenge_issued";
      readonly code: ErrorCode;
      readonly path: string;
      readonly amount: string;
    }
  | ({
      readonly event: "payment_refused";
      readonly code: ErrorCode;
      readonly by: "edge" | "facilitator";
    } & PaymentFields)
  | ({ readonly event: "facilitator_unavailable"; readonly fault: string } & PaymentFields)
  | ({ readonly event: "payment_settled"; readonly transaction: string; readonly ms: number } & PaymentFields)
  | ({ readonly event: "settlement_unknown"; readonly fault: string; readonly ms: number } & PaymentFields)
  | ({ readonly event: "payment_verified" } & PaymentFields)
  | ({ readonly event: "payment_spent" } & PaymentFields)
  | ({ readonly event: "payment_looked_up"; readonly code: ErrorCode } & PaymentFields)
  /** The origin's answer was none to charge for. */
  | ({ readonly event: "origin_declined"; readonly status: number } & PaymentFields)
  | { readonly event: "grant_refused"; readonly code: ErrorCode; readonly path: string }
  | { readonly event: "proof_forwarded"; readonly transaction: string; readonly path: string }
  | { readonly event: "internal_error"; readonly error: string };
