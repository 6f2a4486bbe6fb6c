/**
 * The gateway's one flow: challenge → check → verify → settle → forward.
 *
 * It answers 402 only where nothing that was signed can still be taken. Whatever might have been taken goes on to the
 * origin, which has the time, the ledger and the chain to find out.
 */

import type { Credit } from "../protocol/credit.ts";
import type { FacilitatorRequest } from "../protocol/facilitator.ts";
import type { GrantedSettlement, LookupCode } from "../protocol/grant.ts";
import type { Hex } from "../protocol/hex.ts";
import type { Payment } from "../protocol/payment.ts";
import type { RejectionReason } from "../protocol/settlement.ts";
import { termsOf } from "../protocol/terms.ts";
import {
  forwardFree,
  forwardPaid,
  forwardProof,
  logFields,
  type PaidForward,
  payUp,
  refusePayment,
  refuseRequest,
  refuseUnread,
} from "./answers.ts";
import { checkPayment, type Payable } from "./check.ts";
import type { GateRequest, GateResult } from "./http.ts";
import { answerUnforwarded } from "./look-up.ts";
import { readPayment } from "./payment-headers.ts";
import type { GatePorts, Ports } from "./ports.ts";
import { readProof } from "./proof.ts";
import { quote } from "./quote.ts";
import { type PricedRequest, readRequest } from "./request.ts";

/** Kept back for signing the grant and returning. Milliseconds. */
const RESERVE_MS = 150;

/** Less than this is too little to begin settling at the edge; the origin does it instead. Milliseconds. */
const MIN_SETTLE_MS = 300;

/** What an upfront payment waits for word of our credit, having no `/verify` to ask behind. Milliseconds. */
const CREDIT_MS = 250;

export async function gate(request: GateRequest, ports: GatePorts): Promise<GateResult> {
  const deadline = ports.now() + ports.config.budgets.edgeMs;
  const read = readRequest(request, ports.config);
  if (!read.ok) return refuseRequest(ports, read.reason);
  if (read.value.kind === "free") return forwardFree(ports, read.value);
  if (read.value.isDryRun) return quote(ports, read.value, request.headers);

  const payment = readPayment(request.headers);
  if (!payment.ok) return refuseUnread(ports, read.value, payment.reason);
  if (payment.value === null) return withoutPayment(request, read.value, ports);
  const asked = paidBy(payment.value.payment, read.value);
  if (asked.isHead) return refuseRequest(ports, { code: "method_not_allowed", detail: "Pay with GET." });

  const checked = checkPayment({
    payment: payment.value.payment,
    invoiceHeader: payment.value.invoice,
    offer: asked.offer,
    fingerprint: asked.fingerprint,
    networks: ports.config.networks,
    invoiceKeys: ports.invoiceKeys,
    maxTimeoutSeconds: ports.config.maxTimeoutSeconds,
    now: Math.floor(ports.now() / 1_000),
  });
  const { replayKeys } = payment.value;
  const paying = { asked, payment: payment.value.payment, replayKeys };
  if (!checked.ok) return refusePayment(ports, paying, checked.reason, "edge");
  return settle(ports, { ...paying, ...checked.value }, deadline);
}

/** What is paid chooses among several offers. */
function paidBy({ authorization }: Payment, asked: PricedRequest): PricedRequest {
  const offer = asked.offers.find(({ price }) => price === authorization.value) ?? asked.offer;
  return { ...asked, offer };
}

/** No authorization to settle: perhaps a transaction has paid already, else it is time to name the price. */
async function withoutPayment(request: GateRequest, asked: PricedRequest, ports: Ports): Promise<GateResult> {
  const proof = readProof(request.headers, asked.fingerprint, ports);
  if (!proof.ok) return refuseUnread(ports, asked, proof.reason);
  const { owned } = asked.offer;
  if (proof.value === null && owned) return forwardFree(ports, asked);
  if (proof.value === null || asked.isHead) return payUp(ports, asked, { code: "payment_required" });
  if (ports.config.settle === "origin-response" || owned) {
    // Behind such a gateway nobody counts how often a hash is shown. And whose eSIM it is should be known before any
    // money moves.
    const detail = "Payments by transaction hash are not taken here.";
    return refuseRequest(ports, { code: "payment_proof_malformed", detail });
  }
  return forwardProof(ports, asked, proof.value);
}

type Paying = Payable & Pick<PaidForward, "payment" | "replayKeys"> & { readonly asked: PricedRequest };

async function settle(ports: GatePorts, paying: Paying, deadline: number): Promise<GateResult> {
  const timings: { verify?: number; settle?: number } = {};
  const { budgets, settle: settler } = ports.config;
  const { owned } = paying.asked.offer;
  const fields = logFields(paying.payment, paying.invoiceId);
  const forward = async (
    settlement: GrantedSettlement,
    unclear: Pick<PaidForward, "fault" | "named"> = {},
  ): Promise<GateResult> => {
    // An origin that knows nothing of payments could do nothing with any other.
    if (settler === "origin-response" && settlement.state !== "verified") {
      return answerUnforwarded(ports, paying, settlement, deadline - RESERVE_MS);
    }
    return forwardPaid(ports, { ...paying, settlement, timings, ...unclear });
  };
  const unknown = (fault: string, named?: Hex) =>
    forward({ state: "unknown", signature: paying.payment.signature }, { fault, named });

  if (paying.lookup !== null) return forward({ state: "lookup", code: paying.lookup });

  const settles = settler === "edge" && !owned;
  // Asked beside `/verify`. What is not known when that is done counts for nothing.
  const heard: { credit: Credit } = { credit: "unknown" };
  if (settles && paying.asked.offer.goods.kind === "esims") {
    const by = ports.config.upfront ? ports.now() + CREDIT_MS : deadline;
    const hearing = ports.credit(by).then((credit) => {
      heard.credit = credit;
    });
    if (ports.config.upfront) await hearing;
  }
  const upfront = ports.config.upfront && settles && heard.credit !== "low";

  const verifyStart = ports.now();
  if (!upfront) ports.log({ event: "verification_started", ...fields });
  // Settling checks all that verifying does; what it costs to skip is the distinction between spent and contested.
  const verified = upfront
    ? ({ kind: "valid" } as const)
    : await ports.facilitator.verify(
        ask(ports, paying, Math.min(budgets.verifyMs, deadline - RESERVE_MS - verifyStart)),
      );
  if (!upfront) timings.verify = ports.now() - verifyStart;
  switch (verified.kind) {
    case "valid":
      break;
    case "spent":
      return forward({ state: "spent" });
    case "rejected":
      return reject(ports, paying, verified.reason, forward);
    case "unavailable":
      return refusePayment(ports, paying, "facilitator_unavailable", "facilitator", verified.fault);
  }
  const { signature } = paying.payment;
  if (settler !== "edge") return forward({ state: "verified", signature });
  // The origin finds out whether it can be delivered before it takes money for it.
  if (owned || heard.credit === "low") return forward({ state: "deferred", signature });

  const settleStart = ports.now();
  const settleMs = deadline - RESERVE_MS - settleStart;
  if (settleMs < MIN_SETTLE_MS) return unknown("no_time_left");
  ports.log({ event: "settlement_submitted", ...fields });
  const settled = await ports.facilitator.settle(ask(ports, paying, settleMs));
  timings.settle = ports.now() - settleStart;
  switch (settled.kind) {
    case "settled":
      return forward({ state: "settled", transaction: settled.transaction });
    case "spent":
      return forward({ state: "contested" });
    case "rejected":
      return reject(ports, paying, settled.reason, forward);
    case "unknown":
      return unknown(settled.fault, settled.transaction);
  }
}

function ask({ config }: Ports, paying: Paying, timeoutMs: number): FacilitatorRequest {
  const { payment, accepted, price, asked } = paying;
  return { payment, accepted, terms: termsOf(config, asked.offer, asked.path, price), timeoutMs };
}

/** A payment that already bought something can fail in some of the ways a fresh one fails: those are looked up first. */
async function reject(
  ports: Ports,
  paying: Paying,
  reason: RejectionReason,
  forward: (settlement: GrantedSettlement) => Promise<GateResult>,
): Promise<GateResult> {
  const code = lookupCode(reason);
  if (code !== null) return forward({ state: "lookup", code });
  return refusePayment(ports, paying, "payment_rejected", "facilitator", reason);
}

function lookupCode(reason: RejectionReason): LookupCode | null {
  switch (reason) {
    case "insufficient_funds":
      return "insufficient_funds";
    case "expired":
      return "payment_expired";
    case "other":
      return "facilitator_unavailable";
    case "invalid_signature":
    case "not_yet_valid":
    case "terms":
    case "compliance":
    case "unsupported_wallet":
      return null;
  }
}
