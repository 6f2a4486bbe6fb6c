/**
 * What is known about a payment after asking a facilitator.
 *
 * Settlement has three outcomes, not two: an authorization that was handed over and not clearly refused may still land
 * on chain, and until it can't, nobody may be asked for another. `spent` says that the nonce is used, by this payment
 * or by somebody who copied it; only the chain and the ledger can tell which.
 */

import type { Hex } from "./hex.ts";
import { lazily } from "./lazily.ts";

export type VerifyOutcome =
  | { readonly kind: "valid" }
  | { readonly kind: "rejected"; readonly reason: RejectionReason }
  | { readonly kind: "spent" }
  /** No usable answer. Nothing was handed over for settlement. */
  | { readonly kind: "unavailable"; readonly fault: string };

export type SettleOutcome =
  | { readonly kind: "settled"; readonly transaction: Hex }
  | { readonly kind: "rejected"; readonly reason: RejectionReason }
  | { readonly kind: "spent" }
  /** `transaction` is what the facilitator named while it confirmed nothing: it may be on its way, or have failed. */
  | { readonly kind: "unknown"; readonly fault: string; readonly transaction?: Hex };

/** The transaction that an answer names, whether or not it says that it settled. */
export function transactionIn(outcome: SettleOutcome): Hex | null {
  return "transaction" in outcome ? (outcome.transaction ?? null) : null;
}

export type RejectionReason =
  | "insufficient_funds"
  | "invalid_signature"
  | "expired"
  | "not_yet_valid"
  | "terms"
  | "compliance"
  | "unsupported_wallet"
  /** A verification failed for a reason that we have no word for. Never given by a settlement: that is unknown. */
  | "other";

/**
 * Facilitators' reasons that say, whoever asks and whenever, that this authorization was not submitted. The strings of
 * the x402 specification, the reference facilitator and CDP. What is not in here is opaque.
 */
const definite = lazily(
  (): Readonly<Record<string, RejectionReason | "spent">> => ({
    insufficient_funds: "insufficient_funds",
    invalid_exact_evm_insufficient_balance: "insufficient_funds",
    invalid_exact_evm_signature: "invalid_signature",
    invalid_exact_evm_payload_signature: "invalid_signature",
    invalid_exact_evm_failed_to_parse_signature: "invalid_signature",
    invalid_exact_evm_payload_authorization_valid_before: "expired",
    invalid_exact_evm_payload_authorization_valid_after: "not_yet_valid",
    invalid_exact_evm_authorization_value: "terms",
    invalid_exact_evm_payload_authorization_value: "terms",
    invalid_exact_evm_payload_authorization_value_mismatch: "terms",
    invalid_exact_evm_payload_authorization_value_too_low: "terms",
    invalid_exact_evm_recipient_mismatch: "terms",
    invalid_exact_evm_payload_recipient_mismatch: "terms",
    invalid_exact_evm_network_mismatch: "terms",
    invalid_exact_evm_token_name_mismatch: "terms",
    invalid_exact_evm_token_version_mismatch: "terms",
    invalid_network: "terms",
    invalid_scheme: "terms",
    unsupported_scheme: "terms",
    invalid_exact_evm_payload_authorization_from_address_kyt: "compliance",
    invalid_exact_evm_payload_authorization_to_address_kyt: "compliance",
    eip6492_factory_not_allowed: "unsupported_wallet",
    invalid_exact_evm_nonce_already_used: "spent",
  }),
);

/** What a reason string says for certain, or undefined. */
export function definiteReason(reason: string): RejectionReason | "spent" | undefined {
  const reasons = definite();
  return Object.hasOwn(reasons, reason) ? reasons[reason] : undefined;
}
