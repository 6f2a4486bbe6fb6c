/** A stack that is stopped in the middle of a purchase and started again with the same data folder finishes it. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Stack, type StackOptions, startStack } from "./stack.ts";
import { activation, balances, esimOf, PRICE, paid, signFor } from "./support.ts";

/** Longer than it takes to stop the stack, on a busy machine too. */
const ALLOCATION_DELAY_MS = 10_000;

/** From the restart to the goods. */
const DELIVERED_WITHIN_MS = 20_000;

let dataDir: string;
let stack: Stack | undefined;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "edge402-"));
});
afterEach(async () => {
  await stack?.close();
  rmSync(dataDir, { recursive: true });
});

async function start(options: StackOptions = {}): Promise<Stack> {
  const budgets = { edgeMs: 2_000, verifyMs: 1_000, originMs: 1_000 };
  stack = await startStack({ dataDir, config: { budgets }, ...options });
  return stack;
}

const init = activation({ plan: "us-7day", device_id: "drone-47" });

const pendingSchema = v.object({ order_id: v.string(), access_token: v.string() });

test("an order that was being allocated is delivered after the restart, for one payment and one bill", async () => {
  const first = await start({ allocationDelayMs: ALLOCATION_DELAY_MS });
  const before = await balances(first, "polygon");
  const url = `${first.url}/v1/esim/activate`;
  const answer = await fetch(url, paid(await signFor(first, url, init), init));
  expect(answer.status).toBe(202);
  const { order_id, access_token } = v.parse(pendingSchema, await answer.json());
  const [ordered] = first.supplier.orders;
  await first.close();
  expect(Date.now()).toBeLessThan(ordered?.readyAtMs ?? 0);

  const second = await start();
  const order = () =>
    fetch(`${second.url}/v1/orders/${order_id}`, { headers: { authorization: `Bearer ${access_token}` } });
  await expect
    .poll(async () => (await order()).status, { timeout: DELIVERED_WITHIN_MS, interval: 200 })
    .toBe(200);
  const esim = await esimOf(await order());
  expect(esim.qr_code).toBe(ordered?.profiles[0]?.ac);
  expect(second.supplier.orders).toEqual([ordered]);
  expect(second.supplier.balance()).toBe(first.supplier.balance());
  // The payer's wallet was filled up again.
  expect((await balances(second, "polygon")).merchant).toBe(before.merchant + PRICE["us-7day"]);
});

test("an order whose answer was lost with the stack is not booked a second time", async () => {
  const first = await start({ allocationDelayMs: 0 });
  const before = await balances(first, "polygon");
  first.supplier.faults.add("esim/order", { kind: "delay_after", ms: DELIVERED_WITHIN_MS });
  const url = `${first.url}/v1/esim/activate`;
  const payment = await signFor(first, url, init);
  const unanswered = fetch(url, paid(payment, init)).catch(() => undefined);
  await expect.poll(() => first.supplier.orders.length, { timeout: 5_000, interval: 20 }).toBe(1);
  const [ordered] = first.supplier.orders;
  await first.close();
  await unanswered;

  const second = await start();
  const again = `${second.url}/v1/esim/activate`;
  await expect
    .poll(async () => (await fetch(again, paid(payment, init))).status, {
      timeout: DELIVERED_WITHIN_MS,
      interval: 200,
    })
    .toBe(200);
  const esim = await esimOf(await fetch(again, paid(payment, init)));
  expect(esim.qr_code).toBe(ordered?.profiles[0]?.ac);
  expect(second.supplier.orders).toEqual([ordered]);
  expect((await balances(second, "polygon")).merchant).toBe(before.merchant + PRICE["us-7day"]);
});
