/** Finds the one payment among the headers. Two of them, of whatever kind, are an error: each side would pick another. */

import type { ErrorCode, ProblemDetails } from "../protocol/errors.ts";
import { parseIdempotencyKey } from "../protocol/extensions/idempotency-key.ts";
import { replayDigest } from "../protocol/extensions/replay-digest.ts";
import { HEADER } from "../protocol/headers.ts";
import type { Hex } from "../protocol/hex.ts";
import { type Payment, parsePayment, type X402Version } from "../protocol/payment.ts";
import { fail, ok, type Result } from "../protocol/result.ts";
import { type GateRequest, single } from "./http.ts";

export interface SentPayment {
  readonly payment: Payment;
  readonly invoice: string | undefined;
  /** Digests of the names that the client gave this payment, or this request. */
  readonly replayKeys: readonly Hex[];
}

export type RequestRefusal = { readonly code: ErrorCode } & ProblemDetails;

/** Null when no payment was sent. */
export function readPayment(headers: GateRequest["headers"]): Result<SentPayment | null, RequestRefusal> {
  const v2 = single(headers, HEADER.paymentSignature);
  const v1 = single(headers, HEADER.xPayment);
  const invoice = single(headers, HEADER.invoice);
  if (typeof v2 === "object" || typeof v1 === "object" || typeof invoice === "object") {
    return fail({ code: "payment_header_conflict", detail: "A payment header stands there twice." });
  }
  if (v2 !== undefined && v1 !== undefined) {
    const detail = "Send PAYMENT-SIGNATURE or X-PAYMENT, not both.";
    return fail({ code: "payment_header_conflict", detail });
  }
  const header = v2 ?? v1;
  if (header === undefined) return ok(null);
  const version: X402Version = v2 === undefined ? 1 : 2;
  const payment = parsePayment(header, version);
  if (!payment.ok) return payment;
  const idempotencyKey = readIdempotencyKey(headers);
  if (!idempotencyKey.ok) return idempotencyKey;
  const { identifier } = payment.value;
  const replayKeys = [
    ...(identifier === null ? [] : [replayDigest("payment-identifier", identifier)]),
    ...(idempotencyKey.value === null ? [] : [replayDigest("idempotency-key", idempotencyKey.value)]),
  ];
  return ok({ payment: payment.value, invoice, replayKeys });
}

function readIdempotencyKey(headers: GateRequest["headers"]): Result<string | null, RequestRefusal> {
  const header = single(headers, HEADER.idempotencyKey);
  if (header === undefined) return ok(null);
  const key =
    typeof header === "object" ? fail("idempotency_key_malformed" as const) : parseIdempotencyKey(header);
  return key.ok
    ? key
    : fail({ code: key.reason, detail: "One string of 16 to 255 visible ASCII characters." });
}
