/** The flow's endings, each a whole answer or a forwarded request, and each with its line in the log. */

import { type ChallengeTerms, challenge, type Issuing } from "../protocol/challenge.ts";
import { type ErrorCode, type ProblemDetails, problem } from "../protocol/errors.ts";
import {
  GRANT_ID_BYTES,
  type GrantedPayment,
  type GrantedProof,
  type GrantedSettlement,
  signGrant,
} from "../protocol/grant.ts";
import { CORS_HEADERS, HEADER, INTERNAL_PREFIX, NO_STORE, PAYMENT_HEADERS } from "../protocol/headers.ts";
import type { Hex } from "../protocol/hex.ts";
import { INVOICE_ID_BYTES } from "../protocol/invoice.ts";
import type { Offer } from "../protocol/offer.ts";
import { orderId } from "../protocol/order.ts";
import type { Payment } from "../protocol/payment.ts";
import { receiptHeader } from "../protocol/receipt.ts";
import { networksOf, termsOf } from "../protocol/terms.ts";
import type { Payable } from "./check.ts";
import type { Forward, GateResult, Respond } from "./http.ts";
import type { RequestRefusal } from "./payment-headers.ts";
import type { Ports } from "./ports.ts";
import { firstChallenge } from "./remembered.ts";
import type { FreeRequest, PricedRequest, ReadRefusal } from "./request.ts";

/** Headers that some servers let override the method or path that was paid for. */
const OVERRIDES: readonly string[] = [
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
  "x-original-url",
  "x-rewrite-url",
];

/** The edge's own `traceparent` goes on; other systems' notes on the client's span mean nothing behind it. */
const TRACE_HEADERS: readonly string[] = [HEADER.traceparent, HEADER.tracestate];

/** Whether a viewer's header must not reach the origin. */
export function isStripped(name: string): boolean {
  if (name.startsWith(INTERNAL_PREFIX)) return true;
  return [PAYMENT_HEADERS, OVERRIDES, TRACE_HEADERS].some((names) => names.includes(name));
}

/** Seconds after which asking again makes sense when the facilitator did not answer. */
const RETRY_AFTER_SECONDS = "2";

export interface PaidForward extends Payable {
  readonly asked: PricedRequest;
  readonly payment: Payment;
  readonly replayKeys: readonly Hex[];
  readonly settlement: GrantedSettlement;
  readonly timings: GrantedPayment["timings"];
  /** Why a settlement is unknown, and the transaction that the facilitator named all the same. */
  readonly fault?: string;
  readonly named?: Hex | undefined;
}

export function refuseRequest(ports: Ports, refusal: ReadRefusal): Respond {
  const { code, allow, preflight, ...details } = refusal;
  if (preflight === true) return preflightAnswer(allow ?? "");
  ports.log({ event: "request_refused", code });
  return respondProblem(code, details, allow === undefined ? {} : { allow });
}

/** A payment that can't be read. Where another one would be taken the terms go with the refusal: a 402 without is no use. */
export function refuseUnread(ports: Ports, asked: PricedRequest, refusal: RequestRefusal): Respond {
  return problem(refusal.code).status === 402 ? payUp(ports, asked, refusal) : refuseRequest(ports, refusal);
}

/** The 402 challenge, with a fresh invoice. @param order of the payment that it answers */
export function payUp(
  ports: Ports,
  asked: PricedRequest,
  why: { readonly code: ErrorCode } & ProblemDetails,
  headers: Readonly<Record<string, string>> = {},
  order: string | null = null,
): Respond {
  const { config, invoiceKeys } = ports;
  const { code, ...details } = why;
  const { price } = asked.offer;
  const [first, ...others] = asked.offers;
  const terms = (offer: Offer) => termsOf(config, offer, asked.path, offer.price);
  const named = (): ChallengeTerms => ({
    networks: networksOf(config, first),
    terms: [terms(first), ...others.map(terms)],
    serviceName: config.serviceName,
    code,
    details,
  });
  const issuing: Issuing = {
    fingerprint: asked.fingerprint,
    invoiceKeys,
    invoiceTtlSeconds: config.invoiceTtlSeconds,
    newInvoiceId: () => ports.randomBytes(INVOICE_ID_BYTES),
    now: Math.floor(ports.now() / 1_000),
  };
  const isFirst = code === "payment_required" && Object.keys(details).length === 0;
  const answer = isFirst
    ? firstChallenge(asked.offers, named, issuing)
    : challenge({ ...named(), ...issuing });
  ports.log({ event: "challenge_issued", code, path: asked.path, amount: price.toString(), order });
  return {
    kind: "respond",
    status: 402,
    headers: { ...answer.headers, ...headers },
    body: asked.isHead ? "" : answer.body,
  };
}

/** A payment that buys nothing: 402 with a fresh challenge and the failed receipt, or the code's own status. */
export function refusePayment(
  ports: Ports,
  { asked, payment }: { readonly asked: PricedRequest; readonly payment: Payment },
  code: ErrorCode,
  by: "edge" | "facilitator",
  reason?: string,
): Respond {
  const fields = logFields(payment, null);
  if (code === "facilitator_unavailable") {
    ports.log({ event: "facilitator_unavailable", fault: reason ?? "unknown", ...fields });
    return respondProblem(code, {}, { "retry-after": RETRY_AFTER_SECONDS });
  }
  ports.log({ event: "payment_refused", code, by, ...fields });
  if (problem(code).status !== 402) return respondProblem(code, {});
  const { x402Version, network, authorization } = payment;
  const receipt = receiptHeader(
    { x402Version, network, payer: authorization.from },
    { success: false, errorReason: code },
  );
  return payUp(
    ports,
    asked,
    { code, ...(reason === undefined ? {} : { detail: `Reason: ${reason}.` }) },
    receipt,
    fields.order,
  );
}

/** Nothing is known of a payment that may have been taken: the same one is to be sent again, and no other. */
export function respondUnresolved(): Respond {
  return respondProblem("payment_unresolved", {}, { "retry-after": RETRY_AFTER_SECONDS });
}

/** To an origin that answers it without a payment, or knows what to ask for. */
export async function forwardFree(ports: Ports, asked: FreeRequest | PricedRequest): Promise<Forward> {
  return forward(ports, asked, null);
}

export async function forwardPaid(ports: Ports, paid: PaidForward): Promise<GateResult> {
  const {
    asked,
    payment,
    invoiceId,
    replayKeys,
    settlement,
    timings,
    fault = "unknown",
    named = null,
  } = paid;
  const fields = logFields(payment, invoiceId);
  const ms = timings.settle ?? 0;
  switch (settlement.state) {
    case "settled":
      ports.log({ event: "payment_settled", transaction: settlement.transaction, ms, ...fields });
      break;
    case "unknown":
      ports.log({ event: "settlement_unknown", fault, ms, transaction: named, ...fields });
      break;
    case "verified":
      ports.log({ event: "payment_verified", ...fields });
      break;
    case "deferred":
      ports.log({ event: "payment_deferred", why: asked.offer.owned ? "owned" : "low_credit", ...fields });
      break;
    case "spent":
    case "contested":
      ports.log({ event: "payment_spent", ...fields });
      break;
    case "lookup":
      ports.log({ event: "payment_looked_up", code: settlement.code, ...fields });
      break;
  }
  const { x402Version, network, authorization } = payment;
  return forward(ports, asked, {
    x402Version,
    network,
    authorization,
    invoiceId,
    replayKeys,
    settlement,
    timings,
  });
}

export async function forwardProof(
  ports: Ports,
  asked: PricedRequest,
  proof: GrantedProof,
): Promise<Forward> {
  ports.log({ event: "proof_forwarded", transaction: proof.transaction, path: asked.path });
  return forward(ports, asked, null, proof);
}

async function forward(
  ports: Ports,
  { path, query, fingerprint }: FreeRequest | PricedRequest,
  payment: GrantedPayment | null,
  proof: GrantedProof | null = null,
): Promise<Forward> {
  const now = Math.floor(ports.now() / 1_000);
  const id = Buffer.from(ports.randomBytes(GRANT_ID_BYTES)).toString("base64url");
  const grant = await signGrant({ id, fingerprint, payment, proof }, ports.grantKeys, now);
  return { kind: "forward", path, query, setHeaders: { [HEADER.grant]: grant } };
}

function preflightAnswer(allow: string): Respond {
  return {
    kind: "respond",
    status: 204,
    headers: {
      ...CORS_HEADERS,
      "access-control-allow-methods": allow,
      "access-control-allow-headers":
        "Authorization, Content-Type, Traceparent, PAYMENT-SIGNATURE, X-PAYMENT, X-Invoice-Id, X-Agent-ID, " +
        "X-Payment-Receipt, X-Payment-Proof, X-Payment-Signer, Idempotency-Key, SIGN-IN-WITH-X, Prefer, " +
        "X-Fallback-Region, " +
        "Access-Control-Expose-Headers",
      "access-control-max-age": "86400",
    },
    body: "",
  };
}

export function respondProblem(
  code: ErrorCode,
  details: ProblemDetails,
  headers: Readonly<Record<string, string>> = {},
): Respond {
  const body = problem(code, details);
  return {
    kind: "respond",
    status: body.status,
    headers: { "content-type": "application/problem+json", ...NO_STORE, ...CORS_HEADERS, ...headers },
    body: JSON.stringify(body),
  };
}

export function logFields(payment: Payment, invoice: string | null) {
  const { network, authorization } = payment;
  const { from, nonce, value } = authorization;
  return {
    order: orderId({ network, payer: from, nonce }),
    payer: from,
    chain: network.chain,
    amount: value.toString(),
    invoice,
  };
}
