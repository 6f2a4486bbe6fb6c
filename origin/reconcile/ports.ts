/** What the reconciler needs: the chain's transfers to the merchant, the table, and a place for its cursors. */

import type { AcceptedNetwork } from "../../protocol/config.ts";
import type { Address, Hex } from "../../protocol/hex.ts";
import type { Usdc } from "../../protocol/money.ts";
import type { Network } from "../../protocol/network.ts";
import type { OriginLogEvent } from "../log.ts";
import type { Store } from "../purchase/ports.ts";

/** A transfer of USDC to the merchant. */
export interface IncomingTransfer {
  readonly transaction: Hex;
  readonly logIndex: number;
  readonly block: bigint;
  /** Unix seconds. */
  readonly blockTime: bigint;
  readonly from: Address;
  readonly value: Usdc;
  /** The EIP-3009 nonce that it used, or null for a transfer without authorization. */
  readonly nonce: Hex | null;
}

export type Scan =
  /** All transfers of the range. */
  | { readonly kind: "scanned"; readonly transfers: readonly IncomingTransfer[] }
  /** The endpoint refused or failed; a narrower range may go through. */
  | { readonly kind: "failed" };

export interface TransferSource {
  /** The latest block's number, or undefined when the endpoint can't be reached. */
  head(network: Network): Promise<bigint | undefined>;
  /** @param isClosed by `transferKey`; those are left out, and nothing is asked about them */
  incoming(
    network: Network,
    to: Address,
    fromBlock: bigint,
    toBlock: bigint,
    isClosed: (transfer: string) => boolean,
  ): Promise<Scan>;
}

/** Transfers of which nothing more is to be expected, so that a run asks about each only once. */
export interface ClosedTransfers {
  readonly has: (transfer: string) => boolean;
  readonly add: (transfer: string) => void;
}

export function transferKey(
  { caip2 }: Network,
  { transaction, logIndex }: Pick<IncomingTransfer, "transaction" | "logIndex">,
): string {
  return `${caip2} ${transaction} ${logIndex}`;
}

/** Some hours' worth of sales. */
const REMEMBERED = 20_000;

/** In memory: what another process knows is asked about again, once. */
export function rememberClosed(): ClosedTransfers {
  const known = new Set<string>();
  return {
    has: (transfer) => known.has(transfer),
    add(transfer) {
      if (known.size >= REMEMBERED) known.clear();
      known.add(transfer);
    },
  };
}

/** Every method throws StoreUnavailableError. */
export interface ReconcilerStore extends Pick<Store, "get" | "claim" | "save"> {
  /** The last block that needs no further look, or undefined before the first run. */
  cursor(network: Network): Promise<bigint | undefined>;
  moveCursor(network: Network, block: bigint): Promise<void>;
  /** Lists a transfer for the operator; once, however often it is found. */
  recordUnmatched(network: Network, transfer: IncomingTransfer): Promise<void>;
}

export interface ReconcilerPorts {
  readonly networks: readonly AcceptedNetwork[];
  readonly source: TransferSource;
  readonly store: ReconcilerStore;
  readonly closed: ClosedTransfers;
  /** How old a settlement must be before nobody is expected to claim it any more. Milliseconds. */
  readonly unclaimedAfterMs: number;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly randomId: () => string;
  readonly log: (event: OriginLogEvent) => void;
}
