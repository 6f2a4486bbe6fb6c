/** What the agent is told to buy, what it needs from outside, what it reports on the way, and what comes of it. */

import type { PaymentState } from "../../protocol/errors.ts";
import type { Address, Hex } from "../../protocol/hex.ts";
import type { Usdc } from "../../protocol/money.ts";
import type { Caip2, Chain, Network } from "../../protocol/network.ts";
import type { Outcome } from "./outcome.ts";
import type { Signer } from "./sign.ts";

export interface PurchaseOptions {
  readonly url: URL;
  readonly method: "GET" | "POST";
  /** Sent with every request to `url`, unpaid and paid alike. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** The only chain to pay on, or null for the first one offered that we know. */
  readonly chain: Chain | null;
  readonly maxAmount: Usdc;
  /** For the whole purchase, waiting included. */
  readonly timeoutMs: number;
}

export interface Ports {
  readonly fetch: typeof fetch;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** 32 unpredictable bytes. */
  readonly newNonce: () => Hex;
  readonly signer: Signer;
  readonly onProgress: (event: Progress) => void;
}

export type Progress =
  | { readonly kind: "requesting"; readonly method: string; readonly url: string }
  | {
      readonly kind: "payment_required";
      readonly amount: Usdc;
      readonly network: Network;
      readonly payTo: Address;
    }
  | {
      readonly kind: "signed";
      readonly amount: Usdc;
      readonly network: Network;
      readonly payer: Address;
      /** Unix seconds; from then on the token refuses the authorization. */
      readonly validBefore: bigint;
    }
  | { readonly kind: "retrying"; readonly reason: string; readonly waitMs: number; readonly paid: boolean }
  | { readonly kind: "polling"; readonly orderUrl: string };

/** A settlement that succeeded, as the server's receipt header tells it. */
export interface Receipt {
  readonly transaction: Hex;
  readonly network: Caip2;
  readonly payer: Address | null;
}

export interface PurchaseResult {
  readonly outcome: Outcome;
  /** One or two sentences for a person. */
  readonly detail: string;
  /** Of the last answer; null when there was none. */
  readonly status: number | null;
  /** Of the last answer: a JSON value, text, or `{ base64 }` where it is neither. */
  readonly body: unknown;
  readonly receipt: Receipt | null;
  readonly explorerUrl: string | null;
  /** What is known of the money. Only `unused` and `refunded` make it safe to pay for the same thing again. */
  readonly paymentState: PaymentState;
  /** What was taken or may yet be: what a budget has to count. */
  readonly paid: { readonly amount: Usdc; readonly chain: Chain } | null;
  /** Where the order can be looked at, if the server named a place on its own origin. */
  readonly orderUrl: string | null;
  /** Requests sent to the URL, unpaid and paid. */
  readonly attempts: number;
}
