/**
 * The x402 facilitator's `/verify` and `/settle`: what is sent and how an answer is read. The transport is a parameter.
 *
 * Every payment goes out as v2, rebuilt from parsed values and our own terms: CDP takes v1 on few networks, and the
 * EIP-712 message that the payer signed is the same in both versions.
 */

import type { AcceptedNetwork } from "./config.ts";
import { isEcdsaSignature } from "./eip3009.ts";
import { anyText, attempt, type Fields, fieldsOf, flag, nullish } from "./fields.ts";
import { checksumAddress, type Hex, parseBytes32 } from "./hex.ts";
import type { Network } from "./network.ts";
import type { Payment } from "./payment.ts";
import { requirementsV2, type Terms } from "./requirements.ts";
import { definiteReason, type SettleOutcome, type VerifyOutcome } from "./settlement.ts";
import { parseJson } from "./text.ts";

/** One POST. Every way in which it can go wrong is a value, so that none is mistaken for an answer. */
export type PostJson = (request: {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
}) => Promise<PostResult>;

export type PostResult =
  | { readonly kind: "answer"; readonly status: number; readonly body: string }
  | { readonly kind: "fault"; readonly fault: TransportFault };

export type TransportFault = "timeout" | "reset" | "refused" | "redirected" | "too_large";

/** An answer beyond this is none of a facilitator's. */
export const MAX_FACILITATOR_ANSWER = 64 * 1024;

export interface FacilitatorRequest {
  readonly payment: Payment;
  readonly accepted: Pick<AcceptedNetwork, "chain" | "payTo">;
  readonly terms: Terms;
  readonly timeoutMs: number;
}

export interface Facilitator {
  verify(request: FacilitatorRequest): Promise<VerifyOutcome>;
  settle(request: FacilitatorRequest): Promise<SettleOutcome>;
}

/** @param authorize makes the `Authorization` header for one POST to `url`; each call gets its own */
export function createFacilitator(options: {
  readonly url: string;
  readonly authorize: (url: string) => Promise<string>;
  readonly post: PostJson;
}): Facilitator {
  async function call(endpoint: "verify" | "settle", request: FacilitatorRequest): Promise<PostResult> {
    const url = `${options.url}/${endpoint}`;
    return options.post({
      url,
      headers: { "content-type": "application/json", authorization: await options.authorize(url) },
      body: JSON.stringify(facilitatorBody(request)),
      timeoutMs: request.timeoutMs,
    });
  }
  return {
    async verify(request) {
      const outcome = readVerify(await call("verify", request));
      return contradicts(outcome, request) ? { kind: "unavailable", fault: "contradiction" } : outcome;
    },
    async settle(request) {
      const outcome = readSettle(await call("settle", request), request.payment.network);
      return contradicts(outcome, request) ? { kind: "unknown", fault: "contradiction" } : outcome;
    },
  };
}

/**
 * The reference facilitator calls every signature invalid while its node is down. An ordinary account's signature was
 * checked before anybody was asked, so then it is the facilitator that is wrong.
 */
function contradicts(outcome: VerifyOutcome | SettleOutcome, { payment }: FacilitatorRequest): boolean {
  const calledInvalid = outcome.kind === "rejected" && outcome.reason === "invalid_signature";
  return calledInvalid && isEcdsaSignature(payment.signature);
}

/** The body that both endpoints take. The client's own `accepted`, resource and extensions are left behind. */
export function facilitatorBody({ payment, accepted, terms }: FacilitatorRequest) {
  const { from, to, value, validAfter, validBefore, nonce } = payment.authorization;
  const requirements = requirementsV2(accepted, terms);
  return {
    x402Version: 2,
    paymentPayload: {
      x402Version: 2,
      resource: { url: terms.resourceUrl, description: terms.description, mimeType: terms.mimeType },
      accepted: requirements,
      payload: {
        signature: payment.signature,
        authorization: {
          from: checksumAddress(from),
          to: checksumAddress(to),
          value: value.toString(),
          validAfter: validAfter.toString(),
          validBefore: validBefore.toString(),
          nonce,
        },
      },
    },
    paymentRequirements: requirements,
  };
}

function verifyAnswer(at: Fields) {
  return { isValid: flag(at, "isValid"), invalidReason: nullish(at, "invalidReason", anyText) };
}

function settleAnswer(at: Fields) {
  return {
    success: flag(at, "success"),
    errorReason: nullish(at, "errorReason", anyText),
    transaction: nullish(at, "transaction", anyText),
    network: nullish(at, "network", anyText),
  };
}

/** Reads `/verify`'s answer. Only a well-formed "valid" with a 2xx status is one. */
export function readVerify(result: PostResult): VerifyOutcome {
  if (result.kind === "fault") return { kind: "unavailable", fault: result.fault };
  const answer = readAnswer(verifyAnswer, result);
  if (answer === undefined) return { kind: "unavailable", fault: `status_${result.status}` };
  if (answer.isValid) {
    return isSuccess(result.status)
      ? { kind: "valid" }
      : { kind: "unavailable", fault: `status_${result.status}` };
  }
  const reason = definiteReason(answer.invalidReason ?? "") ?? "other";
  return reason === "spent" ? { kind: "spent" } : { kind: "rejected", reason };
}

/** Reads `/settle`'s answer. Whatever is neither a clear yes nor a clear no is unknown. */
export function readSettle(result: PostResult, network: Network): SettleOutcome {
  if (result.kind === "fault") return { kind: "unknown", fault: result.fault };
  const answer = readAnswer(settleAnswer, result);
  if (answer === undefined) return { kind: "unknown", fault: `status_${result.status}` };
  if (answer.success) return readSuccess(answer, result.status, network);
  const reason = definiteReason(answer.errorReason ?? "");
  if (reason === "spent") return { kind: "spent" };
  if (reason !== undefined && !answer.transaction) return { kind: "rejected", reason };
  const transaction = parseBytes32(answer.transaction ?? "");
  return { kind: "unknown", fault: "unclear_reason", ...(transaction === undefined ? {} : { transaction }) };
}

function readSuccess(
  answer: ReturnType<typeof settleAnswer>,
  status: number,
  network: Network,
): SettleOutcome {
  const transaction: Hex | undefined = parseBytes32(answer.transaction ?? "");
  const rightNetwork =
    answer.network === network.caip2 || (network.v1Name !== null && answer.network === network.v1Name);
  if (!isSuccess(status) || transaction === undefined || !rightNetwork) {
    return { kind: "unknown", fault: "malformed_success" };
  }
  return { kind: "settled", transaction };
}

/** 5xx bodies are not read: whoever wrote one was not in a state to say anything. */
function readAnswer<Answer>(
  read: (at: Fields) => Answer,
  { status, body }: { status: number; body: string },
): Answer | undefined {
  if (status >= 500) return undefined;
  const answer = attempt(() => read(fieldsOf(parseJson(body)?.value)));
  return answer.ok ? answer.value : undefined;
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
