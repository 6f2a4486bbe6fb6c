/** What the purchase rules need from outside: the table, the chain, the facilitator, the supplier, time. */

import type { Catalog } from "../../protocol/catalog.ts";
import type { AuthorizationState, SettlementSearch } from "../../protocol/chain.ts";
import type { AcceptedNetwork } from "../../protocol/config.ts";
import type { Authorization } from "../../protocol/eip3009.ts";
import type { Facilitator } from "../../protocol/facilitator.ts";
import type { Address, Hex } from "../../protocol/hex.ts";
import type { Network } from "../../protocol/network.ts";
import type { EsimLine } from "../../protocol/offer.ts";
import type { AllotmentStore } from "../allotment/ports.ts";
import type { OriginLogEvent } from "../log.ts";
import type { RefundSigner } from "../signer/port.ts";
import type { SupplierLifecycle } from "../supplier/lifecycle.ts";
import type { Supplier } from "../supplier/port.ts";
import type { Esim, Purchase, Webhook } from "./purchase.ts";

/** The table did not answer, or answered with a fault that its own retries could not mend. */
export class StoreUnavailableError extends Error {
  override readonly name: string = "StoreUnavailableError";
}

/** An item of the table that this code can't read: never written by it, or altered since. */
export class StoreUnreadableError extends StoreUnavailableError {
  override readonly name = "StoreUnreadableError";
}

/** Every method throws StoreUnavailableError. */
export interface Store {
  /** Writes a purchase that is not there yet. `exists` gives the one that is. */
  claim(purchase: Purchase): Promise<{ kind: "claimed" } | { kind: "exists"; purchase: Purchase }>;
  get(id: string): Promise<Purchase | undefined>;
  /** Replaces version `next.version - 1`. `conflict`: somebody else was faster; read again. */
  save(next: Purchase): Promise<"saved" | "conflict">;
  /**
   * Gives a replay key to an order, if nobody has it, or if `from` has it. Returns the order that has it afterwards.
   */
  holdKey(key: Hex, orderId: string, from: string | null): Promise<string>;
  /** Purchases that are not finished and whose `dueAt` has passed, the longest overdue first. */
  due(now: number, limit: number): Promise<readonly Purchase[]>;
  /** Likewise, of those whose buyers are only to be told. */
  untold(now: number, limit: number): Promise<readonly Purchase[]>;
  /** Purchases at rest with ledger entries that are not archived. */
  unarchived(limit: number): Promise<readonly Purchase[]>;
  isReachable(): Promise<boolean>;
}

export interface Chain {
  authorizationState(network: Network, authorization: Authorization): Promise<AuthorizationState>;
  /**
   * The transaction that carried out this very authorization, looked for from the chain's head back to `since`.
   * @param since Unix milliseconds
   */
  findSettlement(network: Network, authorization: Authorization, since: number): Promise<SettlementSearch>;
  /** In atomic units; undefined when the endpoint can't be reached. */
  usdcBalance(network: Network, owner: Address): Promise<bigint | undefined>;
  isReachable(network: Network): Promise<boolean>;
}

/** What a buyer's webhook made of the news. */
export type WebhookAnswer =
  | { readonly kind: "taken" }
  /** It wants to hear no more (410). */
  | { readonly kind: "gone" }
  /** In a word of ours. */
  | { readonly kind: "failed"; readonly reason: string };

/** The buyers' webhooks. */
export interface Webhooks {
  /** Tells what became of a purchase that is decided, once. Never throws for what happens on the way there. */
  post(purchase: Purchase, webhook: Webhook): Promise<WebhookAnswer>;
}

/** eSIMs that were bought in advance. */
export interface Pool {
  /**
   * Takes eSIMs for the lines of an order whose purchase is about to be claimed; null for a line that it has none for,
   * and in place of the list where it has none at all. Never throws for a table that is down: then it has none.
   */
  take(orderId: string, lines: readonly EsimLine[]): Promise<readonly (Esim | null)[] | null>;
  /** What is ready to be handed out, by plan. @throws StoreUnavailableError */
  levels(): Promise<readonly { readonly plan: string; readonly ready: number }[]>;
}

export interface PurchasePorts {
  readonly catalog: Catalog;
  readonly networks: readonly AcceptedNetwork[];
  readonly publicUrl: string;
  readonly maxTimeoutSeconds: number;
  /** How long the edge may work on one request before it forwards it. Milliseconds. */
  readonly edgeBudgetMs: number;
  /** How long one request may work on a purchase before it answers 202. Milliseconds. */
  readonly budgetMs: number;
  /** How long after its settlement a purchase may be delivered; then it is refunded. Milliseconds. */
  readonly fulfilWithinMs: number;
  /** From settlement, or from the claim, until the fallback is ordered as well. Milliseconds. */
  readonly fallbackAfterMs: number;
  readonly store: Store;
  readonly allotments: AllotmentStore;
  readonly chain: Chain;
  readonly facilitator: Facilitator;
  readonly supplier: Supplier;
  /** What can be done with eSIMs that were bought. */
  readonly lifecycle: SupplierLifecycle;
  readonly pool: Pool;
  readonly refundSigner: RefundSigner;
  readonly webhooks: Webhooks;
  /** What a fixed-price resource answers, by path. */
  readonly resources: Readonly<Record<string, (now: number) => string>>;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly randomId: () => string;
  readonly log: (event: OriginLogEvent) => void;
}
