/**
 * The purchase: claim the payment, find out whether it settled, get the goods.
 *
 * The claim is one conditional write on the payment's identity, so one payment buys one thing under any concurrency.
 * A payment header alone opens nothing that is claimed already: once settled, anyone can rebuild it from calldata.
 */

import type { GrantedPayment, LookupCode } from "../../protocol/grant.ts";
import type { Hex } from "../../protocol/hex.ts";
import { orderId } from "../../protocol/order.ts";
import { drive } from "./drive.ts";
import { holdKeys } from "./hold-keys.ts";
import type { PurchasePorts } from "./ports.ts";
import { type Beginning, claimed, isDecided, type Purchase, type PurchasedGoods } from "./purchase.ts";

export interface PurchaseRequest {
  readonly grantId: string;
  readonly payment: GrantedPayment;
  readonly fingerprint: Hex;
  /** Digests of what else proves the caller: a payment identifier, an idempotency key. */
  readonly replayKeys: readonly Hex[];
  readonly goods: PurchasedGoods;
  readonly agentId: string | null;
}

export type PurchaseOutcome =
  /** The caller owns this purchase: it may see what it bought. The state may be any. */
  | { readonly kind: "owned"; readonly purchase: Purchase; readonly replayed: boolean }
  /** The payment bought something, for somebody who is not proven to be this caller. */
  | { readonly kind: "already_used"; readonly orderId: string; readonly state: string | null }
  | { readonly kind: "other_request"; readonly orderId: string; readonly state: string }
  /** It bought nothing and is not going to. */
  | { readonly kind: "refused"; readonly code: LookupCode }
  /** The chain could not be asked, so nothing can be said. */
  | { readonly kind: "unresolved" };

/** Beyond the edge's own budget, for the way from there to here. Milliseconds. */
const CLAIM_MARGIN_MS = 1_500;

const LOOK_AGAIN_MS = 150;

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
      return claim(request, settlement.signature, { state: "settling" }, ports, deadline);
    case "verified":
      return reserve(request, settlement.signature, ports, deadline);
    case "spent":
      return awaitClaim(request, ports, deadline);
    case "contested":
      return contest(request, ports, deadline);
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
  const waitFor = (id: string) => claimOnItsWay(id, ports, deadline);
  const earlier = await holdKeys(replayKeys, paymentOrder(payment), ports, waitFor);
  if (earlier === undefined) return claim(request, signature, { state: "reserved" }, ports, deadline);
  const { id, state, authorization } = earlier;
  const samePayer = authorization.from === payment.authorization.from;
  return samePayer
    ? replay(request, earlier, ports, deadline)
    : { kind: "other_request", orderId: id, state };
}

async function claim(
  request: PurchaseRequest,
  signature: Hex | null,
  beginning: Beginning,
  ports: PurchasePorts,
  deadline: number,
): Promise<PurchaseOutcome> {
  const { grantId, payment, fingerprint, goods, agentId } = request;
  const { x402Version, network, authorization, invoiceId } = payment;
  const purchase = claimed(
    {
      id: paymentOrder(payment),
      claimId: ports.randomId(),
      grantId,
      x402Version,
      network,
      authorization,
      invoiceId,
      replayKeys: request.replayKeys,
      fingerprint,
      goods,
      agentId,
      createdAt: ports.now(),
      dueAt: deadline,
      signature,
    },
    beginning,
  );
  const result = await ports.store.claim(purchase);
  if (result.kind === "exists" && result.purchase.claimId !== purchase.claimId) {
    return replay(request, result.purchase, ports, deadline);
  }
  ports.log({
    event: "purchase_claimed",
    order: purchase.id,
    state: purchase.state,
    payer: authorization.from,
    chain: network.chain,
    amount: authorization.value.toString(),
    agent: agentId,
    device: goods.kind === "esim" ? goods.deviceId : null,
  });
  return {
    kind: "owned",
    purchase: await drive(purchase, ports, { deadline, isEnough: isAnswerable }),
    replayed: false,
  };
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
  const purchase = await claimOnItsWay(id, ports, deadline);
  if (purchase !== undefined) return replay(request, purchase, ports, deadline);
  return { kind: "already_used", orderId: id, state: null };
}

/**
 * This request found the nonce unused, and used when it settled. If another request of the same moment settled it, its
 * claim comes within the edge's budget; if none comes, it was this one, whose settlement was asked for twice.
 */
async function contest(
  request: PurchaseRequest,
  ports: PurchasePorts,
  deadline: number,
): Promise<PurchaseOutcome> {
  const rival = await claimOnItsWay(paymentOrder(request.payment), ports, deadline);
  if (rival !== undefined) return replay(request, rival, ports, deadline);
  return claim(request, null, { state: "settling" }, ports, deadline);
}

/** Waits for the claim of a request that may still be on its way here. */
async function claimOnItsWay(
  id: string,
  ports: PurchasePorts,
  deadline: number,
): Promise<Purchase | undefined> {
  const waitUntil = Math.min(deadline, ports.now() + ports.edgeBudgetMs + CLAIM_MARGIN_MS);
  for (;;) {
    const purchase = await ports.store.get(id);
    if (purchase !== undefined || ports.now() >= waitUntil) return purchase;
    await ports.sleep(LOOK_AGAIN_MS);
  }
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

/** Another arrival of a payment that is claimed. The invoice, which never goes on chain, proves who was quoted. */
async function replay(
  { grantId, payment, fingerprint, replayKeys }: PurchaseRequest,
  existing: Purchase,
  ports: PurchasePorts,
  deadline: number,
): Promise<PurchaseOutcome> {
  const { id, state } = existing;
  if (existing.fingerprint !== fingerprint) return { kind: "other_request", orderId: id, state };
  const sameInvoice = payment.invoiceId !== null && payment.invoiceId === existing.invoiceId;
  const sameKey = replayKeys.some((key) => existing.replayKeys.includes(key));
  if (!sameInvoice && !sameKey && grantId !== existing.grantId) {
    return { kind: "already_used", orderId: id, state };
  }
  const purchase = await follow(existing, ports, deadline);
  ports.log({ event: "purchase_replayed", order: id, state: purchase.state });
  return { kind: "owned", purchase, replayed: true };
}

/** Whether waiting longer could tell the buyer anything new. */
function isAnswerable({ state }: Purchase): boolean {
  return isDecided(state) || state === "refund_blocked";
}

/** Waits for whoever drives the purchase, and takes over once their time is up. @throws StoreUnavailableError */
export async function follow(existing: Purchase, ports: PurchasePorts, deadline: number): Promise<Purchase> {
  let purchase = existing;
  while (!isAnswerable(purchase) && ports.now() < deadline) {
    if (ports.now() >= purchase.dueAt) return drive(purchase, ports, { deadline, isEnough: isAnswerable });
    await ports.sleep(LOOK_AGAIN_MS);
    purchase = (await ports.store.get(purchase.id)) ?? purchase;
  }
  return purchase;
}

function paymentOrder({ network, authorization }: GrantedPayment): string {
  return orderId({ network, payer: authorization.from, nonce: authorization.nonce });
}
