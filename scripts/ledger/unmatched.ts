/** `ledger unmatched`: transfers to the merchant of which nobody can say what they were for. */

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { listUnmatched, type UnmatchedTransfer } from "../../origin/store/unmatched.ts";
import { checksumAddress } from "../../protocol/hex.ts";
import { formatUsdc } from "../../protocol/money.ts";
import { FAILED_EXIT_CODE, type Output } from "../command.ts";
import type { LedgerCommand } from "./command-line.ts";
import { count, printable } from "./describe.ts";
import { withTable } from "./table.ts";
import { utc } from "./time.ts";

interface Listed {
  readonly transfers: readonly UnmatchedTransfer[];
  /** Keys. */
  readonly unreadable: readonly string[];
}

/** @throws UsageError and StoreUnavailableError */
export function unmatched(
  { place, json }: Extract<LedgerCommand, { kind: "unmatched" }>,
  output: Output,
): Promise<number> {
  return withTable(place, output, async (client) => {
    const listed = await list(client, place.table);
    for (const line of json ? [JSON.stringify(listedJson(listed))] : listedText(listed)) output.out(line);
    return listed.unreadable.length === 0 ? 0 : FAILED_EXIT_CODE;
  });
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
