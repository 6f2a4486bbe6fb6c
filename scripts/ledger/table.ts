/** The purchases' table, as the commands that read it open it. */

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { TableMissingError } from "../../origin/store/queue-list.ts";
import { FAILED_EXIT_CODE, type Output, UsageError } from "../command.ts";
import type { TablePlace } from "./command-line.ts";

/** An operator waits for a table that answers, and not for one that is not there. Milliseconds. */
const PATIENCE = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
} as const;

/** The local stack's DynamoDB takes any; real ones must not be sent to an endpoint that somebody typed in. */
const LOCAL = {
  region: "us-east-1",
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
} as const;

/** @returns the exit code. @throws UsageError and StoreUnavailableError */
export async function withTable(
  place: TablePlace,
  output: Output,
  work: (client: DynamoDBClient) => Promise<number>,
): Promise<number> {
  const client = await openTable(place);
  try {
    return await work(client);
  } catch (error) {
    if (!(error instanceof TableMissingError)) throw error;
    output.err(`There is no table ${place.table} at ${place.endpoint ?? (await client.config.region())}.`);
    return FAILED_EXIT_CODE;
  } finally {
    client.destroy();
  }
}

async function openTable({ endpoint, region }: TablePlace): Promise<DynamoDBClient> {
  const client = new DynamoDBClient({
    ...PATIENCE,
    ...(endpoint === null ? {} : { ...LOCAL, endpoint }),
    ...(region === null ? {} : { region }),
  });
  try {
    await client.config.region();
  } catch {
    throw new UsageError("--region is missing, and the environment names none.");
  }
  return client;
}
