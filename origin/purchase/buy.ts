/**
 * The purchase: claim the payment, find out whether it settled, get the goods.
 *
 * The claim is one conditional write on the payment's identity, so one payment buys one thing under any concurrency.
 * A payment header alone opens nothing that is claimed already: once settled, anyone can rebuild it from calldata.
 */

import type { GrantedPayment, LookupCode } from "../../protocol/grant.ts";
import type { Hex } from "../../protocol/hex.ts";
import { orderId } from "../../protocol/order.ts";
import { DRAWABLE_FOR_MS } from "../allotment/allotment.ts";
import { type Beginning, claimed } from "./claimed.ts";
import { drive } from "./drive.ts";
import { claimOnItsWay, isAnswerable } from "./follow.ts";
import type { PurchasedGoods } from "./goods.ts";
import { holdKeys } from "./hold-keys.ts";
import type { PurchasePorts } from "./ports.ts";
import type { Purchase } from "./purchase.ts";
import { replay } from "./replay.ts";
import { sharedOut } from "./shares.ts";
import type { PurchaseState } from "./states.ts";
import { stocked } from "./stocked.ts";

export interface PurchaseRequest {
  readonly grantId: string;
  readonly payment: GrantedPayment;
  readonly fingerprint: Hex;
  /** Digests of what else proves the caller: a payment identifier, an idempotency key. */
  readonly replayKeys: readonly Hex[];
  readonly goods: PurchasedGoods;
  readonly agentId: string | null;
  readonly webhookUrl: string | null;
}

export type PurchaseOutcome =
  /** The caller owns this purchase: it may see what it bought. The state may be any. */
  | { readonly kind: "owned"; readonly purchase: Purchase; readonly replayed: boolean }
  /** The payment bought something, for somebody who is not proven to be this caller. */
  | { readonly kind: "already_used"; readonly orderId: string; readonly state: PurchaseState | null }
  | { readonly kind: "other_request"; readonly orderId: string; readonly state: PurchaseState }
  /** It bought nothing and is not going to. */
  | { readonly kind: "refused"; readonly code: LookupCode }
  /** The chain could not be asked, so nothing can be said. */
  | { readonly kind: "unresolved" };

/** Beyond the edge's own budget, for the way from there to here. Milliseconds. */
const CLAIM_MARGIN_MS = 1_500;

/** How much longer a spent payment waits: a contested one claims when its own wait is over. Milliseconds. */
const CONTEST_MARGIN_MS = 1_000;

/** @throws StoreUnavailableError */
export async function buy(request: PurchaseRequest, ports: PurchasePorts): Promise<PurchaseOutcome> {
  const deadline = ports.now() + ports.budgetMs;
  const { settlement } = request.payment;
  switch (settlement.state) {
    case "settled": {
      const { transaction } = settlement;
      return claim(request, null, { state: "settled", transaction }, ports, deadline);
    }
    case "unknown":
      return contest(request, settlement.signature, ports, deadline);
    case "verified":
      return reserve(request, settlement.signature, ports, deadline);
    case "deferred":
      return defer(request, settlement.signature, ports, deadline);
    case "spent":
      return awaitClaim(request, ports, deadline);
    case "contested":
      return contest(request, null, ports, deadline);
    case "lookup":
      return lookUp(request, settlement.code, ports, deadline);
  }
}

/** Nothing was taken yet: where the buyer has given this purchase a name, it may have been made under it before. */
async function reserve(
  request: PurchaseRequest,
  signature: Hex,
  ports: PurchasePorts,
  deadline: number,
): Promise<PurchaseOutcome> {
  const { payment, replayKeys } = request;
  const claimsUntil = Math.min(deadline, ports.now() + ports.edgeBudgetMs + CLAIM_MARGIN_MS);
  const waitFor = (id: string) => claimOnItsWay(id, ports, claimsUntil);
  const earlier = await holdKeys(replayKeys, paymentOrder(payment), ports, waitFor);
  if (earlier === undefined) return claim(request, signature, firstStep(request), ports, deadline);
  const { id, state, authorization } = earlier;
  const samePayer = authorization.from === payment.authorization.from;
  return samePayer
    ? replay(request, earlier, ports, deadline)
    : { kind: "other_request", orderId: id, state };
}

/**
 * Verified at an edge that else settles. Whoever copies a payment that such an edge has just handed over, for this sale or
 * for any other of its price, looks just like this, and has to wait likewise.
 */
async function defer(
  request: PurchaseRequest,
  signature: Hex,
  ports: PurchasePorts,
  deadline: number,
): Promise<PurchaseOutcome> {
  const rival = await rivalOf(request, ports, deadline);
  if (rival !== undefined) return replay(request, rival, ports, deadline);
  // Handed over by one that died before it came here: then it is too late to take nothing.
  const { network, authorization } = request.payment;
  const state = await ports.chain.authorizationState(network, authorization);
  if (state.kind === "used") return claim(request, null, { state: "settling" }, ports, deadline);
  return reserve(request, signature, ports, deadline);
}

/**
 * What the pool gives. Not to an allotment: it may be drawn from for longer than what is on the shelf can still be
 * installed. Its own item is written instead, so that there is none that nobody would ever give back.
 */
async function beforeClaim(id: string, goods: PurchasedGoods, now: number, ports: PurchasePorts) {
  if (goods.kind !== "esims") return null;
  if (goods.allotment === undefined) return ports.pool.take(id, goods.lines);
  await ports.allotments.open(id, now + DRAWABLE_FOR_MS);
  return null;
}

/** Goods before money, except for what can't be taken back once it was given: a top-up. */
function firstStep({ goods }: PurchaseRequest): Beginning {
  return { state: goods.kind === "topup" ? "settling" : "reserved" };
}

async function claim(
  request: PurchaseRequest,
  signature: Hex | null,
  beginning: Beginning,
  ports: PurchasePorts,
  deadline: number,
): Promise<PurchaseOutcome> {
  const { grantId, payment, fingerprint, replayKeys, goods, agentId, webhookUrl } = request;
  const { x402Version, network, authorization, invoiceId } = payment;
  const id = paymentOrder(payment);
  const createdAt = ports.now();
  const pooled = await beforeClaim(id, goods, createdAt, ports);
  const claim = claimed(
    {
      id,
      claimId: ports.randomId(),
      grantId,
      x402Version,
      network,
      authorization,
      invoiceId,
      replayKeys,
      fingerprint,
      goods: sharedOut(goods, authorization.value),
      agentId,
      createdAt,
      dueAt: deadline,
      signature,
      webhookUrl,
    },
    beginning,
  );
  const purchase = stocked(claim, pooled, ports.now());
  const result = await ports.store.claim(purchase);
  if (result.kind === "exists" && result.purchase.claimId !== purchase.claimId) {
    return replay(request, result.purchase, ports, deadline);
  }
  ports.log({
    event: "purchase_claimed",
    order: id,
    state: beginning.state,
    transaction: purchase.transaction,
    payer: authorization.from,
    chain: network.chain,
    amount: authorization.value.toString(),
    agent: agentId,
    device: goods.kind === "esims" ? (goods.lines[0]?.deviceId ?? null) : null,
  });
  if (purchase.state !== beginning.state) logStocked(purchase, ports);
  return {
    kind: "owned",
    purchase: await drive(purchase, ports, { deadline, isEnough: isAnswerable }),
    replayed: false,
  };
}

/** What else the claim's write did: the pool had everything. */
function logStocked({ id: order, state, transaction, settledAt }: Purchase, ports: PurchasePorts): void {
  const change = settledAt === null ? "secured" : "delivered";
  const ms = settledAt === null ? null : ports.now() - settledAt;
  ports.log({ event: "purchase_moved", order, state, change, transaction, refund: null, ms });
}

/** The claim of another request with this payment, waited for until one that began at the edge earlier must have claimed. */
async function rivalOf(
  { payment }: PurchaseRequest,
  ports: PurchasePorts,
  deadline: number,
): Promise<Purchase | undefined> {
  const { verify = 0, settle: settling = 0 } = payment.timings;
  const lastClaim = ports.now() - verify - settling + ports.edgeBudgetMs + CLAIM_MARGIN_MS;
  return claimOnItsWay(paymentOrder(payment), ports, Math.min(deadline, lastClaim));
}

/**
 * The nonce is used, and this request did not use it. It can't claim: whoever copies a settled payment from the chain
 * looks just like this. If the buyer's own request is on its way, its claim will show.
 */
async function awaitClaim(
  request: PurchaseRequest,
  ports: PurchasePorts,
  deadline: number,
): Promise<PurchaseOutcome> {
  const id = paymentOrder(request.payment);
  const claimsUntil = ports.now() + ports.edgeBudgetMs + CLAIM_MARGIN_MS + CONTEST_MARGIN_MS;
  const purchase = await claimOnItsWay(id, ports, Math.min(deadline, claimsUntil));
  if (purchase !== undefined) return replay(request, purchase, ports, deadline);
  return { kind: "already_used", orderId: id, state: null };
}

/**
 * This request handed the payment over, and learned nothing, or that the nonce is used by now. Whoever copies a payment
 * from the mempool, where the buyer's own request has put it, looks just like this. So the claim waits until a request
 * that began earlier must have claimed; if none has, it was this one.
 */
async function contest(
  request: PurchaseRequest,
  signature: Hex | null,
  ports: PurchasePorts,
  deadline: number,
): Promise<PurchaseOutcome> {
  const rival = await rivalOf(request, ports, deadline);
  if (rival !== undefined) return replay(request, rival, ports, deadline);
  return claim(request, signature, { state: "settling" }, ports, deadline);
}

/** A payment that can't be taken any more, or was refused: before saying so, see whether it was taken earlier. */
async function lookUp(
  request: PurchaseRequest,
  code: LookupCode,
  ports: PurchasePorts,
  deadline: number,
): Promise<PurchaseOutcome> {
  const { network, authorization } = request.payment;
  const purchase = await ports.store.get(paymentOrder(request.payment));
  if (purchase !== undefined) return replay(request, purchase, ports, deadline);
  const state = await ports.chain.authorizationState(network, authorization);
  switch (state.kind) {
    case "used":
      return awaitClaim(request, ports, deadline);
    case "unused":
      return { kind: "refused", code };
    case "unreachable":
      return { kind: "unresolved" };
  }
}

function paymentOrder({ network, authorization }: GrantedPayment): string {
  return orderId({ network, payer: authorization.from, nonce: authorization.nonce });
}
