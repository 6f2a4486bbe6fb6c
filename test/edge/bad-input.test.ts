/**
 * The bad-input table: every row is a purchase that would succeed, with one thing changed. Each gets its exact answer,
 * and costs nobody anything: no facilitator call, no supplier order, no money.
 */

import { privateKeyToAddress } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HEADER } from "../../protocol/headers.ts";
import { type Stack, startStack } from "../../scripts/local/stack/start-stack.ts";
import { bodyRows } from "./bad-input/body-rows.ts";
import { headerRows } from "./bad-input/header-rows.ts";
import { paymentRows } from "./bad-input/payment-rows.ts";
import {
  authorized,
  type Change,
  mintFor,
  preparePurchase,
  presenting,
  type Row,
} from "./bad-input/purchase.ts";
import { requestRows } from "./bad-input/request-rows.ts";
import { codeOf, headerOf, invoiceIn, receiptIn, requiredOf, sendWire } from "./support.ts";

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ chains: ["polygon", "base"], allocationDelayMs: 0 });
});

afterAll(() => stack.close());

/** All that a purchase leaves behind. */
async function traces() {
  return {
    facilitatorCalls: stack.facilitator.calls.length,
    supplierOrders: stack.supplier.orders.length,
    balances: await balances(),
  };
}

/** Anvil refuses a read of the latest block if it mines the next one meanwhile; the second try gets through. */
async function balances(): Promise<readonly bigint[]> {
  const payer = privateKeyToAddress(stack.secrets.payerKey);
  const read = () => Promise.all(stack.chains.map((chain) => chain.usdcBalance(payer)));
  return read().catch(read);
}

const rows = [...headerRows, ...paymentRows, ...requestRows, ...bodyRows].map((row): [string, Row] => [
  `v${row.version} ${row.rule} → ${row.status} ${row.code}`,
  row,
]);

test("no two rows are the same", () => {
  expect(new Set(rows.map(([name, { target }]) => `${target} ${name}`)).size).toBe(rows.length);
});

describe.each(["activate", "report"] as const)("an unchanged purchase of %s", (target) => {
  test.each([1, 2] as const)("buys with x402 v%i", async (version) => {
    const before = await traces();
    const { request } = await preparePurchase(stack, target, version);
    expect(await sendWire(stack.url, request)).toMatchObject({ status: 200 });
    const after = await traces();
    expect(after.facilitatorCalls).toBe(before.facilitatorCalls + 2);
    expect(after.supplierOrders).toBe(before.supplierOrders + (target === "activate" ? 1 : 0));
    expect(after.balances[0]).toBeLessThan(before.balances[0] ?? 0n);
  });
});

describe("a purchase with one thing wrong", () => {
  let untouched: Awaited<ReturnType<typeof traces>>;
  beforeAll(async () => {
    untouched = await traces();
  });

  test.each(rows)("%s", async (_, { version, target, change, status, code }) => {
    const purchase = await preparePurchase(stack, target, version);
    const request = await change(purchase);
    const answer = await sendWire(stack.url, request);

    expect(answer.status).toBe(status);
    expect(await traces()).toEqual(untouched);
    if (request.method !== "HEAD") expect(codeOf(answer)).toBe(code);
    expect(answer.body.includes(purchase.payment.signature.slice(2))).toBe(false);
    if (headerOf(answer, "x-emulator-rule") !== "") return;

    expect(headerOf(answer, "cache-control")).toBe("no-store, private");
    if (status === 402) {
      const required = requiredOf(answer);
      expect(required.error).toBe(code);
      expect(invoiceIn(required)).not.toBe(purchase.invoice);
    } else {
      expect(answer.headers).not.toHaveProperty(HEADER.paymentRequired);
    }
  });
});

/** These may have paid before. The origin is asked, which finds that they did not, and nothing is settled. */
describe("a payment that is past paying", () => {
  const expired: Change = authorized((now) => ({ validBefore: BigInt(now - 60) }));
  const expiring: Change = authorized((now) => ({ validBefore: BigInt(now + 4) }));
  const staleInvoice: Change = presenting((purchase) => {
    const longGone = purchase.now - stack.config.maxTimeoutSeconds - 1;
    return mintFor(purchase, longGone);
  });

  describe.each([1, 2] as const)("of x402 v%i", (version) => {
    test.each([
      ["has expired", expired, "payment_expired"],
      ["expires before it could settle", expiring, "payment_expired"],
      ["is for an invoice that has expired", staleInvoice, "invoice_expired"],
    ])("%s: the origin asks for another, with new terms", async (_, change, code) => {
      const purchase = await preparePurchase(stack, "activate", version);
      const before = await traces();
      const answer = await sendWire(stack.url, await change(purchase));

      expect(await traces()).toEqual(before);
      expect([answer.status, codeOf(answer)]).toEqual([402, code]);
      // Only the origin's answers carry this.
      expect(headerOf(answer, "server-timing")).toContain("origin;");
      expect(headerOf(answer, "cache-control")).toBe("no-store, private");
      const required = requiredOf(answer);
      expect(required.error).toBe(code);
      expect(invoiceIn(required)).not.toBe(purchase.invoice);
      const receipt = version === 1 ? HEADER.xPaymentResponse : HEADER.paymentResponse;
      expect(receiptIn(headerOf(answer, receipt))).toMatchObject({ success: false, errorReason: code });
    });
  });
});
