/** What an operator sees of a running stack where no buyer can be told: money of nobody, and items that can't be read. */

import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runLedger } from "../../scripts/ledger/command.ts";
import { onAssembly, type Stack, type StackLogEvent, startStack } from "./stack.ts";
import { payTo } from "./support.ts";

let stack: Stack;
const events: StackLogEvent[] = [];

beforeAll(async () => {
  stack = await startStack({
    log: (event) => events.push(event),
    config: { unclaimedAfterSeconds: 5, budgets: { edgeMs: 2_000, verifyMs: 1_000, originMs: 6_000 } },
  });
});
afterAll(() => stack.close());

async function unmatched(): Promise<unknown> {
  const lines: string[] = [];
  const { table, url } = stack.dynamo;
  const args = ["unmatched", "--table", table, "--endpoint", url, "--json"];
  await runLedger(args, { out: (line) => lines.push(line), err: (line) => lines.push(line) });
  return JSON.parse(lines.join("\n"));
}

test("npm run ledger -- unmatched shows a transfer that pays for nothing", async () => {
  expect(await unmatched()).toEqual({ transfers: [], unreadable: [] });
  await stack.chain("polygon").mintUsdc(payTo(stack), 5n);
  await expect
    .poll(unmatched, { timeout: 20_000, interval: 250 })
    .toMatchObject({ transfers: [{ network: "eip155:137", amount: "5" }], unreadable: [] });
});

// Once a process, and an assembly's functions are processes of their own.
test.skipIf(onAssembly)(
  "an item that can't be read is in the log once, however often the sweeper meets it",
  async () => {
    const client = new DynamoDBClient(stack.dynamo.clientConfig);
    const key = `ord_${"0".repeat(40)}`;
    const item = { pk: { S: key }, queue: { S: "work#0" }, dueAt: { N: "1" } };
    await client.send(new PutItemCommand({ TableName: stack.dynamo.table, Item: item }));
    client.destroy();
    const heard = () => events.filter(({ event }) => event === "item_unreadable");
    await expect.poll(heard, { timeout: 10_000, interval: 100 }).toHaveLength(1);
    // Two more sweeps at least.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(heard()).toMatchObject([{ at: "origin", event: "item_unreadable", key }]);
  },
);
