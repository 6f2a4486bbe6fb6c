/**
 * Settles one payment for one answer, and finds out from the chain what the facilitator leaves open.
 *
 * The same payment may arrive many times at once, at many edge locations that share no table, and only one of these
 * requests may get what was bought: the one whose own settlement took the money. What the chain shows is the same for
 * all of them, so each keeps account of whether the settlement that is found there can be its own:
 *
 * - The nonce is used before anything was handed over: somebody else's. So a facilitator that says "settled" to whoever
 *   repeats a payment (the reference one does, after a settlement that was pending) lets no later request through.
 * - The first asking is told that the nonce is used: somebody else was faster. A facilitator that settles twice inside
 *   one call looks the same and costs its buyer the answer; to serve that buyer would serve every copy of a payment.
 * - The facilitator named a transaction and it failed: not this one's. On a chain with slow blocks that is how all but
 *   one of many simultaneous settlements end.
 * - The call broke, or ended without a verdict or a transaction: it may be this one's, and if the chain has it, it is.
 *
 * What remains: copies of a payment that are settling in the same moment at different instances can share one
 * settlement where the facilitator says "settled" to more than one of them, or leaves more than one without an answer.
 * Whoever lets the budget end unresolved is not served later either: nothing remembers whose request it was.
 */

import type { FacilitatorRequest } from "../protocol/facilitator.ts";
import type { Hex } from "../protocol/hex.ts";
import type { RejectionReason } from "../protocol/settlement.ts";
import type { OriginResponsePorts } from "./ports.ts";

export type Settlement =
  | { readonly kind: "paid"; readonly transaction: Hex }
  /** Refused, and nobody else's settlement of it is on chain. */
  | { readonly kind: "rejected"; readonly reason: RejectionReason }
  /** It never settled and can't any more. */
  | { readonly kind: "void" }
  /** It settled, but not for this request. */
  | { readonly kind: "already_used" }
  /** No facilitator took it. */
  | { readonly kind: "unavailable"; readonly fault: string }
  /** It may have settled, or may still. */
  | { readonly kind: "unresolved"; readonly fault: string };

/** Longest wait for `/settle`, and its longest share of the time that is left: what follows needs some, too. */
const SETTLE_TIMEOUT_MS = 10_000;
const SETTLE_SHARE = 0.5;

/** Less than this is too little to ask a facilitator. Milliseconds. */
const MIN_SETTLE_MS = 300;

/** Longest wait for the chain before settling, and its share of the budget. */
const FIRST_LOOK_MS = 1_000;
const FIRST_LOOK_SHARE = 0.2;

/** Between two looks at the chain. Milliseconds. */
const LOOK_EVERY_MS = 250;

/** Until a settlement that does not show is asked for again. Milliseconds. */
const SETTLE_AGAIN_MS = 2_000;

/** Faults after which nothing was handed over for sure. */
const NOT_HANDED_OVER: readonly string[] = [
  "refused",
  "redirected",
  "status_400",
  "status_401",
  "status_403",
  "status_404",
  "status_429",
];

/** What this request's own askings may have set going. */
interface Own {
  /** One of them ended without a verdict and without a transaction. */
  maybe: boolean;
  /** Transactions that the facilitator named and that have not failed. */
  readonly transactions: Set<Hex>;
  /** Of the last asking. */
  fault: string;
}

type Ports = Pick<OriginResponsePorts, "facilitator" | "chain" | "now" | "sleep">;

/** @param deadline Unix milliseconds; the answer is there by then */
export async function settleOnce(
  request: Omit<FacilitatorRequest, "timeoutMs">,
  ports: Ports,
  deadline: number,
): Promise<Settlement> {
  const { chain, now, sleep } = ports;
  const { network, authorization } = request.payment;
  const lookMs = Math.min(FIRST_LOOK_MS, (deadline - now()) * FIRST_LOOK_SHARE);
  const before = await chain.authorizationState(network, authorization, now() + lookMs);
  if (before.kind === "used") return { kind: "already_used" };

  const own: Own = { maybe: false, transactions: new Set(), fault: "no_time_left" };
  let refusal: RejectionReason | null = null;
  let likely: Settlement | null = null;
  let settleAt = now();
  while (now() < deadline) {
    const timeoutMs = Math.min(SETTLE_TIMEOUT_MS, Math.floor((deadline - now()) * SETTLE_SHARE));
    if (refusal === null && now() >= settleAt && timeoutMs >= MIN_SETTLE_MS) {
      const outcome = await ports.facilitator.settle({ ...request, timeoutMs });
      settleAt = now() + SETTLE_AGAIN_MS;
      switch (outcome.kind) {
        case "settled":
          return { kind: "paid", transaction: outcome.transaction };
        case "spent":
          if (!mayBeOwn(own)) return { kind: "already_used" };
          break;
        case "rejected":
          // After a call of unknown end a refusal is no verdict: that call's settlement may be on its way.
          if (mayBeOwn(own)) break;
          if (!isRivalsDoing(outcome.reason)) return { kind: "rejected", reason: outcome.reason };
          refusal = outcome.reason;
          break;
        case "unknown":
          own.fault = outcome.fault;
          if (outcome.transaction !== undefined) own.transactions.add(outcome.transaction);
          else if (!NOT_HANDED_OVER.includes(outcome.fault)) own.maybe = true;
          break;
      }
    }
    const seen = await look(request, own, refusal, ports, deadline);
    if (seen.kind === "decided") return seen.settlement;
    likely = seen.kind === "likely" ? seen.settlement : likely;
    await sleep(Math.min(LOOK_EVERY_MS, Math.max(0, deadline - now())));
  }
  if (likely !== null) return likely;
  const { fault } = own;
  return mayBeOwn(own) || refusal !== null ? { kind: "unresolved", fault } : { kind: "unavailable", fault };
}

function mayBeOwn({ maybe, transactions }: Own): boolean {
  return maybe || transactions.size > 0;
}

/** Reasons that a copy's settlement gives: it took the payer's last money, or outlasted the authorization. */
function isRivalsDoing(reason: RejectionReason): boolean {
  return reason === "insufficient_funds" || reason === "expired";
}

type Seen =
  | { readonly kind: "decided"; readonly settlement: Settlement }
  /** True unless something else shows before the time is up. */
  | { readonly kind: "likely"; readonly settlement: Settlement }
  | { readonly kind: "open" };

const open: Seen = { kind: "open" };

async function look(
  { payment }: Omit<FacilitatorRequest, "timeoutMs">,
  own: Own,
  refusal: RejectionReason | null,
  { chain }: Ports,
  deadline: number,
): Promise<Seen> {
  const { network, authorization } = payment;
  for (const transaction of own.transactions) {
    const { kind } = await chain.transactionState(network, authorization, transaction, deadline);
    if (kind === "paid") return decided({ kind: "paid", transaction });
    if (kind === "failed") own.transactions.delete(transaction);
  }

  const state = await chain.authorizationState(network, authorization, deadline);
  if (state.kind === "unreachable") return open;
  if (state.kind === "unused") {
    if (state.blockTime >= authorization.validBefore) return decided({ kind: "void" });
    // "expired" comes some seconds early; until then a copy may still land.
    return refusal === "insufficient_funds" ? decided({ kind: "rejected", reason: refusal }) : open;
  }
  if (!mayBeOwn(own)) return decided({ kind: "already_used" });

  const search = await chain.findSettlement(network, authorization, deadline);
  switch (search.kind) {
    case "found": {
      const settlement = { kind: "paid", transaction: search.transaction } as const;
      // A facilitator that raises its fee replaces its transaction: the one it named is never seen then.
      return own.maybe ? decided(settlement) : { kind: "likely", settlement };
    }
    case "used_elsewhere":
      return decided({ kind: "void" });
    case "not_found":
    case "unreachable":
      return open;
  }
}

function decided(settlement: Settlement): Seen {
  return { kind: "decided", settlement };
}
