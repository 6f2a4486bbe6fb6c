/** The error table: stable codes, and never a word that would make an agent pay twice. */

import { describe, expect, test } from "vitest";
import { type ErrorCode, errorTable, problem } from "../../protocol/errors.ts";

const codes = Object.keys(errorTable).filter(isErrorCode);

function isErrorCode(key: string): key is ErrorCode {
  return Object.hasOwn(errorTable, key);
}

describe("every error", () => {
  test.each(codes)("%s is a problem document with a stable code", (code) => {
    const document = problem(code);
    expect(code).toMatch(/^[a-z]+(_[a-z0-9]+)*$/);
    expect(document).toMatchObject({ type: `urn:edge402:error:${code}`, code });
    expect(document.status).toBeGreaterThanOrEqual(400);
    expect(document.status).toBeLessThan(600);
    expect(document.title).toMatch(/^[A-Z].*[^.]$/);
    expect(document.retry_action).toMatch(
      /^(resign|retry_same_payment|poll|wait_and_retry|abandon|human_required)$/,
    );
    expect(document.payment_state).toMatch(/^(unused|in_flight|settled|refunded)$/);
  });

  test.each(codes)("%s asks for another signature only when the money is unused, and with 402", (code) => {
    const { retry_action, payment_state, status } = problem(code);
    if (retry_action === "resign")
      expect({ payment_state, status }).toEqual({ payment_state: "unused", status: 402 });
    // A transaction proof that is too young asks for nothing but time.
    if (payment_state !== "unused" && retry_action !== "wait_and_retry") expect(status).not.toBe(402);
  });

  test("has a title of its own", () => {
    expect(new Set(codes.map((code) => problem(code).title)).size).toBe(codes.length);
  });
});

describe("a problem document", () => {
  test("has the members of RFC 9457 and ours, and none that is undefined", () => {
    expect(problem("plan_unknown", { detail: "GET /v1/plans lists the plans." })).toEqual({
      type: "urn:edge402:error:plan_unknown",
      title: "There is no such plan",
      status: 422,
      code: "plan_unknown",
      detail: "GET /v1/plans lists the plans.",
      retry_action: "abandon",
      payment_state: "unused",
    });
    expect(Object.values(problem("internal_error"))).not.toContain(undefined);
    expect(problem("internal_error")).not.toHaveProperty("detail");
  });

  test("says what the moment knows instead of what the table says", () => {
    const known = problem("payment_for_other_request", { paymentState: "in_flight", retryAction: "poll" });
    expect(known).toMatchObject({ payment_state: "in_flight", retry_action: "poll", status: 409 });
  });
});
