/** What the flow needs from outside. The composition root wires the adapters to it. */

import type { AuthorizationState, SettlementSearch } from "../protocol/chain.ts";
import type { Config } from "../protocol/config.ts";
import type { Credit } from "../protocol/credit.ts";
import type { Authorization } from "../protocol/eip3009.ts";
import type { Facilitator } from "../protocol/facilitator.ts";
import type { Hex } from "../protocol/hex.ts";
import type { HmacKey } from "../protocol/keys.ts";
import type { Network } from "../protocol/network.ts";
import type { LogEvent } from "./log.ts";

export interface Ports {
  readonly config: Config;
  /** Sign invoices; the first is current. */
  readonly invoiceKeys: readonly HmacKey[];
  /** Sign grants; the first is current. */
  readonly grantKeys: readonly HmacKey[];
  readonly facilitator: Facilitator;
  readonly chain: Chain;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly log: (event: LogEvent) => void;
}

/** What the viewer-request function needs beyond that. */
export interface GatePorts extends Ports {
  /** Whether our credit at the supplier is enough, as far as it is known by a deadline, Unix ms. Never rejects. */
  readonly credit: (deadline: number) => Promise<Credit>;
}

/** What the origin-response function needs beyond the common ones. */
export interface OriginResponsePorts extends Ports {
  readonly sleep: (ms: number) => Promise<void>;
  /** True once for each payment, as far as this instance remembers. @param payment from `paymentKey` */
  readonly claim: (payment: string) => boolean;
}

export type TransactionState =
  /** Carried out this very authorization. */
  | { readonly kind: "paid" }
  /** Was reverted, or did something else. */
  | { readonly kind: "failed" }
  /** In no block yet, and perhaps never. */
  | { readonly kind: "unseen" }
  | { readonly kind: "unreachable" };

/** Each method answers by its deadline, Unix milliseconds. */
export interface Chain {
  authorizationState(
    network: Network,
    authorization: Authorization,
    deadline: number,
  ): Promise<AuthorizationState>;
  /** The transaction that carried out this very authorization, among the latest blocks. */
  findSettlement(network: Network, authorization: Authorization, deadline: number): Promise<SettlementSearch>;
  transactionState(
    network: Network,
    authorization: Authorization,
    transaction: Hex,
    deadline: number,
  ): Promise<TransactionState>;
}
