/** DynamoDB's API on this machine, with the purchases' table in it. */

import {
  CreateTableCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  ResourceInUseException,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";
import { listen } from "../listen.ts";
import { watchUnanswered } from "./unanswered.ts";

export interface DynamoOptions {
  /** @default 0, a free one */
  readonly port?: number;
  readonly table: string;
  /** A folder that keeps the table between runs. @default not kept */
  readonly path?: string;
}

export interface LocalDynamo {
  readonly url: string;
  readonly table: string;
  /** What a client needs to reach it. The credentials are anything: the emulator checks none. */
  readonly clientConfig: DynamoDBClientConfig;
  close(): Promise<void>;
}

/** @throws PortTakenError */
export async function startDynamo({ port, table, path }: DynamoOptions): Promise<LocalDynamo> {
  const server = dynalite({ createTableMs: 0, ...(path === undefined ? {} : { path }) });
  const unanswered = watchUnanswered(server);
  const listening = await listen(server, "DynamoDB", port);
  const clientConfig: DynamoDBClientConfig = {
    endpoint: listening.url,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  };
  const client = new DynamoDBClient(clientConfig);
  try {
    await createTable(client, table);
  } finally {
    client.destroy();
  }
  const close = async () => {
    await unanswered.settle();
    await listening.close();
  };
  return { url: listening.url, table, clientConfig, close };
}

async function createTable(client: DynamoDBClient, table: string): Promise<void> {
  try {
    await client.send(
      new CreateTableCommand({
        TableName: table,
        AttributeDefinitions: [
          { AttributeName: "pk", AttributeType: "S" },
          { AttributeName: "queue", AttributeType: "S" },
          { AttributeName: "dueAt", AttributeType: "N" },
        ],
        GlobalSecondaryIndexes: [
          {
            IndexName: "queue",
            KeySchema: [
              { AttributeName: "queue", KeyType: "HASH" },
              { AttributeName: "dueAt", KeyType: "RANGE" },
            ],
            Projection: { ProjectionType: "KEYS_ONLY" },
          },
        ],
        KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
        BillingMode: "PAY_PER_REQUEST",
      }),
    );
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  await waitUntilTableExists(
    { client, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 },
    { TableName: table },
  );
}
