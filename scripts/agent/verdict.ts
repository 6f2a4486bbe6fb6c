/**
 * What the answers to one paid request say about the money and the goods. Pure.
 *
 * The rule: money counts as safe only where an answer says so, or where nothing could have been submitted. A failure
 * that says nothing leaves a doubt, and a later refusal that says nothing does not clear it.
 */

import type { PaymentState } from "../../protocol/errors.ts";
import { definiteReason } from "../../protocol/settlement.ts";
import { parseChallenge } from "./challenge.ts";
import type { Answer, Reply } from "./http.ts";
import type { Outcome } from "./outcome.ts";
import { describeAnswer, mayResend, problemOf } from "./problem.ts";
import { type ReceiptReading, readReceipt } from "./receipt.ts";
import type { Exchange } from "./session.ts";
import type { SignedPayment } from "./sign.ts";

export interface Verdict {
  readonly outcome: Outcome;
  readonly detail: string;
  readonly paymentState: PaymentState;
}

/** Judges the end of a paid exchange. The `earlier` failures are what may have left a doubt. */
export function judge({ last, earlier }: Exchange, payment: SignedPayment): Verdict {
  const doubt = earlier.some((reply) => paymentStateOf(reply, payment) !== "unused");
  const state = paymentStateOf(last, payment);
  if (last.kind === "fault") {
    if (state === "unused" && !doubt) {
      return { outcome: "server_failed", detail: failed(last.reason), paymentState: "unused" };
    }
    return unknown(payment, `The answer to the payment never came: ${last.reason}.`);
  }
  const { status } = last;
  if (status >= 200 && status < 300 && (status !== 202 || state === "settled")) {
    return { outcome: "bought", detail: "Paid and delivered.", paymentState: "settled" };
  }
  const answered = `The server answered ${describeAnswer(last)}.`;
  if (state === "settled" || state === "refunded") return undelivered(state, answered);
  if (state === "in_flight") return unknown(payment, answered);
  if (state === "unused" && (!doubt || status === 402)) return refusal(last, payment, answered);
  if (state === undefined && !doubt && isClientError(status)) return refusal(last, payment, answered);
  return unknown(payment, answered);
}

/** The third outcome: neither taken for certain nor safe. What to do is to look, not to pay again. */
export function unknown(payment: SignedPayment, because: string): Verdict {
  const until = new Date(Number(payment.validBefore) * 1_000).toISOString();
  const detail = `${because} The money may be in flight: until ${until} the authorization can be used. Don't pay again before you have looked, after that, whether it was.`;
  return { outcome: "outcome_unknown", detail, paymentState: "in_flight" };
}

export function undelivered(paymentState: "settled" | "refunded", because: string): Verdict {
  if (paymentState === "refunded") {
    return { outcome: "refunded", detail: `${because} The money was refunded.`, paymentState };
  }
  return { outcome: "settled_not_delivered", detail: `${because} The money was taken.`, paymentState };
}

/** Judges the end of an unpaid exchange that did not end with a 402. */
export function judgeUnpaid({ last }: Exchange): Verdict {
  const paymentState = "unused";
  if (last.kind === "fault") return { outcome: "server_failed", detail: failed(last.reason), paymentState };
  if (last.status >= 200 && last.status < 300) {
    return { outcome: "free", detail: "The server asked for no payment.", paymentState };
  }
  const detail = `The server answered ${describeAnswer(last)}. Nothing was paid.`;
  return { outcome: failureOrRefusal(last), detail, paymentState };
}

function refusal(answer: Answer, payment: SignedPayment, answered: string): Verdict {
  const detail = `${answered} No money was taken.`;
  const paymentState = "unused";
  if (answer.status !== 402) return { outcome: failureOrRefusal(answer), detail, paymentState };
  const broke = reasonsOf(answer, readReceipt(answer.headers, payment)).some(
    (reason) => definiteReason(reason) === "insufficient_funds",
  );
  return { outcome: broke ? "insufficient_funds" : "payment_rejected", detail, paymentState };
}

function failureOrRefusal(answer: Answer): "server_failed" | "refused" {
  return answer.status >= 500 || mayResend(answer) ? "server_failed" : "refused";
}

/** 429 is the network's fault rather than the request's, and says nothing about the money. */
function isClientError(status: number): boolean {
  return status >= 400 && status < 500 && status !== 429;
}

function failed(reason: string): string {
  return `There was no usable answer: ${reason}. Nothing was paid.`;
}

/** What a reply says about the money; undefined where it says nothing. */
export function paymentStateOf(reply: Reply, payment: SignedPayment): PaymentState | undefined {
  if (reply.kind === "fault") return reply.sent ? undefined : "unused";
  const receipt = readReceipt(reply.headers, payment);
  // Money that came back was settled before, so its answer may well hold a receipt.
  if (problemOf(reply).payment_state === "refunded") return "refunded";
  if (receipt?.success === true) return "settled";
  const reasons = reasonsOf(reply, receipt);
  if (receipt?.submitted === true || reasons.includes("settlement_pending")) return "in_flight";
  const said = problemOf(reply).payment_state;
  if (said !== undefined) return said;
  // A used nonce that nobody explains may well have been used by an earlier attempt of ours.
  return reasons.some((reason) => definiteReason(reason) === "spent") ? "in_flight" : undefined;
}

/** Every reason that an answer gives: in its problem body, its challenge, its failed receipt. */
function reasonsOf(answer: Answer, receipt: ReceiptReading | null): readonly string[] {
  const { code, error } = problemOf(answer);
  const challenge = answer.status === 402 ? parseChallenge(answer) : undefined;
  const challenged = challenge?.ok === true ? challenge.value.error : undefined;
  const settling = receipt?.success === false ? receipt.reason : undefined;
  return [code, error, challenged, settling].filter((reason) => reason !== undefined);
}
