/** What an answer of `/verify` is taken for. Only a well-formed "valid" is one. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type PostResult, readVerify } from "../../protocol/facilitator.ts";
import { anyText } from "../builders/arbitrary.ts";
import { answer, SETTLED } from "../builders/facilitator.ts";
import { PAYER } from "../builders/payment.ts";

describe("/verify answered", () => {
  const unavailable = (fault: string) => ({ kind: "unavailable", fault });
  const rejected = (reason: string) => ({ kind: "rejected", reason });

  test.each<[string, PostResult, object]>([
    ["valid", answer(200, { isValid: true, payer: PAYER.address }), { kind: "valid" }],
    ["valid, with a null reason", answer(200, { isValid: true, invalidReason: null }), { kind: "valid" }],
    [
      "invalid",
      answer(200, { isValid: false, invalidReason: "insufficient_funds" }),
      rejected("insufficient_funds"),
    ],
    [
      "invalid with 400, as CDP does",
      answer(400, { isValid: false, invalidReason: "invalid_exact_evm_payload_signature" }),
      rejected("invalid_signature"),
    ],
    [
      "invalid for a reason unheard of",
      answer(200, { isValid: false, invalidReason: "the moon" }),
      rejected("other"),
    ],
    ["invalid for no reason", answer(200, { isValid: false }), rejected("other")],
    [
      "that the nonce is used",
      answer(200, { isValid: false, invalidReason: "invalid_exact_evm_nonce_already_used" }),
      { kind: "spent" },
    ],
    ["valid with 400", answer(400, { isValid: true }), unavailable("status_400")],
    ["valid with 302", answer(302, { isValid: true }), unavailable("status_302")],
    ["valid with 500", answer(500, { isValid: true }), unavailable("status_500")],
    [
      "invalid with 503",
      answer(503, { isValid: false, invalidReason: "insufficient_funds" }),
      unavailable("status_503"),
    ],
    [
      "401 and CDP's error body",
      answer(401, { errorType: "unauthorized", errorMessage: "no" }),
      unavailable("status_401"),
    ],
    ["429", answer(429, { errorType: "rate_limit_exceeded" }), unavailable("status_429")],
    ["nothing", answer(200, ""), unavailable("status_200")],
    ["HTML", answer(200, "<html>ok</html>"), unavailable("status_200")],
    ["a truth that is no boolean", answer(200, { isValid: "true" }), unavailable("status_200")],
    ["a number for truth", answer(200, { isValid: 1 }), unavailable("status_200")],
    ["an array", answer(200, [{ isValid: true }]), unavailable("status_200")],
    ["two truths", answer(200, '{"isValid":false,"isValid":true}'), unavailable("status_200")],
    ["a /settle answer", answer(200, SETTLED), unavailable("status_200")],
    ["a number for a reason", answer(200, { isValid: false, invalidReason: 7 }), unavailable("status_200")],
    ["nothing in time", { kind: "fault", fault: "timeout" }, unavailable("timeout")],
  ])("%s", (_, result, outcome) => {
    expect(readVerify(result)).toEqual(outcome);
  });

  test("anything else is never taken for valid", () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.oneof(fc.json(), anyText), (status, body) => {
        expect(readVerify(answer(status, body))).toEqual(unavailable(`status_${status}`));
      }),
    );
  });

  test("valid only when it says so, with a 2xx status", () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.jsonValue(), (status, isValid) => {
        const outcome = readVerify(answer(status, { isValid }));
        expect(outcome.kind === "valid").toBe(isValid === true && status >= 200 && status < 300);
      }),
    );
  });
});
