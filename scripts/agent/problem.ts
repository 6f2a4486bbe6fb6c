/**
 * What an error answer says for programs: RFC 9457 problem details with edge402's `retry_action` and `payment_state`.
 * Other servers may send none of it, so each field stands alone.
 */

import * as v from "valibot";
import type { PaymentState, RetryAction } from "../../protocol/errors.ts";
import { type Answer, jsonOf, type Reply } from "./http.ts";

const retryActions = [
  "resign",
  "retry_same_payment",
  "poll",
  "wait_and_retry",
  "abandon",
  "human_required",
] as const satisfies readonly RetryAction[];

const paymentStates = [
  "unused",
  "in_flight",
  "settled",
  "refunded",
] as const satisfies readonly PaymentState[];

const text = v.fallback(v.optional(v.pipe(v.string(), v.maxLength(500))), undefined);

const schema = v.object({
  code: text,
  title: text,
  detail: text,
  /** What a v1 challenge calls its reason. */
  error: text,
  retry_action: v.fallback(v.optional(v.picklist(retryActions)), undefined),
  payment_state: v.fallback(v.optional(v.picklist(paymentStates)), undefined),
});

export type ProblemAnswer = v.InferOutput<typeof schema>;

/** The fields that are there and well formed; none of them when the body is no JSON object. */
export function problemOf(answer: Answer): ProblemAnswer {
  const parsed = v.safeParse(schema, jsonOf(answer)?.value);
  return parsed.success ? parsed.output : {};
}

/** "503 The service is not ready (not_ready)", without a full stop. */
export function describeAnswer(answer: Answer): string {
  const { code, title, detail } = problemOf(answer);
  const sentence = (detail ?? title)?.replace(/\.$/, "");
  return [answer.status, sentence, code === undefined ? undefined : `(${code})`]
    .filter((part) => part !== undefined)
    .join(" ");
}

/** Whether an answer names an order in `Location` that is still to be asked for: a 202, or an error that says `poll`. */
export function mustPoll(answer: Answer): boolean {
  if (!answer.headers.has("location")) return false;
  return answer.status === 202 || (answer.status >= 400 && problemOf(answer).retry_action === "poll");
}

/**
 * Whether the very same request, payment included, may be sent again. A 402 never allows it: it answers the payment.
 * `resign` counts as no: this agent signs once, and whoever runs it decides on another purchase.
 */
export function mayResend(reply: Reply): boolean {
  if (reply.kind === "fault") return true;
  if (reply.status < 400 || reply.status === 402 || mustPoll(reply)) return false;
  const action = problemOf(reply).retry_action;
  if (action === undefined) return reply.status >= 500 || reply.status === 429;
  return action === "retry_same_payment" || action === "wait_and_retry" || action === "poll";
}
