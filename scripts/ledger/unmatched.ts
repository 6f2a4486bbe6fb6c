/** `ledger unmatched`: transfers to the merchant of which nobody can say what they were for. */

import { listUnmatched, type UnmatchedEntry } from "../../origin/store/unmatched.ts";
import { checksumAddress } from "../../protocol/hex.ts";
import { formatUsdc } from "../../protocol/money.ts";
import type { Output } from "../command.ts";
import type { LedgerCommand } from "./command-line.ts";
import { printListing } from "./listing.ts";
import { utc } from "./time.ts";

type Unmatched = Extract<UnmatchedEntry, { kind: "transfer" }>;

/** @throws UsageError and StoreUnavailableError */
export function unmatched(
  command: Extract<LedgerCommand, { kind: "unmatched" }>,
  output: Output,
): Promise<number> {
  return printListing<Unmatched>(command, output, {
    read: listUnmatched,
    lines: transferLines,
    total: (number) => (number === 1 ? "1 transfer matches nothing." : `${number} transfers match nothing.`),
    json: transferJson,
    name: "transfers",
  });
}

function transferLines({ transfer }: Unmatched) {
  const { network, transaction, logIndex, from, value, blockTimeMs } = transfer;
  return [
    `${formatUsdc(value)} USDC on ${network.label} (${network.caip2}), ${utc(blockTimeMs)} UTC`,
    `  From         ${checksumAddress(from)}`,
    `  Transaction  ${transaction}, log ${logIndex}`,
    `  Explorer     ${network.explorerTx}${transaction}`,
  ];
}

/** Amounts in atomic units. */
function transferJson({ transfer }: Unmatched) {
  const { network, transaction, logIndex, from, value, blockTimeMs } = transfer;
  return {
    network: network.caip2,
    transaction,
    logIndex,
    explorer: `${network.explorerTx}${transaction}`,
    from: checksumAddress(from),
    amount: value.toString(),
    blockTimeMs,
  };
}
