/** The counter in front of the table. */

import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type CountingTable,
  createIndex,
  startCountingTable,
} from "../../../scripts/bench/origin/counting-table.ts";
import { type LocalDynamo, startDynamo } from "../../../scripts/local/dynamo/start-dynamo.ts";

const TABLE = "counted";

let dynamo: LocalDynamo;
let table: CountingTable;
let client: DynamoDBClient;

beforeAll(async () => {
  dynamo = await startDynamo({ table: TABLE });
  table = await startCountingTable(dynamo.url);
  client = new DynamoDBClient({ ...dynamo.clientConfig, endpoint: table.url });
});
afterAll(async () => {
  client.destroy();
  await table.close();
  await dynamo.close();
});

const put = (pk: string, more: object = {}, condition: object = {}) =>
  client.send(new PutItemCommand({ TableName: TABLE, Item: { pk: { S: pk }, ...more }, ...condition }));
const get = (pk: string, ConsistentRead: boolean) =>
  client.send(new GetItemCommand({ TableName: TABLE, Key: { pk: { S: pk } }, ConsistentRead }));

test("what goes through it is what the table has, and each request is counted with its units", async () => {
  const { result, tally } = await table.during(async () => {
    await put("small", { queue: { S: "work#0" }, dueAt: { N: "1" } });
    await put("large", { data: { S: "d".repeat(2_000) } });
    await get("small", false);
    return get("small", true);
  });
  expect(result.Item).toEqual({ pk: { S: "small" }, queue: { S: "work#0" }, dueAt: { N: "1" } });
  expect(tally).toEqual({ requests: 4, readUnits: 1.5, writeUnits: 1 + 1 + 2 });
});

test("a refusal comes back as one", async () => {
  const { tally } = await table.during(async () => {
    await put("once");
    const again = put("once", {}, { ConditionExpression: "attribute_not_exists(pk)" });
    await expect(again).rejects.toThrow(expect.objectContaining({ name: "ConditionalCheckFailedException" }));
  });
  expect(tally.requests).toBe(2);
});

describe("the index takes", () => {
  const item = (queue?: string, dueAt?: string) => ({
    Item: {
      pk: { S: "a" },
      ...(queue === undefined ? {} : { queue: { S: queue } }),
      ...(dueAt === undefined ? {} : { dueAt: { N: dueAt } }),
    },
  });

  test("a unit for each entry that comes or goes", () => {
    const index = createIndex();
    const units = [
      item(),
      item("work#0", "1"),
      item("work#0", "1"),
      item("work#0", "2"),
      item("archive#0", "2"),
      item(),
      item(),
    ].map(index.put);
    expect(units).toEqual([0, 1, 0, 2, 2, 1, 0]);
  });
});
