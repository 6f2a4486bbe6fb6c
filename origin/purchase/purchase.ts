/** A purchase: one payment, one order, one item in the table. Pure data and the one place where its state changes. */

import type { Authorization } from "../../protocol/eip3009.ts";
import type { Hex } from "../../protocol/hex.ts";
import type { Network } from "../../protocol/network.ts";
import type { Goods } from "../../protocol/offer.ts";
import type { X402Version } from "../../protocol/payment.ts";
import { appendEvent, type LedgerEntry, type PurchaseEvent } from "./ledger.ts";

/**
 * - `settling`: claimed; whether the money came is not known yet.
 * - `settled`: the money is ours, nothing is ordered.
 * - `ordered`: the supplier has the order, the profile is not here yet.
 * - `delivered`: the goods are in the item.
 * - `void`: the authorization never landed and no longer can.
 * - `refund_due`: the money is ours and the goods can't be had.
 */
export type PurchaseState = "settling" | "settled" | "ordered" | "delivered" | "void" | "refund_due";

/** What was paid for; `unavailable` when the gateway sold what the origin does not know, as may happen between deployments. */
export type PurchasedGoods = Goods | { readonly kind: "unavailable"; readonly reason: string };

export interface Purchase {
  /** `orderId` of the payment; also the supplier's `transactionId`. */
  readonly id: string;
  /** Counts writes; each is conditional on the one before. */
  readonly version: number;
  readonly state: PurchaseState;
  /** Who wrote the claim. Tells one's own write, repeated after a lost answer, from another's. */
  readonly claimId: string;
  /** The grant it was claimed with. Whoever brings that again is the same request, repeated by CloudFront. */
  readonly grantId: string;
  readonly x402Version: X402Version;
  readonly network: Network;
  readonly authorization: Authorization;
  /** Kept only while the settlement is open: it is needed to settle again. */
  readonly signature: Hex | null;
  readonly invoiceId: string | null;
  readonly fingerprint: Hex;
  readonly goods: PurchasedGoods;
  readonly agentId: string | null;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly settledAt: number | null;
  /** From then on somebody else may move this purchase on. Unix milliseconds. */
  readonly dueAt: number;
  readonly transaction: Hex | null;
  readonly supplierOrder: string | null;
  readonly delivery: Delivery | null;
  readonly ledger: readonly LedgerEntry[];
}

export type Delivery =
  | {
      readonly kind: "esim";
      readonly esimTranNo: string;
      readonly iccid: string;
      /** A bearer secret: never logged. */
      readonly activationCode: string;
      readonly apn: string | null;
    }
  | { readonly kind: "resource"; readonly body: string };

/** What each state may become, and by which event. Whatever is not here can't happen. */
const transitions: Readonly<
  Record<PurchaseState, Partial<Record<Exclude<PurchaseEvent["type"], "claimed">, PurchaseState>>>
> = {
  settling: { settled: "settled", voided: "void" },
  settled: { ordered: "ordered", delivered: "delivered", failed: "refund_due" },
  ordered: { delivered: "delivered", failed: "refund_due" },
  delivered: {},
  void: {},
  refund_due: {},
};

export function isFinal(state: PurchaseState): boolean {
  return Object.keys(transitions[state]).length === 0;
}

export type NewPurchase = Omit<
  Purchase,
  "version" | "ledger" | "settledAt" | "supplierOrder" | "delivery" | "state"
>;

/** The item as it is claimed: `settled` where the transaction is known already, else `settling`. */
export function claimed(fields: NewPurchase): Purchase {
  const state = fields.transaction === null ? "settling" : "settled";
  const event: PurchaseEvent = {
    type: "claimed",
    state,
    price: fields.authorization.value.toString(),
    fingerprint: fields.fingerprint,
    invoice: fields.invoiceId,
    transaction: fields.transaction,
  };
  return {
    ...fields,
    version: 1,
    state,
    settledAt: state === "settled" ? fields.createdAt : null,
    supplierOrder: null,
    delivery: null,
    ledger: appendEvent([], fields.createdAt, event),
  };
}

/** A state change and what it brings along. */
export type Change =
  | { readonly type: "settled"; readonly transaction: Hex; readonly by: "facilitator" | "chain" }
  | { readonly type: "voided"; readonly reason: VoidReason }
  | { readonly type: "ordered"; readonly supplierOrder: string }
  | { readonly type: "delivered"; readonly delivery: Delivery }
  | { readonly type: "failed"; readonly reason: string };

/** `expired`: its time ran out unused. `used_elsewhere`: its nonce was cancelled, or used for another transfer. */
export type VoidReason = "expired" | "used_elsewhere";

/**
 * The purchase after a change; pure.
 *
 * @param now Unix milliseconds
 * @throws Error on a change that the state does not allow: a fault of the program, never of a request
 */
export function apply(purchase: Purchase, change: Change, now: number, dueAt: number): Purchase {
  const state = transitions[purchase.state][change.type];
  if (state === undefined) throw new Error(`a purchase that is ${purchase.state} can't be ${change.type}`);
  const next = {
    ...purchase,
    version: purchase.version + 1,
    state,
    dueAt,
    ledger: appendEvent(purchase.ledger, now, eventOf(change)),
  };
  switch (change.type) {
    case "settled":
      return { ...next, transaction: change.transaction, settledAt: now, signature: null };
    case "voided":
      return { ...next, signature: null };
    case "ordered":
      return { ...next, supplierOrder: change.supplierOrder };
    case "delivered":
      return { ...next, delivery: change.delivery };
    case "failed":
      return next;
  }
}

/** The ledger is shown in disputes and archived, so it names what was delivered without the secret that opens it. */
function eventOf(change: Change): PurchaseEvent {
  if (change.type !== "delivered") return change;
  const { delivery } = change;
  return { type: "delivered", goods: delivery.kind === "esim" ? delivery.esimTranNo : delivery.kind };
}
