/** Money that can't be earned goes back on chain, exactly once, whichever way it came. */

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "./stack.ts";
import { activation, balances, PRICE_MOVED, paid, payTo, problemOf, signFor, submit } from "./support.ts";

let stack: Stack;
let url: string;
const unmatched: string[] = [];

beforeAll(async () => {
  stack = await startStack({
    allocationDelayMs: 100,
    log: (event) => {
      if (event.event === "transfer_unmatched") unmatched.push(event.transaction);
    },
    config: {
      budgets: { edgeMs: 2_000, verifyMs: 1_000, originMs: 6_000 },
      maxTimeoutSeconds: 14,
      unclaimedAfterSeconds: 4,
    },
  });
  url = `${stack.url}/v1/esim/activate`;
});

afterEach(() => {
  stack.facilitator.faults.clear();
  stack.supplier.faults.clear();
});
afterAll(() => stack.close());

const init = activation({ plan: "us-7day", device_id: "drone-47" });

test("out of profiles: refunded before the answer, which says so", async () => {
  const before = await balances(stack, "polygon");
  // The plan's package, and the one that would stand in for it.
  stack.supplier.faults.add("esim/order", { kind: "out_of_stock" }, 2);
  const response = await fetch(url, paid(await signFor(stack, url, init), init));
  expect(response.status).toBe(502);
  expect(await problemOf(response)).toMatchObject({
    code: "fulfilment_failed",
    payment_state: "refunded",
    retry_action: "resign",
    refund: { amount_usdc: "4.20" },
  });
  expect((await balances(stack, "polygon")).payer).toBe(before.payer);
});

test("a refund that the facilitator settles without saying so is paid once", async () => {
  const before = await balances(stack, "polygon");
  const payment = await signFor(stack, url, init);
  stack.supplier.faults.add("esim/order", PRICE_MOVED);
  stack.facilitator.faults.queue("settle", { kind: "delay", ms: 0 }, payment.nonce);
  stack.facilitator.faults.queue("settle", { kind: "reset", when: "after" });
  const response = await fetch(url, paid(payment, init));
  expect((await problemOf(response)).payment_state).toBe("refunded");
  expect((await balances(stack, "polygon")).payer).toBe(before.payer);
});

test("a payment that was settled and never claimed is refunded by the reconciler", async () => {
  const before = await balances(stack, "polygon");
  await submit(stack, await signFor(stack, url, init));
  expect((await balances(stack, "polygon")).payer).toBeLessThan(before.payer);
  const payer = async () => (await balances(stack, "polygon")).payer;
  await expect.poll(payer, { timeout: 20_000, interval: 250 }).toBe(before.payer);
});

test("a transfer without authorization is listed for the operator and left alone", async () => {
  const before = await balances(stack, "polygon");
  await stack.chain("polygon").mintUsdc(payTo(stack), 5n);
  await expect.poll(() => unmatched.length, { timeout: 15_000, interval: 250 }).toBe(1);
  expect((await balances(stack, "polygon")).merchant).toBe(before.merchant + 5n);
});
