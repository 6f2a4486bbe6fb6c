/** `ledger unmatched`: transfers to the merchant of which nobody can say what they were for. */

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { listUnmatched, TableMissingError, type UnmatchedTransfer } from "../../origin/store/unmatched.ts";
import { checksumAddress } from "../../protocol/hex.ts";
import { formatUsdc } from "../../protocol/money.ts";
import { type LedgerCommand, type TablePlace, UsageError } from "./command-line.ts";
import { count, printable } from "./describe.ts";
import { FAILED_EXIT_CODE, type Output } from "./output.ts";
import { utc } from "./time.ts";

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

interface Listed {
  readonly transfers: readonly UnmatchedTransfer[];
  /** Keys. */
  readonly unreadable: readonly string[];
}

/** @throws UsageError and StoreUnavailableError */
export async function unmatched(
  { place, json }: Extract<LedgerCommand, { kind: "unmatched" }>,
  output: Output,
): Promise<number> {
  const client = await openTable(place);
  try {
    const listed = await list(client, place.table);
    for (const line of json ? [JSON.stringify(listedJson(listed))] : listedText(listed)) output.out(line);
    return listed.unreadable.length === 0 ? 0 : FAILED_EXIT_CODE;
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

async function list(client: DynamoDBClient, table: string): Promise<Listed> {
  const transfers: UnmatchedTransfer[] = [];
  const unreadable: string[] = [];
  for await (const entry of listUnmatched(client, table)) {
    if (entry.kind === "transfer") transfers.push(entry.transfer);
    else unreadable.push(entry.key);
  }
  return { transfers, unreadable };
}

function listedText({ transfers, unreadable }: Listed): readonly string[] {
  return [
    ...transfers.flatMap((transfer) => [...transferLines(transfer), ""]),
    ...unreadable.map((key) => printable(`Can't be read: ${key}`)),
    transfers.length === 1 ? "1 transfer matches nothing." : `${transfers.length} transfers match nothing.`,
    ...(unreadable.length === 0 ? [] : [`${count(unreadable.length, "item", "items")} can't be read.`]),
  ];
}

function transferLines({ network, transaction, logIndex, from, value, blockTimeMs }: UnmatchedTransfer) {
  return [
    `${formatUsdc(value)} USDC on ${network.label} (${network.caip2}), ${utc(blockTimeMs)} UTC`,
    `  From         ${checksumAddress(from)}`,
    `  Transaction  ${transaction}, log ${logIndex}`,
    `  Explorer     ${network.explorerTx}${transaction}`,
  ];
}

/** Amounts in atomic units. */
function listedJson({ transfers, unreadable }: Listed) {
  return {
    transfers: transfers.map(({ network, transaction, logIndex, from, value, blockTimeMs }) => ({
      network: network.caip2,
      transaction,
      logIndex,
      explorer: `${network.explorerTx}${transaction}`,
      from: checksumAddress(from),
      amount: value.toString(),
      blockTimeMs,
    })),
    unreadable,
  };
}
