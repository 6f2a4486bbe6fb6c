/** A purchase: one payment, one order, one item in the table. Pure data. */

import type { Authorization } from "../../protocol/eip3009.ts";
import type { Hex } from "../../protocol/hex.ts";
import type { Usdc } from "../../protocol/money.ts";
import type { Network } from "../../protocol/network.ts";
import type { X402Version } from "../../protocol/payment.ts";
import type { PurchasedGoods } from "./goods.ts";
import type { LedgerEntry } from "./ledger.ts";
import type { PurchaseState } from "./states.ts";

/** Why the goods of a settlement that nobody claimed are unavailable. */
export const UNCLAIMED = "unclaimed";

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
  /** Kept only while the settlement is open: it is needed to settle, or to settle again. */
  readonly signature: Hex | null;
  readonly invoiceId: string | null;
  /** Digests of what else proves the buyer: a payment identifier, an idempotency key. */
  readonly replayKeys: readonly Hex[];
  readonly fingerprint: Hex;
  readonly goods: PurchasedGoods;
  readonly agentId: string | null;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly settledAt: number | null;
  /** From then on somebody else may move this purchase on. Unix milliseconds. */
  readonly dueAt: number;
  readonly transaction: Hex | null;
  /**
   * What the pool gave before the claim, as the lines of the order; the supplier is asked for the others. Null where it
   * gave nothing, and where it gave all and the goods are in `delivery` since the claim.
   */
  readonly pooled: readonly (Esim | null)[] | null;
  /** What became of each order that `supplierOrders` names, null where that is not known; null until it is known of any. */
  readonly placements: readonly (Placement | null)[] | null;
  /** Orders beside the first ones, written down before they are placed. */
  readonly later: readonly LaterOrder[];
  /** Whether the supplier may hold something for us that the buyer does not get. */
  readonly release: "none" | "due" | "done";
  /** Whether the eSIM that this one replaces is to be suspended. */
  readonly suspend: "none" | "due" | "done";
  readonly delivery: Delivery | null;
  /** Which of two eSIMs the buyer keeps, where both came and one was sold. */
  readonly choice: Choice | null;
  /** What is missing of goods that are secured and not paid for yet. */
  readonly missing: Missing | null;
  readonly refund: Refund | null;
  /** The eSIMs that their owner has given back. They were shown, so nobody else may ever get them. */
  readonly returned: readonly Returned[];
  /** The owner's latest wish to give some back; null where there was none. */
  readonly giveBack: GiveBack | null;
  /** Null where the buyer named none. */
  readonly webhook: Webhook | null;
  /** Why it can't be delivered, settled or refunded; null while nothing went wrong. */
  readonly reason: string | null;
  /** How many of the ledger's entries are in the archive. */
  readonly archived: number;
  readonly ledger: readonly LedgerEntry[];
}

/** How an order at the supplier went. */
export type Placement =
  | { readonly kind: "placed"; readonly orderNo: string }
  /** `mayExist`: it may hold something for us all the same. */
  | { readonly kind: "refused"; readonly reason: string; readonly mayExist: boolean };

/** An order at the supplier that the lines alone don't tell: another package than theirs, or the fallback's. */
export interface LaterOrder {
  readonly packageCode: string;
  /** US dollars × 10,000. */
  readonly wholesale: bigint;
  /** Positions of the lines that it serves; the one after the last line is the fallback's. */
  readonly lines: readonly number[];
  /** The purchase's version in which it was written down. */
  readonly since: number;
}

export type Choice =
  /** `until` then, Unix milliseconds, the supplier is asked which one is used. */
  | { readonly kind: "open"; readonly until: number }
  /** The supplier's name of the one that is kept. */
  | { readonly kind: "made"; readonly esimTranNo: string }
  /** Both stay the buyer's. */
  | { readonly kind: "lapsed" };

export interface Esim {
  readonly esimTranNo: string;
  readonly iccid: string;
  /** A bearer secret: never logged. */
  readonly activationCode: string;
  readonly apn: string | null;
}

export type Delivery =
  /** As the lines of the order, null for one that could not be had; after them the fallback's, if there is one. */
  | { readonly kind: "esims"; readonly esims: readonly (Esim | null)[] }
  | { readonly kind: "resource"; readonly body: string }
  | {
      readonly kind: "topup";
      /** All that the eSIM has ever had, and until when it works, ISO 8601 in UTC; null where the supplier does not say. */
      readonly totalBytes: bigint | null;
      readonly expiresAt: string | null;
    };

/** The part of an order that could not be had. */
export interface Missing {
  readonly reason: string;
  /** What was paid for it. */
  readonly amount: Usdc;
  /** Whether the supplier may hold something of it for us. */
  readonly orderMayExist: boolean;
}

export interface Refund {
  /** Counts the refunds of one purchase from 1; part of the nonce, so each is paid at most once. */
  readonly number: number;
  readonly amount: Usdc;
  /** What the refunds before this one came to. */
  readonly earlier: Usdc;
  /** Recorded before it is broadcast, so that a crash can't lose what may already be on chain. */
  readonly signed: { readonly authorization: Authorization; readonly signature: Hex } | null;
  readonly transaction: Hex | null;
}

/** An eSIM that is the supplier's again; nothing opens it any more. */
export interface Returned {
  /** Position in the order. */
  readonly line: number;
  readonly esimTranNo: string;
  readonly iccid: string;
}

/** A wish to give eSIMs back, as far as the supplier has answered. */
export interface GiveBack {
  /** Unix milliseconds. */
  readonly askedAt: number;
  /** The lines that it has not answered for. */
  readonly open: readonly number[];
  /** What was paid for those that it took. */
  readonly owed: Usdc;
}

/** Where the buyer is told what became of the order. */
export interface Webhook {
  readonly url: string;
  /** `none`: there is nothing to tell yet. `gave_up`: nobody there took the news. */
  readonly state: "none" | "due" | "done" | "gave_up";
  /** When what is to be told came about, or the claim while there is nothing. Unix milliseconds. */
  readonly since: number;
  /** How often that was tried. */
  readonly attempts: number;
}

export type PurchaseIn<State extends PurchaseState> = Purchase & { readonly state: State };

/** Narrows a purchase to its state. */
export function isIn<State extends PurchaseState>(
  purchase: Purchase,
  ...states: readonly State[]
): purchase is PurchaseIn<State> {
  return states.some((state) => state === purchase.state);
}

/** Nothing is left to do about goods and money: neither for the buyer nor at the supplier. */
export function isFinished({ state, release, suspend }: Purchase): boolean {
  // Who gives the new eSIM back keeps the old one as it is.
  const isSuspending = state === "delivered" && suspend === "due";
  return isDecided(state) && release !== "due" && !isSuspending;
}

/** All that is left to do at once is to tell the buyer. */
export function isUntold(purchase: Purchase): boolean {
  return isFinished(purchase) && purchase.webhook?.state === "due";
}

/** Somebody waits for something. */
export function hasWork(purchase: Purchase): boolean {
  return !isFinished(purchase) || isUntold(purchase);
}

/** Nothing is left to do for anybody. */
export function isAtRest(purchase: Purchase): boolean {
  return !hasWork(purchase) && !isChoiceOpen(purchase);
}

/** It is looked at now and then for which of two eSIMs is used. */
export function isChoiceOpen({ state, choice }: Purchase): boolean {
  return state === "delivered" && choice?.kind === "open";
}

/** The buyer may see the goods, or those of them that could be had. */
export function isHandedOver({ state, delivery }: Purchase): boolean {
  return delivery !== null && !HIDDEN.includes(state);
}

/** The eSIM of a line, or after the lines the fallback's, if it is the buyer's and may be seen. */
export function shownEsim(purchase: Purchase, line: number): Esim | null {
  const { delivery, choice } = purchase;
  if (!isHandedOver(purchase) || delivery?.kind !== "esims") return null;
  const esim = delivery.esims[line] ?? null;
  return choice?.kind === "made" && choice.esimTranNo !== esim?.esimTranNo ? null : esim;
}

/** Whether the buyer got the fallback's eSIM, alone or beside the first one. */
export function gotFallback({ goods, delivery }: Purchase): boolean {
  return goods.kind === "esims" && delivery?.kind === "esims" && delivery.esims.length > goods.lines.length;
}

/** When the work began that is open, or was last: the claim, or a wish to give eSIMs back. Unix milliseconds. */
export function begunAt({ createdAt, giveBack }: Purchase): number {
  return giveBack?.askedAt ?? createdAt;
}

/** Goods that are secured are not paid for yet. */
const HIDDEN: readonly PurchaseState[] = ["secured", "void"];

/** The buyer has what there is to have: the goods, the refund, or the certainty that nothing was taken. */
export function isDecided(state: PurchaseState): boolean {
  return state === "delivered" || state === "void" || state === "refunded";
}

/** Why a purchase is void: the payment never came and can't any more, or else the goods could not be had. */
export function isUnpaid(reason: string | null): boolean {
  return reason === "expired" || reason === "used_elsewhere";
}
