/** What an answer of `/settle` is taken for: settled, refused, spent, and everything else unknown. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type PostResult, readSettle } from "../../protocol/facilitator.ts";
import { networks } from "../../protocol/network.ts";
import { allNetworks, anyHex, anyText } from "../builders/arbitrary.ts";
import { answer, SETTLED, TRANSACTION } from "../builders/facilitator.ts";

const { base } = networks;

describe("/settle answered", () => {
  const unknown = (fault: string) => ({ kind: "unknown", fault });
  const failure = (errorReason: unknown, transaction: unknown = "") => ({
    success: false,
    errorReason,
    transaction,
    network: "eip155:8453",
  });

  test.each<[string, PostResult, object]>([
    ["settled", answer(200, SETTLED), { kind: "settled", transaction: TRANSACTION }],
    [
      "settled, naming the network as version 1 does",
      answer(200, { ...SETTLED, network: "base" }),
      { kind: "settled", transaction: TRANSACTION },
    ],
    [
      "settled, with a hash in upper case",
      answer(200, { ...SETTLED, transaction: `0x${"AB".repeat(32)}` }),
      { kind: "settled", transaction: TRANSACTION },
    ],
    [
      "settled, with keys unheard of",
      answer(201, { ...SETTLED, extensions: { x: 1 }, errorReason: null }),
      { kind: "settled", transaction: TRANSACTION },
    ],
    [
      "a definite refusal",
      answer(200, failure("insufficient_funds")),
      { kind: "rejected", reason: "insufficient_funds" },
    ],
    [
      "a definite refusal with 400",
      answer(400, failure("invalid_exact_evm_payload_authorization_valid_before")),
      { kind: "rejected", reason: "expired" },
    ],
    [
      "a definite refusal with no transaction at all",
      answer(200, failure("insufficient_funds", null)),
      { kind: "rejected", reason: "insufficient_funds" },
    ],
    [
      "a refusal of the payer's address",
      answer(200, failure("invalid_exact_evm_payload_authorization_from_address_kyt")),
      { kind: "rejected", reason: "compliance" },
    ],
    [
      "that the nonce is used",
      answer(200, failure("invalid_exact_evm_nonce_already_used")),
      { kind: "spent" },
    ],
    [
      "that it is pending",
      answer(200, failure("settlement_pending", TRANSACTION)),
      { ...unknown("unclear_reason"), transaction: TRANSACTION },
    ],
    [
      "a definite refusal with a transaction",
      answer(200, failure("insufficient_funds", TRANSACTION)),
      { ...unknown("unclear_reason"), transaction: TRANSACTION },
    ],
    [
      "a failure on chain",
      answer(200, failure("invalid_exact_evm_transaction_failed", TRANSACTION)),
      { ...unknown("unclear_reason"), transaction: TRANSACTION },
    ],
    ["a failure of CDP's node", answer(200, failure("settle_exact_node_failure")), unknown("unclear_reason")],
    [
      "a confirmation that timed out",
      answer(200, failure("settle_exact_evm_transaction_confirmation_timed_out")),
      unknown("unclear_reason"),
    ],
    [
      "a failed simulation",
      answer(200, failure("invalid_exact_evm_transaction_simulation_failed")),
      unknown("unclear_reason"),
    ],
    ["a failure without a reason", answer(200, { success: false }), unknown("unclear_reason")],
    ["a reason named like a method", answer(200, failure("constructor")), unknown("unclear_reason")],
    [
      "success on another network",
      answer(200, { ...SETTLED, network: "eip155:137" }),
      unknown("malformed_success"),
    ],
    ["success on no network", answer(200, { ...SETTLED, network: undefined }), unknown("malformed_success")],
    ["success on a null network", answer(200, { ...SETTLED, network: null }), unknown("malformed_success")],
    [
      "success without a hash",
      answer(200, { ...SETTLED, transaction: undefined }),
      unknown("malformed_success"),
    ],
    [
      "success with an empty hash",
      answer(200, { ...SETTLED, transaction: "" }),
      unknown("malformed_success"),
    ],
    [
      "success with half a hash",
      answer(200, { ...SETTLED, transaction: TRANSACTION.slice(0, 34) }),
      unknown("malformed_success"),
    ],
    ["success with 400", answer(400, SETTLED), unknown("malformed_success")],
    ["success with 302", answer(302, SETTLED), unknown("malformed_success")],
    ["success with 500", answer(500, SETTLED), unknown("status_500")],
    ["a definite refusal with 502", answer(502, failure("insufficient_funds")), unknown("status_502")],
    ["a success that is no boolean", answer(200, { ...SETTLED, success: "true" }), unknown("status_200")],
    ["a hash that is a number", answer(200, { ...SETTLED, transaction: 7 }), unknown("status_200")],
    ["two successes", answer(200, '{"success":false,"success":true}'), unknown("status_200")],
    ["401", answer(401, { errorType: "unauthorized" }), unknown("status_401")],
    ["nothing", answer(200, ""), unknown("status_200")],
    ["HTML", answer(504, "<html>"), unknown("status_504")],
    ["a /verify answer", answer(200, { isValid: true }), unknown("status_200")],
    ["nothing in time", { kind: "fault", fault: "timeout" }, unknown("timeout")],
    ["with a reset", { kind: "fault", fault: "reset" }, unknown("reset")],
  ])("%s", (_, result, outcome) => {
    expect(readSettle(result, base)).toEqual(outcome);
  });

  test.each(allNetworks)("success on a null or absent network is not settled on $chain", (network) => {
    for (const named of [{ network: null }, { network: undefined }, { network: "" }]) {
      expect(readSettle(answer(200, { ...SETTLED, ...named }), network)).toEqual(
        unknown("malformed_success"),
      );
    }
  });

  test("anything else is never taken for an outcome", () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.oneof(fc.json(), anyText), (status, body) => {
        expect(readSettle(answer(status, body), base)).toEqual(unknown(`status_${status}`));
      }),
    );
  });

  test("settled only by a true success with 2xx, a hash, and the network asked for", () => {
    const often = <Value>(right: Value) =>
      fc.oneof({ weight: 3, arbitrary: fc.constant(right) }, fc.jsonValue());
    const body = fc.record({
      success: often(true),
      transaction: fc.oneof(often(TRANSACTION), anyHex(32), anyHex(31)),
      network: fc.oneof(often("eip155:8453"), fc.constantFrom("base", "polygon", "eip155:84532", null)),
    });
    fc.assert(
      fc.property(fc.constantFrom(200, 202, 204, 299, 302, 400, 402, 500), body, (status, fields) => {
        const outcome = readSettle(answer(status, fields), base);
        const wellFormed =
          status < 300 &&
          fields.success === true &&
          /^0x[0-9a-f]{64}$/.test(String(fields.transaction)) &&
          (fields.network === "eip155:8453" || fields.network === "base");
        expect(outcome.kind === "settled").toBe(wellFormed);
      }),
      { numRuns: 500 },
    );
  });
});
