/** Finds the one payment among the headers. Two of them, of whatever kind, are an error: each side would pick another. */

import type { ErrorCode, ProblemDetails } from "../protocol/errors.ts";
import { HEADER } from "../protocol/headers.ts";
import { type Payment, parsePayment, type X402Version } from "../protocol/payment.ts";
import { fail, ok, type Result } from "../protocol/result.ts";
import { type GateRequest, single } from "./http.ts";

export interface SentPayment {
  readonly payment: Payment;
  readonly invoice: string | undefined;
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
  return payment.ok ? ok({ payment: payment.value, invoice }) : payment;
}
