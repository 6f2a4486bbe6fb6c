/** `ledger disputes`: every dispute that a buyer opened, from a real table, until an operator settles it. */

import { DynamoDBClient, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createUsageStore } from "../../origin/store/usage-store.ts";
import { newHead } from "../../origin/usage/judge.ts";
import type { Dispute, UsageHead } from "../../origin/usage/ports.ts";
import { type LocalDynamo, startDynamo } from "../../scripts/local/dynamo/start-dynamo.ts";
import { run } from "./support.ts";

const TABLE = "purchases";
/** 2026-11-03 10:00:00 UTC. */
const AT = 1_793_700_000_000;

let dynamo: LocalDynamo;
let client: DynamoDBClient;

beforeEach(async () => {
  dynamo = await startDynamo({ table: TABLE });
  client = new DynamoDBClient(dynamo.clientConfig);
});
afterEach(async () => {
  client.destroy();
  await dynamo.close();
});

const disputes = (...more: readonly string[]) =>
  run("disputes", "--table", TABLE, "--endpoint", dynamo.url, ...more);

async function open(esimTranNo: string, change: Partial<Dispute> = {}): Promise<UsageHead> {
  const dispute: Dispute = {
    at: AT,
    reason: "The phone was off",
    orderId: "ord_1",
    iccid: "8944500102198304826",
    suspension: "done",
    dueAt: AT,
    ...change,
  };
  const last = { esimTranNo, sequence: 3, usedBytes: 5_000n, measuredAt: AT / 1_000 };
  const head = { ...newHead(esimTranNo), version: 1, last, records: 2, refused: ["a"], unlisted: 4, dispute };
  await createUsageStore(client, TABLE).saveHead(head);
  return head;
}

test("says of each dispute whose it is, what the buyer says, and what was counted", async () => {
  await open("25091113270004");
  const { exitCode, out, err } = await disputes();
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
  expect(out.split("\n")).toEqual([
    "8944500102198304826, 2026-11-03 10:00:00.000 UTC",
    "  Order        ord_1",
    "  Buyer says   The phone was off",
    "  Counted      5000 bytes by 2 records; 5 refused",
    "  Suspended    yes",
    "  Key          usage#25091113270004",
    "",
    "1 dispute is open.",
  ]);
});

test("--json is one line, those that are not suspended yet first", async () => {
  await open("1", { at: AT + 2 });
  await open("2", { at: AT + 1 });
  await open("3", { at: AT + 3, suspension: "due", reason: null });
  const { out } = await disputes("--json");
  expect(out).not.toContain("\n");
  expect(JSON.parse(out)).toMatchObject({
    disputes: [
      { esim: "3", suspension: "due", reason: null, disputedAtMs: AT + 3, usedBytes: "5000", rejected: 5 },
      { esim: "2", suspension: "done" },
      { esim: "1", suspension: "done", key: "usage#1", order: "ord_1", iccid: "8944500102198304826" },
    ],
    unreadable: [],
  });
});

test("no more lists one that was settled as the runbook says, and its book goes on", async () => {
  const { esimTranNo } = await open("1");
  const settle = new UpdateItemCommand({
    TableName: TABLE,
    Key: { pk: { S: `usage#${esimTranNo}` } },
    UpdateExpression: "REMOVE dispute, queue, dueAt ADD version :one",
    ExpressionAttributeValues: { ":one": { N: "1" } },
  });
  await client.send(settle);
  expect((await disputes()).out).toBe("0 disputes are open.");
  const store = createUsageStore(client, TABLE);
  const settled = await store.head(esimTranNo);
  expect(settled).toMatchObject({ version: 2, records: 2, dispute: null });
  expect(await store.saveHead({ ...settled, version: 3 })).toBe("saved");
});

test("names an item that can't be read, lists the rest, and ends with 1", async () => {
  await open("1");
  const item = { pk: { S: "usage#%\u001b" }, queue: { S: "dispute#0" }, dueAt: { N: "1" } };
  await client.send(new PutItemCommand({ TableName: TABLE, Item: item }));
  const { exitCode, out } = await disputes();
  expect(exitCode).toBe(1);
  expect(out).toContain("Can't be read: usage#%\\u{1b}\n");
  expect(out).toMatch(/\n1 dispute is open\.\n1 item can't be read\.$/);
});

test("an argument too many ends with 2", async () => {
  expect((await disputes("all")).exitCode).toBe(2);
});
