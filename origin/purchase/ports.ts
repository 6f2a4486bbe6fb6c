/** What the purchase rules need from outside: the table, the chain, the facilitator, the supplier, time. */

import type { Catalog } from "../../protocol/catalog.ts";
import type { AcceptedNetwork } from "../../protocol/config.ts";
import type { Authorization } from "../../protocol/eip3009.ts";
import type { Facilitator } from "../../protocol/facilitator.ts";
import type { Hex } from "../../protocol/hex.ts";
import type { Network } from "../../protocol/network.ts";
import type { OriginLogEvent } from "../log.ts";
import type { Supplier } from "../supplier/port.ts";
import type { Purchase } from "./purchase.ts";

/** The table did not answer, or answered with a fault that its own retries could not mend. */
export class StoreUnavailableError extends Error {
  override readonly name = "StoreUnavailableError";
}

/** Every method throws StoreUnavailableError. */
export interface Store {
  /** Writes a purchase that is not there yet. `exists` gives the one that is. */
  claim(purchase: Purchase): Promise<{ kind: "claimed" } | { kind: "exists"; purchase: Purchase }>;
  get(id: string): Promise<Purchase | undefined>;
  /** Replaces version `next.version - 1`. `conflict`: somebody else was faster; read again. */
  save(next: Purchase): Promise<"saved" | "conflict">;
  isReachable(): Promise<boolean>;
}

export type AuthorizationState =
  | { readonly kind: "used" }
  /** Unused as of a block with this timestamp, Unix seconds. */
  | { readonly kind: "unused"; readonly blockTime: bigint }
  | { readonly kind: "unreachable" };

export type SettlementSearch =
  | { readonly kind: "found"; readonly transaction: Hex }
  /** The nonce went to a cancellation, or to a transfer of another amount or to another account. */
  | { readonly kind: "used_elsewhere" }
  | { readonly kind: "not_found" }
  | { readonly kind: "unreachable" };

export interface Chain {
  authorizationState(network: Network, authorization: Authorization): Promise<AuthorizationState>;
  /**
   * The transaction that carried out this very authorization, looked for from the chain's head back to `since`.
   * @param since Unix milliseconds
   */
  findSettlement(network: Network, authorization: Authorization, since: number): Promise<SettlementSearch>;
  isReachable(network: Network): Promise<boolean>;
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
  readonly store: Store;
  readonly chain: Chain;
  readonly facilitator: Facilitator;
  readonly supplier: Supplier;
  /** What a fixed-price resource answers, by path. */
  readonly resources: Readonly<Record<string, (now: number) => string>>;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly randomId: () => string;
  readonly log: (event: OriginLogEvent) => void;
}
