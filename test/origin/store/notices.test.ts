/** A notification is new once, whoever asks and however many at once, and is forgotten by the table. */

import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { StoreUnavailableError } from "../../../origin/purchase/ports.ts";
import { createNotices } from "../../../origin/store/notices.ts";
import { type LocalDynamo, startDynamo } from "../../../scripts/local/dynamo/start-dynamo.ts";
import { NOW } from "../../builders/payment.ts";

let dynamo: LocalDynamo;
let client: DynamoDBClient;
beforeAll(async () => {
  dynamo = await startDynamo({ table: "purchases" });
  client = new DynamoDBClient(dynamo.clientConfig);
});
afterAll(async () => {
  client.destroy();
  await dynamo.close();
});

const notices = (table = "purchases") => createNotices(client, table, () => NOW * 1_000);

test("a notification is new to one of many", async () => {
  const answers = await Promise.all(Array.from({ length: 10 }, () => notices().isNew("n1")));
  expect(answers.filter((isNew) => isNew)).toHaveLength(1);
  expect(await notices().isNew("n2")).toBe(true);
});

test("its item is small, in no queue, holds nothing of a stranger's and says when it may go", async () => {
  await notices().isNew("work#0\u0000");
  const { Items: items = [] } = await client.send(new ScanCommand({ TableName: "purchases" }));
  for (const item of items) {
    expect(item).toEqual({
      pk: { S: expect.stringMatching(/^notice#[0-9a-f]{64}$/) },
      forgetAt: { N: String(NOW + 604_800) },
    });
  }
});

test("a table that can't be reached is unavailable, and nothing counts as new", async () => {
  await expect(notices("missing").isNew("n3")).rejects.toThrow(StoreUnavailableError);
});
