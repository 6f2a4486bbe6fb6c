/** The origin-response function's time: it is kept whatever hangs, and what ends with it asks for no second signature. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TransactionState } from "../../edge/ports.ts";
import type { AuthorizationState, SettlementSearch } from "../../protocol/chain.ts";
import type { RejectionReason, SettleOutcome } from "../../protocol/settlement.ts";
import { NOW } from "../builders/payment.ts";
import { BUDGET_MS, harness, SETTLED } from "./origin-response-harness.ts";
import { found, named, refused, settle, unknown, usedMeanwhile } from "./origin-response-settling.ts";

describe("the time", () => {
  test("is over when it is over: a facilitator and a chain that hang", async () => {
    const run = harness({
      settle: [unknown("timeout")],
      settleTakes: 60_000,
      chainTakes: 60_000,
      chain: { authorizationState: async () => ({ kind: "unreachable" }) },
    });
    expect(await settle(run)).toEqual({ kind: "unresolved", fault: "timeout" });
    expect(run.elapsed()).toBe(BUDGET_MS);
  });

  test("that a first settlement gets leaves half for finding out what became of it", async () => {
    const run = harness({ settle: [unknown("timeout")], settleTakes: 60_000, chain: usedMeanwhile(found) });
    expect((await settle(run, 4_000)).kind).toBe("paid");
    expect(run.elapsed()).toBe(2_000);
  });

  const outcome = fc.oneof(
    fc.constantFrom<SettleOutcome>(SETTLED, { kind: "spent" }, named),
    fc.constantFrom("reset", "timeout", "status_503", "status_429", "refused").map(unknown),
    fc.constantFrom<RejectionReason>("terms", "expired", "insufficient_funds").map(refused),
  );
  const state = fc.oneof(
    fc.constant<AuthorizationState>({ kind: "used" }),
    fc.constant<AuthorizationState>({ kind: "unreachable" }),
    fc.constant<AuthorizationState>({ kind: "unused", blockTime: BigInt(NOW) }),
  );
  const search = fc.constantFrom<SettlementSearch>(found, { kind: "not_found" }, { kind: "unreachable" });
  const transaction = fc.constantFrom<TransactionState["kind"]>("paid", "failed", "unseen", "unreachable");

  test("is kept, and no other signature is asked for while this one may land, whatever happens", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(outcome, { minLength: 1, maxLength: 5 }),
        fc.array(state, { minLength: 1, maxLength: 8 }),
        search,
        transaction,
        fc.nat(20_000),
        fc.nat(5_000),
        async (outcomes, states, search, kind, settleTakes, chainTakes) => {
          const [first = SETTLED, ...others] = outcomes;
          const told: AuthorizationState[] = [];
          const run = harness({
            settle: [first, ...others],
            settleTakes,
            chainTakes,
            chain: {
              authorizationState: async () => {
                const seen = states.shift() ?? told.at(-1) ?? { kind: "unreachable" };
                told.push(seen);
                return seen;
              },
              findSettlement: async () => search,
              transactionState: async () => ({ kind }),
            },
          });
          const settlement = await settle(run);
          expect(run.elapsed()).toBeLessThanOrEqual(BUDGET_MS);
          const answered = outcomes.slice(0, run.settled.length);
          const asks = answered.map((ask) => (ask.kind === "unknown" ? ask : { kind: ask.kind, fault: "" }));
          const isNamed = answered.includes(named);
          const isLost = asks.some(({ fault }) => ["reset", "timeout", "status_503"].includes(fault));
          const open = isLost || isNamed;
          if (settlement.kind === "rejected") expect(isLost || (isNamed && kind !== "failed")).toBe(false);
          expect(settlement.kind).not.toBe("void");
          if (settlement.kind === "already_used" && told[0]?.kind === "used") expect(run.settled).toEqual([]);
          if (settlement.kind === "paid") {
            expect(open || answered.at(-1)?.kind === "settled").toBe(true);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
