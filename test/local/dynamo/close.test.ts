/**
 * The end of the local DynamoDB amid requests. What goes wrong there is thrown where no caller can catch it, and fails
 * the whole run as an unhandled error.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, expect, test, vi } from "vitest";
import { type LocalDynamo, startDynamo } from "../../../scripts/local/dynamo/start-dynamo.ts";

const ROUNDS = 30;
const WRITES = 40;
const KEYS = 3;

const folder = mkdtempSync(join(tmpdir(), "edge402-dynamo-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const clientOf = ({ clientConfig }: LocalDynamo) => new DynamoDBClient({ ...clientConfig, maxAttempts: 1 });

/** Closes while it writes, a write later in each round. Answers which keys it said it had written. */
async function closedAmidWrites(path: string | undefined): Promise<ReadonlySet<string>> {
  const written = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const dynamo = await startDynamo({ table: "writes", ...(path === undefined ? {} : { path }) });
    const client = clientOf(dynamo);
    let answered = 0;
    const writes = Promise.allSettled(
      Array.from({ length: WRITES }, async (_, index) => {
        // Few keys: writes of one key wait for each other, so some are under way when the end comes.
        const pk = `${round}-${index % KEYS}`;
        await client.send(new PutItemCommand({ TableName: dynamo.table, Item: { pk: { S: pk } } }));
        answered += 1;
        written.add(pk);
      }),
    );
    await vi.waitUntil(() => answered >= round, { interval: 1, timeout: 5_000 });
    await dynamo.close();
    expect((await writes).some(({ status }) => status === "rejected")).toBe(true);
    client.destroy();
  }
  return written;
}

test("closes amid writes", async () => {
  await closedAmidWrites(undefined);
});

test("what was answered before it closed is there when it is opened again", async () => {
  const path = join(folder, "kept");
  const written = await closedAmidWrites(path);
  expect(written.size).toBeGreaterThanOrEqual(ROUNDS - 1);
  const dynamo = await startDynamo({ table: "writes", path });
  const client = clientOf(dynamo);
  for (const pk of written) {
    const { Item } = await client.send(
      new GetItemCommand({ TableName: dynamo.table, Key: { pk: { S: pk } } }),
    );
    expect(Item?.["pk"]?.S).toBe(pk);
  }
  client.destroy();
  await dynamo.close();
});

test("goes on when a client leaves in the middle of its request", async () => {
  const dynamo = await startDynamo({ table: "left" });
  const { port } = new URL(dynamo.url);
  const socket = connect(Number(port), "127.0.0.1");
  socket.write("POST / HTTP/1.1\r\nHost: dynamodb\r\nContent-Length: 100\r\n\r\n{");
  await wait(50);
  socket.destroy();
  await wait(50);
  const client = clientOf(dynamo);
  await client.send(new PutItemCommand({ TableName: dynamo.table, Item: { pk: { S: "after" } } }));
  client.destroy();
  await dynamo.close();
});
