/** The ledger of a running stack: archived as purchases come to rest, proven by the command, shown for a dispute. */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runLedger } from "../../scripts/ledger/command.ts";
import { type Stack, startStack } from "./stack.ts";
import { activation, esimOf, PRICE_MOVED, paid, problemOf, signFor } from "./support.ts";

let stack: Stack;
let url: string;

beforeAll(async () => {
  stack = await startStack({ allocationDelayMs: 50 });
  url = `${stack.url}/v1/esim/activate`;
});
afterAll(() => stack.close());

const init = activation({ plan: "us-7day", device_id: "drone-47" });

async function ledger(...args: readonly string[]) {
  const lines: string[] = [];
  const add = (line: string) => {
    lines.push(line);
  };
  const code = await runLedger([...args, "--dir", stack.archive.dir], { out: add, err: add });
  return { code, output: lines.join("\n") };
}

const shows = (text: string) => async () => (await ledger("show", text)).output;

test("a delivered and a refunded purchase are archived, shown with their history, and the chain is proven", async () => {
  const delivered = await esimOf(await fetch(url, paid(await signFor(stack, url, init), init)));
  stack.supplier.faults.add("esim/order", PRICE_MOVED);
  const refused = await problemOf(await fetch(url, paid(await signFor(stack, url, init), init)));
  const refunded = String(refused["order_id"]);

  await expect.poll(shows(delivered.order_id), { timeout: 15_000 }).toContain("delivered");
  await expect.poll(shows(refunded), { timeout: 15_000 }).toContain("refunded");
  const byTransaction = await ledger("show", delivered.payment.transaction);
  expect(byTransaction.output).toContain(delivered.order_id);
  expect(byTransaction.output).not.toContain(delivered.qr_code);

  const proven = await ledger("verify");
  expect(proven.code, proven.output).toBe(0);
});

test("a single altered byte is found", async () => {
  const batches = join(stack.archive.dir, "batches");
  const [name = ""] = readdirSync(batches);
  const file = join(batches, name);
  const bytes = readFileSync(file);
  const last = bytes.length - 3;
  bytes[last] = (bytes[last] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  const { code, output } = await ledger("verify");
  expect(code, output).toBe(1);
});
