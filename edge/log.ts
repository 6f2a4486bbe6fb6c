/**
 * The edge's log: one line a decision, from a closed set. Never a signature, token, key or body.
 *
 * A payment's lines all have its `order`, and its `transaction` from the moment that somebody names one.
 */

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
      /** Of the payment that was refused, if one was. */
      readonly order: string | null;
    }
  | { readonly event: "quote_given"; readonly path: string; readonly amount: string }
  | ({
      readonly event: "payment_refused";
      readonly code: ErrorCode;
      readonly by: "edge" | "facilitator";
    } & PaymentFields)
  /** Before the facilitator is asked, so that a function which is cut off leaves a trace. */
  | ({ readonly event: "verification_started" } & PaymentFields)
  | ({ readonly event: "facilitator_unavailable"; readonly fault: string } & PaymentFields)
  /** Before it is handed over: from here on the money may move, whatever else is heard. */
  | ({ readonly event: "settlement_submitted" } & PaymentFields)
  | ({ readonly event: "payment_settled"; readonly transaction: string; readonly ms: number } & PaymentFields)
  | ({
      readonly event: "settlement_unknown";
      readonly fault: string;
      readonly ms: number;
      /** What the facilitator named, and confirmed or not. */
      readonly transaction: string | null;
    } & PaymentFields)
  | ({ readonly event: "payment_verified" } & PaymentFields)
  /** Left to the origin by an edge that settles. */
  | ({ readonly event: "payment_deferred"; readonly why: "low_credit" | "owned" } & PaymentFields)
  | ({ readonly event: "payment_spent" } & PaymentFields)
  | ({ readonly event: "payment_looked_up"; readonly code: ErrorCode } & PaymentFields)
  /** The origin's answer was none to charge for. */
  | ({ readonly event: "origin_declined"; readonly status: number } & PaymentFields)
  /** The origin's answer leaves, paid for. */
  | ({
      readonly event: "content_returned";
      readonly status: number;
      readonly transaction: string;
    } & PaymentFields)
  | { readonly event: "grant_refused"; readonly code: ErrorCode; readonly path: string }
  | { readonly event: "proof_forwarded"; readonly transaction: string; readonly path: string }
  | { readonly event: "internal_error"; readonly error: string };

/**
 * Takes a decision, and the id of the trace that it belongs to: 32 hex digits, which need not be made before they are
 * told.
 */
export type TracedLog = (event: LogEvent, traceId: () => string) => void;

/** The same as one object, as the line of it is. */
export type TracedLogEvent = LogEvent & { readonly trace_id: string };
