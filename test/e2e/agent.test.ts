/** The agent's command against the running stack: what it prints, what it exits with, and what the chain says. */

import { generatePrivateKey } from "viem/accounts";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { runCommand } from "../../scripts/agent/command.ts";
import { type Stack, startStack } from "./stack.ts";
import { balances, PRICE, PRICE_MOVED } from "./support.ts";

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({
    chains: ["polygon", "base"],
    allocationDelayMs: 300,
    // The origin gives up waiting before the supplier is done, so that a purchase can end in a 202.
    config: { budgets: { edgeMs: 2_000, verifyMs: 1_000, originMs: 1_500 } },
  });
});

afterEach(() => {
  stack.facilitator.faults.clear();
  stack.supplier.faults.clear();
});
afterAll(() => stack.close());

async function agent(args: readonly string[], key: string = stack.secrets.payerKey) {
  const lines: string[] = [];
  const add = (line: string) => {
    lines.push(line);
  };
  const code = await runCommand(args, { AGENT_PRIVATE_KEY: key }, { out: add, err: add });
  return { code, output: lines.join("\n") };
}

const activate = (...more: string[]) => [
  ...["--url", `${stack.url}/v1/esim/activate`, "--body", '{"plan":"us-7day","device_id":"drone-47"}'],
  ...["--max-amount", "5.00", ...more],
];

test("GET: pays one cent for the report and prints Status, Body and the explorer link", async () => {
  const { code, output } = await agent(["--url", `${stack.url}/report`]);
  expect(code, output).toBe(0);
  expect(output).toMatch(/Status: 200\nBody:\n\{/);
  expect(output).toMatch(/Polygonscan: https:\/\/polygonscan\.com\/tx\/0x[0-9a-f]{64}/);
});

test("POST on the chain it is told to: pays there and nowhere else", async () => {
  const before = await Promise.all([balances(stack, "polygon"), balances(stack, "base")]);
  const { code, output } = await agent(activate("--chain", "base"));
  expect(code, output).toBe(0);
  expect(output).toContain("Basescan: https://basescan.org/tx/0x");
  expect(output).toContain("LPA:1$");
  const after = await Promise.all([balances(stack, "polygon"), balances(stack, "base")]);
  expect(after[0]).toEqual(before[0]);
  expect(after[1].payer).toBe(before[1].payer - PRICE["us-7day"]);
});

test("a price over --max-amount is never signed: exit 3", async () => {
  const before = await balances(stack, "polygon");
  const { code, output } = await agent([...activate(), "--max-amount", "4.19"]);
  expect(code, output).toBe(3);
  expect(output).not.toContain("Signed");
  expect(await balances(stack, "polygon")).toEqual(before);
});

test("an empty wallet is told so: exit 6", async () => {
  const { code, output } = await agent(activate(), generatePrivateKey());
  expect(code, output).toBe(6);
});

test("a slow supplier ends in a 202, which the agent follows to its eSIM with one signature", async () => {
  const before = await balances(stack, "polygon");
  // The sweeper, which takes over, meets the same slowness.
  stack.supplier.faults.add("esim/order", { kind: "delay_after", ms: 3_000 }, 3);
  const { code, output } = await agent(activate());
  expect(code, output).toBe(0);
  expect(output).toContain("waiting for the order");
  expect(output).toContain("LPA:1$");
  expect(output.match(/^Signed /gm)).toHaveLength(1);
  expect((await balances(stack, "polygon")).payer).toBe(before.payer - PRICE["us-7day"]);
});

test("a facilitator that is down for a moment: the same payment is sent again, one signature", async () => {
  const before = await balances(stack, "polygon");
  stack.facilitator.faults.queue("verify", { kind: "status", when: "before", status: 502 });
  const { code, output } = await agent(activate());
  expect(code, output).toBe(0);
  expect(output).toContain("sending the same payment again");
  expect(output.match(/^Signed /gm)).toHaveLength(1);
  expect((await balances(stack, "polygon")).payer).toBe(before.payer - PRICE["us-7day"]);
});

test("goods that can't be had are paid back on chain, and said so: exit 11", async () => {
  const before = await balances(stack, "polygon");
  stack.supplier.faults.add("esim/order", PRICE_MOVED);
  const { code, output } = await agent(activate());
  expect(code, output).toBe(11);
  expect(output).toContain('"payment_state": "refunded"');
  expect((await balances(stack, "polygon")).payer).toBe(before.payer);
});
