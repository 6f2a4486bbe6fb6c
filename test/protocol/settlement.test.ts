/** Facilitators' reasons: only what says for certain that nothing was submitted has a meaning. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { definiteReason } from "../../protocol/settlement.ts";
import { anyText } from "../builders/arbitrary.ts";

describe("a facilitator's reason", () => {
  test.each([
    ["insufficient_funds", "insufficient_funds"],
    ["invalid_exact_evm_insufficient_balance", "insufficient_funds"],
    ["invalid_exact_evm_payload_signature", "invalid_signature"],
    ["invalid_exact_evm_signature", "invalid_signature"],
    ["invalid_exact_evm_payload_authorization_valid_before", "expired"],
    ["invalid_exact_evm_payload_authorization_valid_after", "not_yet_valid"],
    ["invalid_exact_evm_payload_authorization_value_mismatch", "terms"],
    ["invalid_exact_evm_payload_authorization_value_too_low", "terms"],
    ["invalid_exact_evm_payload_recipient_mismatch", "terms"],
    ["invalid_exact_evm_recipient_mismatch", "terms"],
    ["invalid_exact_evm_token_name_mismatch", "terms"],
    ["invalid_network", "terms"],
    ["unsupported_scheme", "terms"],
    ["invalid_exact_evm_payload_authorization_from_address_kyt", "compliance"],
    ["invalid_exact_evm_payload_authorization_to_address_kyt", "compliance"],
    ["eip6492_factory_not_allowed", "unsupported_wallet"],
    ["invalid_exact_evm_nonce_already_used", "spent"],
  ])("%s means %s", (reason, meaning) => {
    expect(definiteReason(reason)).toBe(meaning);
  });

  test.each([
    "settlement_pending",
    "unexpected_settle_error",
    "unexpected_verify_error",
    "invalid_transaction_state",
    "invalid_exact_evm_transaction_failed",
    "invalid_exact_evm_transaction_simulation_failed",
    "settle_exact_node_failure",
    "settle_exact_failed_onchain",
    "settle_exact_evm_transaction_confirmation_timed_out",
    "duplicate_settlement",
    "",
    " insufficient_funds",
    "Insufficient_Funds",
    "insufficient_funds: the balance is 0",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
  ])("%j is opaque: the payment may be on its way", (reason) => {
    expect(definiteReason(reason)).toBeUndefined();
  });

  test("that nobody has heard of means nothing", () => {
    fc.assert(
      fc.property(anyText, (reason) => {
        expect(definiteReason(reason)).toBeUndefined();
      }),
    );
  });
});
