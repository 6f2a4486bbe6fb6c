/**
 * The origin-response flow, for an origin that knows nothing of payments: it has answered a request that viewer-request
 * verified and did not settle, and its answer leaves only once the money is taken.
 *
 * Nothing settles for an answer of 400 and above, so a failing origin costs nobody anything. Nothing is known of the
 * body: one that breaks off after its headers has been paid for.
 */

import type { ErrorCode } from "../protocol/errors.ts";
import type { GrantedPayment } from "../protocol/grant.ts";
import { verifyGrant } from "../protocol/grant-reader.ts";
import { HEADER } from "../protocol/headers.ts";
import { paymentKey } from "../protocol/order.ts";
import type { Payment } from "../protocol/payment.ts";
import { receiptHeader } from "../protocol/receipt.ts";
import { termsOf } from "../protocol/terms.ts";
import { logFields, refusePayment, respondProblem, respondUnresolved } from "./answers.ts";
import { type GateRequest, type Respond, single } from "./http.ts";
import type { OriginResponsePorts } from "./ports.ts";
import { type PricedRequest, readRequest } from "./request.ts";
import { type Settlement, settleOnce } from "./settle-once.ts";

export interface OriginExchange {
  /** As it went to the origin, with the grant; it has no body. */
  readonly request: GateRequest;
  /** Of the origin's answer. */
  readonly status: number;
}

export type Verdict =
  /** The origin's answer leaves as it is. */
  | { readonly kind: "pass" }
  /** It leaves with the receipt, and out of every cache. */
  | { readonly kind: "paid"; readonly receipt: Readonly<Record<string, string>> }
  /** Nothing of it leaves, neither body nor headers. */
  | { readonly kind: "withhold"; readonly answer: Respond };

const FIRST_ERROR_STATUS = 400;

export async function originResponse(
  { request, status }: OriginExchange,
  ports: OriginResponsePorts,
): Promise<Verdict> {
  const deadline = ports.now() + ports.config.budgets.originResponseMs;
  const read = readRequest(request, ports.config);
  const asked = read.ok && read.value.kind === "priced" ? read.value : null;
  const token = single(request.headers, HEADER.grant);
  if (token === undefined) {
    return asked === null ? { kind: "pass" } : refuseGrant(ports, request.path, "grant_required");
  }

  const now = Math.floor(ports.now() / 1_000);
  const grant = typeof token === "string" ? await verifyGrant(token, ports.grantKeys, now) : null;
  if (!grant?.ok || asked === null || grant.value.fingerprint !== asked.fingerprint) {
    return refuseGrant(ports, request.path, "grant_invalid");
  }
  const { payment: granted } = grant.value;
  // Whatever else a grant can say is answered at viewer-request: none of it has a buyer waiting for this answer.
  if (granted?.settlement.state !== "verified") return refuseGrant(ports, request.path, "grant_invalid");

  const payment = paymentOf(granted, granted.settlement.signature);
  if (status >= FIRST_ERROR_STATUS) {
    ports.log({ event: "origin_declined", status, ...logFields(payment, granted.invoiceId) });
    return { kind: "pass" };
  }
  return settle(ports, { asked, payment, invoiceId: granted.invoiceId, status }, deadline);
}

interface Settling {
  readonly asked: PricedRequest;
  readonly payment: Payment;
  readonly invoiceId: string | null;
  /** Of the origin's answer. */
  readonly status: number;
}

async function settle(ports: OriginResponsePorts, settling: Settling, deadline: number): Promise<Verdict> {
  const { config, now } = ports;
  const { asked, payment, invoiceId } = settling;
  const { network, authorization } = payment;
  const accepted = config.networks.find(({ chain }) => chain === network);
  if (accepted === undefined) return refuseGrant(ports, asked.path, "grant_invalid");

  const started = now();
  const terms = termsOf(config, asked.offer, asked.path, authorization.value);
  ports.log({ event: "settlement_submitted", ...logFields(payment, invoiceId) });
  const settlement = await settleOnce({ payment, accepted, terms }, ports, deadline);
  return conclude(ports, settling, settlement, now() - started);
}

/** @param ms that the settlement took */
function conclude(
  ports: OriginResponsePorts,
  { asked, payment, invoiceId, status }: Settling,
  settlement: Settlement,
  ms: number,
): Verdict {
  const { x402Version, network, authorization } = payment;
  const payer = authorization.from;
  const fields = logFields(payment, invoiceId);
  const refuse = (code: ErrorCode, reason?: string): Verdict => ({
    kind: "withhold",
    answer: refusePayment(ports, { asked, payment }, code, "facilitator", reason),
  });
  switch (settlement.kind) {
    case "paid": {
      const { transaction } = settlement;
      if (!ports.claim(paymentKey({ network, payer, nonce: authorization.nonce }))) {
        return refuse("payment_already_used");
      }
      ports.log({ event: "payment_settled", transaction, ms, ...fields });
      ports.log({ event: "content_returned", status, transaction, ...fields });
      const receipt = receiptHeader({ x402Version, network, payer }, { success: true, transaction });
      return { kind: "paid", receipt };
    }
    case "already_used":
      return refuse("payment_already_used");
    case "rejected":
      return settlement.reason === "insufficient_funds"
        ? refuse("insufficient_funds")
        : refuse("payment_rejected", settlement.reason);
    case "void":
      return refuse("payment_void");
    case "unavailable":
      return refuse("facilitator_unavailable", settlement.fault);
    case "unresolved":
      ports.log({ event: "settlement_unknown", fault: settlement.fault, ms, transaction: null, ...fields });
      return { kind: "withhold", answer: respondUnresolved() };
  }
}

/** A grant can't be brought along, so this is no client's doing: a key or a route is set up wrongly, or time ran out. */
function refuseGrant(
  ports: OriginResponsePorts,
  path: string,
  code: "grant_required" | "grant_invalid",
): Verdict {
  ports.log({ event: "grant_refused", code, path });
  return { kind: "withhold", answer: respondProblem(code, {}) };
}

function paymentOf(
  { x402Version, network, authorization }: GrantedPayment,
  signature: Payment["signature"],
): Payment {
  return { x402Version, network, authorization, signature, accepted: null, identifier: null };
}
