/** Settlements that go wrong at the edge: the agent signs once and gets its eSIM, or is told clearly that it did not pay. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Fault } from "../../scripts/local/facilitator/faults.ts";
import { type Stack, startStack } from "./stack.ts";
import {
  activation,
  balances,
  esimOf,
  liveOrders,
  PRICE,
  paid,
  problemOf,
  quickBudgets,
  type SettlementMode,
  signFor,
} from "./support.ts";

/** The suite for one mode of settlement; each mode has a file of its own, so that they run side by side. */
export function settlementSuite(name: string, config: SettlementMode): void {
  describe(`settled by ${name}`, () => {
    let stack: Stack;
    let url: string;

    beforeAll(async () => {
      stack = await startStack({
        allocationDelayMs: 100,
        // Short enough for "never lands" to end within a test, long enough for the settlement margin.
        config: { ...config, budgets: quickBudgets, maxTimeoutSeconds: 14 },
      });
      url = `${stack.url}/v1/esim/activate`;
    });

    afterEach(() => stack.facilitator.faults.clear());
    afterAll(() => stack.close());

    const init = activation({ plan: "us-7day", device_id: "drone-47" });

    describe("a settlement that happened but was not confirmed to the edge", () => {
      const faults: readonly (readonly [string, Fault])[] = [
        ["answers after the edge's deadline", { kind: "delay_after", ms: 3_000 }],
        ["settles after the edge's deadline", { kind: "delay", ms: 2_500 }],
        ["is reset after it settled", { kind: "reset", when: "after" }],
        ["is a 502 after it settled", { kind: "status", when: "after", status: 502 }],
        ["is garbage after it settled", { kind: "garbage", when: "after", body: "not_json" }],
        ["has the wrong shape after it settled", { kind: "garbage", when: "after", body: "wrong_shape" }],
        ["says settlement_pending", { kind: "pending" }],
        ["is settled twice, and the second is refused", { kind: "duplicate" }],
      ];

      test.each(faults)("%s: one signature, one eSIM", async (_, fault) => {
        const before = await balances(stack, "polygon");
        const payment = await signFor(stack, url, init);
        stack.facilitator.faults.queue("settle", fault, payment.nonce);
        const esim = await esimOf(await fetch(url, paid(payment, init)));
        expect(esim.replayed).toBe(false);
        expect((await balances(stack, "polygon")).payer).toBe(before.payer - PRICE["us-7day"]);
        expect(
          stack.supplier.orders.filter(({ transactionId }) => transactionId === esim.order_id),
        ).toHaveLength(1);
      });
    });

    describe("a settlement that did not happen at the edge", () => {
      const faults: readonly (readonly [string, Fault])[] = [
        ["was reset before it began", { kind: "reset", when: "before" }],
        ["was a 503 before it began", { kind: "status", when: "before", status: 503 }],
        ["hangs", { kind: "hang" }],
        ["was dropped as pending", { kind: "drop" }],
      ];

      test.each(faults)("%s: the origin settles it, one signature, one eSIM", async (_, fault) => {
        const before = await balances(stack, "polygon");
        const payment = await signFor(stack, url, init);
        stack.facilitator.faults.queue("settle", fault, payment.nonce);
        await esimOf(await fetch(url, paid(payment, init)));
        expect((await balances(stack, "polygon")).payer).toBe(before.payer - PRICE["us-7day"]);
      });
    });

    test("a settlement that never lands ends in a clear error with nothing delivered and nothing taken", async () => {
      const before = await balances(stack, "polygon");
      const orders = liveOrders(stack);
      const payment = await signFor(stack, url, init);
      for (let i = 0; i < 20; i++) stack.facilitator.faults.queue("settle", { kind: "drop" }, payment.nonce);

      const first = await fetch(url, paid(payment, init));
      expect(first.status).toBe(202);
      const accepted: unknown = await first.json();
      expect(accepted).toMatchObject({ state: config.settle === "origin" ? "secured" : "settling" });

      const last = await fetch(url, paid(payment, init));
      expect(last.status).toBe(402);
      expect(await problemOf(last)).toMatchObject({
        code: "payment_void",
        retry_action: "resign",
        payment_state: "unused",
      });
      expect(await balances(stack, "polygon")).toEqual(before);
      await expect.poll(() => liveOrders(stack), { timeout: 10_000 }).toBe(orders);
    });

    // Upfront, nobody asks it to.
    if (config.upfront === true) return;
    describe("a facilitator that can't verify", () => {
      test.each([
        ["times out", { kind: "hang" }],
        ["is reset", { kind: "reset", when: "before" }],
        ["is a 500", { kind: "status", when: "before", status: 500 }],
        ["is garbage", { kind: "garbage", when: "before", body: "wrong_shape" }],
      ] as const)("%s: 503, the same payment may be sent again, and buys", async (_, fault) => {
        const payment = await signFor(stack, url, init);
        stack.facilitator.faults.queue("verify", fault, payment.nonce);
        const refused = await fetch(url, paid(payment, init));
        expect(refused.status).toBe(503);
        expect(refused.headers.has("retry-after")).toBe(true);
        expect(refused.headers.has("payment-required")).toBe(false);
        expect(await problemOf(refused)).toMatchObject({
          code: "facilitator_unavailable",
          retry_action: "retry_same_payment",
          payment_state: "in_flight",
        });
        await esimOf(await fetch(url, paid(payment, init)));
      });
    });
  });
}
