/**
 * Whether a transaction paid an invoice. Pure.
 *
 * A hash is public the moment it is on chain, so it proves nothing about who sends it. What does: the transfer's
 * EIP-3009 nonce is the hash of the invoice token, or the transfer's sender signed that token.
 */

import type { Address, Hex } from "../../protocol/hex.ts";
import type { Usdc } from "../../protocol/money.ts";

/** A transfer of the network's USDC in the transaction. */
export interface ProvenTransfer {
  readonly logIndex: number;
  readonly from: Address;
  readonly to: Address;
  readonly value: bigint;
  /** The EIP-3009 nonce that it used, or null. */
  readonly nonce: Hex | null;
}

export interface MinedTransaction {
  readonly succeeded: boolean;
  /** Unix seconds. */
  readonly blockTime: bigint;
  /** Blocks from its own to the head, both included. */
  readonly confirmations: number;
  readonly transfers: readonly ProvenTransfer[];
}

export interface ProofTerms {
  readonly payTo: Address;
  readonly price: Usdc;
  /** What the transfer's nonce has to be; null where the bare hash is accepted. */
  readonly nonce: Hex | null;
  readonly signedBy: Address | null;
  readonly acceptsBareHash: boolean;
  /** When the payment may have been made. Unix seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly confirmations: number;
}

export type Judgement =
  | { readonly kind: "paid"; readonly transfer: ProvenTransfer }
  | { readonly kind: "unconfirmed"; readonly confirmations: number }
  | {
      readonly kind: "failed";
      readonly reason: "reverted" | "no_such_transfer" | "not_bound" | "wrong_time";
    };

export function judgeProof(mined: MinedTransaction, terms: ProofTerms): Judgement {
  if (!mined.succeeded) return { kind: "failed", reason: "reverted" };
  const toUs = mined.transfers.filter(({ to, value }) => to === terms.payTo && value === terms.price);
  if (toUs.length === 0) return { kind: "failed", reason: "no_such_transfer" };
  const transfer = toUs.find((candidate) => isBound(candidate, terms));
  if (transfer === undefined) return { kind: "failed", reason: "not_bound" };
  if (mined.blockTime < BigInt(terms.notBefore) || mined.blockTime > BigInt(terms.notAfter)) {
    return { kind: "failed", reason: "wrong_time" };
  }
  if (mined.confirmations < terms.confirmations) {
    return { kind: "unconfirmed", confirmations: mined.confirmations };
  }
  return { kind: "paid", transfer };
}

function isBound({ from, nonce }: ProvenTransfer, terms: ProofTerms): boolean {
  if (terms.acceptsBareHash) return true;
  return (
    (terms.nonce !== null && nonce === terms.nonce) || (terms.signedBy !== null && terms.signedBy === from)
  );
}
