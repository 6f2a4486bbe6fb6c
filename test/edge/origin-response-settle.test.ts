/** Settling for one answer: which settlement is this request's own, and what the chain decides. */

import { describe, expect, test } from "vitest";
import type { AuthorizationState } from "../../protocol/chain.ts";
import type { RejectionReason, SettleOutcome } from "../../protocol/settlement.ts";
import { NOW, PAYMENT_SECONDS } from "../builders/payment.ts";
import { BUDGET_MS, harness, OTHER_TRANSACTION, SETTLED, TRANSACTION } from "./origin-response-harness.ts";
import { found, named, refused, settle, unknown, usedMeanwhile } from "./origin-response-settling.ts";

describe("a settlement without an answer", () => {
  test.each([
    "timeout",
    "reset",
    "status_500",
    "status_502",
    "malformed_success",
    "unclear_reason",
    "contradiction",
  ])("(%s) that the chain shows is this request's own", async (fault) => {
    const run = harness({ settle: [unknown(fault)], chain: usedMeanwhile(found) });
    expect(await settle(run)).toEqual({ kind: "paid", transaction: OTHER_TRANSACTION });
    expect(run.settled).toHaveLength(1);
  });

  test("that does not show is asked for again, and the second asking pays", async () => {
    const run = harness({ settle: [unknown("reset"), SETTLED] });
    expect(await settle(run)).toEqual({ kind: "paid", transaction: TRANSACTION });
    expect(run.settled).toHaveLength(2);
  });

  test("is this request's own although the second asking finds the nonce used or the funds gone", async () => {
    for (const second of [{ kind: "spent" }, refused("insufficient_funds")] as const) {
      let used = false;
      const run = harness({
        settle: [unknown("timeout"), second],
        chain: {
          authorizationState: async () =>
            used || run.settled.length < 2 ? { kind: "unused", blockTime: 0n } : { kind: "used" },
          findSettlement: async () => {
            used = true;
            return found;
          },
        },
      });
      expect((await settle(run)).kind).toBe("paid");
    }
  });

  test("whose nonce went elsewhere is void", async () => {
    const run = harness({ settle: [unknown("reset")], chain: usedMeanwhile({ kind: "used_elsewhere" }) });
    expect(await settle(run)).toEqual({ kind: "void" });
  });

  test("is void once a block is past its time, and not a second before", async () => {
    for (const [early, kind] of [
      [1n, "unresolved"],
      [0n, "void"],
    ] as const) {
      const blockTime = BigInt(NOW + PAYMENT_SECONDS) - early;
      const state = async (): Promise<AuthorizationState> => ({ kind: "unused", blockTime });
      const run = harness({ settle: [unknown("reset")], chain: { authorizationState: state } });
      expect((await settle(run)).kind).toBe(kind);
    }
  });
});

describe("a chain that can't be seen", () => {
  const chain = { authorizationState: async (): Promise<AuthorizationState> => ({ kind: "unreachable" }) };

  test("holds nothing up that the facilitator confirms or refuses", async () => {
    expect((await settle(harness({ chain }))).kind).toBe("paid");
    expect((await settle(harness({ chain, settle: [refused("terms")] }))).kind).toBe("rejected");
    expect((await settle(harness({ chain, settle: [{ kind: "spent" }] }))).kind).toBe("already_used");
  });

  test.each<[string, SettleOutcome]>([
    ["a call without an answer", unknown("status_500")],
    ["want of money, which may be a copy's doing", refused("insufficient_funds")],
    ["an expiry, before which a copy may have landed", refused("expired")],
  ])("leaves %s unresolved", async (_, outcome) => {
    expect((await settle(harness({ chain, settle: [outcome] }))).kind).toBe("unresolved");
  });
});

describe("a payment that somebody else settled", () => {
  test("before this request asked is not handed over at all", async () => {
    const run = harness({ chain: { authorizationState: async () => ({ kind: "used" }) } });
    expect(await settle(run)).toEqual({ kind: "already_used" });
    expect(run.settled).toEqual([]);
  });

  test.each<[string, SettleOutcome]>([
    ["the facilitator says so at once", { kind: "spent" }],
    ["the facilitator refused the connection", unknown("refused")],
    ["the facilitator had too many requests", unknown("status_429")],
    ["the facilitator refused the key", unknown("status_401")],
    ["the payer's last money is gone", refused("insufficient_funds")],
    ["the authorization has expired meanwhile", refused("expired")],
  ])("is not served: %s", async (_, outcome) => {
    const run = harness({ settle: [outcome], chain: usedMeanwhile(found) });
    expect(await settle(run)).toEqual({ kind: "already_used" });
    expect(run.settled).toHaveLength(1);
  });

  test("is not served when the transaction that the facilitator named has failed", async () => {
    const run = harness({ settle: [named], chain: usedMeanwhile(found, { kind: "failed" }) });
    expect(await settle(run)).toEqual({ kind: "already_used" });
  });
});

describe("a transaction that the facilitator named without confirming it", () => {
  test("pays when it lands", async () => {
    const run = harness({ settle: [named], chain: { transactionState: async () => ({ kind: "paid" }) } });
    expect(await settle(run)).toEqual({ kind: "paid", transaction: TRANSACTION });
    expect(run.settled).toHaveLength(1);
  });

  test("is waited for while another one shows, and given up at the end", async () => {
    const run = harness({ settle: [named], chain: usedMeanwhile(found) });
    expect(await settle(run)).toEqual({ kind: "paid", transaction: OTHER_TRANSACTION });
    expect(run.elapsed()).toBe(BUDGET_MS);
  });

  test("that never lands is settled again", async () => {
    const run = harness({ settle: [named, SETTLED] });
    expect((await settle(run)).kind).toBe("paid");
    expect(run.settled).toHaveLength(2);
  });
});

describe("a refusal", () => {
  test.each<RejectionReason>([
    "invalid_signature",
    "not_yet_valid",
    "terms",
    "compliance",
    "unsupported_wallet",
  ])("(%s) is final", async (reason) => {
    const run = harness({ settle: [refused(reason)] });
    expect(await settle(run)).toEqual({ kind: "rejected", reason });
    expect(run.settled).toHaveLength(1);
  });

  test("for want of money is final once the chain shows the nonce unused", async () => {
    const run = harness({ settle: [refused("insufficient_funds")] });
    expect(await settle(run)).toEqual({ kind: "rejected", reason: "insufficient_funds" });
  });

  test("as expired is final only once no copy can land", async () => {
    const expiry = BigInt(NOW + 5);
    const run = harness({
      settle: [refused("expired")],
      chain: {
        authorizationState: async () => ({
          kind: "unused",
          blockTime: run.elapsed() < 8_000 ? expiry : BigInt(NOW + PAYMENT_SECONDS),
        }),
      },
    });
    expect(await settle(run)).toEqual({ kind: "void" });
    expect(run.elapsed()).toBeGreaterThanOrEqual(8_000);
    expect(run.settled).toHaveLength(1);
  });
});
