/** What can happen to a purchase, and what it is afterwards; pure. Every change also goes into the purchase's ledger. */

import type { Authorization } from "../../protocol/eip3009.ts";
import type { Hex } from "../../protocol/hex.ts";
import { type Usdc, usdc } from "../../protocol/money.ts";
import { eventOf } from "./change-event.ts";
import { choiceOf } from "./choice-window.ts";
import { type Answered, answered, without } from "./given-back.ts";
import { appendEvent } from "./ledger.ts";
import {
  type Delivery,
  isDecided,
  type LaterOrder,
  type Missing,
  type Placement,
  type Purchase,
  type PurchaseIn,
  type Refund,
  type Webhook,
} from "./purchase.ts";
import { type Actor, type ChangeName, nextState, type PurchaseState } from "./states.ts";

/** A state change and what it brings along. */
export type Change =
  | { readonly type: "settled"; readonly transaction: Hex; readonly by: "facilitator" | "chain" }
  | { readonly type: "voided"; readonly reason: VoidReason }
  | {
      readonly type: "ordered";
      readonly placements: readonly (Placement | null)[];
      readonly later?: readonly LaterOrder[];
    }
  /** `orderMayExist`: the supplier may hold something beside the goods. */
  | {
      readonly type: "secured";
      readonly delivery: Delivery;
      readonly missing: Missing | null;
      readonly orderMayExist?: boolean;
    }
  | { readonly type: "delivered"; readonly delivery: Delivery; readonly orderMayExist?: boolean }
  | { readonly type: "partly_delivered"; readonly delivery: Delivery; readonly missing: Missing }
  /** The goods were secured before; the money is ours now. */
  | { readonly type: "earned"; readonly transaction: Hex; readonly by: "facilitator" | "chain" }
  | {
      readonly type: "partly_earned";
      readonly transaction: Hex;
      readonly by: "facilitator" | "chain";
      readonly missing: Missing;
    }
  /** Can't be delivered. `orderMayExist`: the supplier may hold something all the same. */
  | {
      readonly type: "failed";
      readonly reason: string;
      readonly orderMayExist: boolean;
      readonly amount?: Usdc;
    }
  /** Can't be delivered, and nothing was taken. */
  | { readonly type: "dropped"; readonly reason: string; readonly orderMayExist: boolean }
  | { readonly type: "landed_late"; readonly transaction: Hex }
  /** One of two eSIMs is kept; the other goes back. `by`: who said so. */
  | { readonly type: "chosen"; readonly esim: string; readonly by: "buyer" | "supplier" }
  /** Both stay the buyer's. */
  | { readonly type: "choice_lapsed" }
  | { readonly type: "released"; readonly esims: readonly string[] }
  /** What this purchase replaces is off the network, or can't be taken off it. */
  | { readonly type: "suspended"; readonly esim: string }
  | { readonly type: "refund_signed"; readonly authorization: Authorization; readonly signature: Hex }
  | { readonly type: "refund_blocked"; readonly reason: string }
  | { readonly type: "refund_lapsed" }
  | { readonly type: "refunded"; readonly transaction: Hex }
  /** Lines of the order, whose eSIMs their owner gives back. */
  | { readonly type: "return_asked"; readonly lines: readonly number[] }
  /** What the supplier answered for some lines. `amount`: what was paid for all that it took by now. */
  | ({ readonly type: "part_returned" | "returned"; readonly amount: Usdc } & Answered)
  | ({ readonly type: "kept" | "kept_rest" } & Pick<Answered, "kept">)
  /** The buyer's webhook took the news. */
  | { readonly type: "notified"; readonly attempts: number }
  /** It did not, and is not tried again. */
  | { readonly type: "unheard"; readonly attempts: number; readonly reason: string };

/** The changes that an actor may make to a purchase in a state. */
export type ChangeIn<State extends PurchaseState, By extends Actor = "driver"> = Extract<
  Change,
  { readonly type: ChangeName<State, By> }
>;

/** `expired`: its time ran out unused. `used_elsewhere`: its nonce was cancelled, or used for another transfer. */
export type VoidReason = "expired" | "used_elsewhere";

/**
 * The purchase after a change; pure.
 *
 * @param now Unix milliseconds
 * @throws Error on a change that the state does not allow, which only a cast or outside data can bring about
 */
export function apply<State extends PurchaseState, By extends Actor = "driver">(
  purchase: PurchaseIn<State>,
  change: ChangeIn<State, By>,
  now: number,
  dueAt: number,
): Purchase {
  return applyAny(purchase, change, now, dueAt);
}

function applyAny(purchase: Purchase, change: Change, now: number, dueAt: number): Purchase {
  const state = nextState(purchase.state, change.type);
  if (state === undefined) throw new Error(`a purchase that is ${purchase.state} can't be ${change.type}`);
  const isNews = purchase.webhook !== null && isDecided(state) && state !== purchase.state;
  const next = {
    ...purchase,
    version: purchase.version + 1,
    state,
    // Whoever drove it here may have an answer to give first, and there is nothing to wait for.
    dueAt: isNews ? now : dueAt,
    webhook: isNews ? withWebhook(purchase, { state: "due", since: now, attempts: 0 }) : purchase.webhook,
    ledger: appendEvent(purchase.ledger, now, eventOf(change)),
  };
  return { ...next, ...effects(next, change, now) };
}

function effects(purchase: Purchase, change: Change, now: number): Partial<Purchase> {
  switch (change.type) {
    case "settled":
      return { transaction: change.transaction, settledAt: now, signature: null };
    case "earned":
      return {
        transaction: change.transaction,
        settledAt: now,
        signature: null,
        choice: choiceOf(purchase, purchase.delivery, now),
        ...replacing(purchase, now),
      };
    case "voided":
      return { signature: null, reason: change.reason, ...withheld(purchase) };
    case "dropped":
      return {
        signature: null,
        reason: change.reason,
        release: releaseOf(change),
        delivery: null,
      };
    case "partly_earned":
      return {
        transaction: change.transaction,
        settledAt: now,
        signature: null,
        missing: null,
        ...lost(purchase, change.missing),
      };
    case "ordered":
      return { placements: change.placements, later: change.later ?? purchase.later };
    case "secured":
      return { delivery: change.delivery, missing: change.missing, release: releaseOf(change) };
    case "delivered": {
      const choice = choiceOf(purchase, change.delivery, now);
      return { delivery: change.delivery, release: releaseOf(change), choice, ...replacing(purchase, now) };
    }
    case "chosen":
      return { choice: { kind: "made", esimTranNo: change.esim }, release: "due" };
    case "choice_lapsed":
      return { choice: { kind: "lapsed" } };
    case "suspended":
      return { suspend: "done" };
    case "partly_delivered":
      return { delivery: change.delivery, ...lost(purchase, change.missing) };
    case "failed": {
      const { reason, orderMayExist } = change;
      return lost(purchase, { reason, orderMayExist, amount: change.amount ?? purchase.authorization.value });
    }
    case "landed_late":
      return {
        transaction: change.transaction,
        settledAt: now,
        refund: newRefund(purchase, purchase.authorization.value),
      };
    case "released":
      return { release: "done" };
    case "refund_signed": {
      const { authorization, signature } = change;
      return { refund: withRefund(purchase, { signed: { authorization, signature } }) };
    }
    case "refund_lapsed":
      return { refund: withRefund(purchase, { signed: null }) };
    case "refund_blocked":
      return { reason: change.reason };
    case "refunded":
      return { refund: withRefund(purchase, { transaction: change.transaction }) };
    case "return_asked":
      return { giveBack: { askedAt: now, open: change.lines, owed: usdc(0n) } };
    case "part_returned":
      return { ...without(purchase, change.taken), ...answered(purchase, change, change.amount) };
    case "returned":
      return {
        ...without(purchase, change.taken),
        ...answered(purchase, change, change.amount),
        refund: newRefund(purchase, change.amount),
      };
    case "kept":
    case "kept_rest":
      return answered(purchase, { taken: [], kept: change.kept }, usdc(0n));
    case "notified":
      return { webhook: withWebhook(purchase, { state: "done" }) };
    case "unheard":
      return { webhook: withWebhook(purchase, { state: "gave_up" }) };
  }
}

/** The buyer has the new eSIM and an answer to get; the old one is suspended by whoever comes first after that. */
function replacing({ goods }: Purchase, now: number): Partial<Purchase> {
  return goods.kind === "esims" && goods.replaces !== undefined ? { suspend: "due", dueAt: now } : {};
}

function lost(purchase: Purchase, { reason, amount, orderMayExist }: Missing): Partial<Purchase> {
  return { reason, release: releaseOf({ orderMayExist }), refund: newRefund(purchase, amount) };
}

function releaseOf({ orderMayExist = false }: { readonly orderMayExist?: boolean }): Purchase["release"] {
  return orderMayExist ? "due" : "none";
}

/** Goods that were secured for a payment that did not come go back to the supplier, and out of the item. */
function withheld({ placements, missing }: Purchase): Partial<Purchase> {
  const orderMayExist = placements !== null || missing?.orderMayExist === true;
  return { release: releaseOf({ orderMayExist }), delivery: null, missing: null };
}

/** Only of a purchase whose refund before it is paid, if it had one. */
function newRefund({ refund }: Purchase, amount: Usdc): Refund {
  const earlier = refund === null ? usdc(0n) : usdc(refund.earlier + refund.amount);
  return { number: (refund?.number ?? 0) + 1, amount, earlier, signed: null, transaction: null };
}

function withRefund({ refund, authorization }: Purchase, change: Partial<Refund>): Refund {
  const current: Refund = refund ?? {
    number: 1,
    amount: authorization.value,
    earlier: usdc(0n),
    signed: null,
    transaction: null,
  };
  return { ...current, ...change };
}

function withWebhook({ webhook }: Purchase, change: Partial<Webhook>): Webhook | null {
  return webhook === null ? null : { ...webhook, ...change };
}
