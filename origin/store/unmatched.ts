/** Transfers that match nothing: how they stand in the table, and the list of them that an operator works off. */

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import * as v from "valibot";
import type { Address, Hex } from "../../protocol/hex.ts";
import type { Usdc } from "../../protocol/money.ts";
import type { Network } from "../../protocol/network.ts";
import { addressSchema, atomicSchema, bytes32Schema, caip2Schema } from "../../protocol/schema.ts";
import type { IncomingTransfer } from "../reconcile/ports.ts";
import { countSchema, type Item, queueKey } from "./item.ts";
import { listQueue } from "./queue-list.ts";

export interface UnmatchedTransfer {
  readonly network: Network;
  readonly transaction: Hex;
  /** One transaction may hold several transfers. */
  readonly logIndex: number;
  readonly from: Address;
  readonly value: Usdc;
  /** Unix milliseconds. */
  readonly blockTimeMs: number;
}

export type UnmatchedEntry =
  | { readonly kind: "transfer"; readonly transfer: UnmatchedTransfer }
  /** Never written by this code, or altered since. */
  | { readonly kind: "unreadable"; readonly key: string };

const PREFIX = "unmatched";

/** They are few, and nobody waits for them: one partition of the index will do. */
const QUEUE = queueKey("unmatched", 0);

const keySchema = v.pipe(
  v.string(),
  v.transform((key) => key.split("#")),
  v.strictTuple([v.literal(PREFIX), caip2Schema, bytes32Schema, countSchema]),
);

const itemSchema = v.object({
  pk: v.object({ S: keySchema }),
  dueAt: v.object({ N: countSchema }),
  from: v.object({ S: addressSchema }),
  value: v.object({ N: atomicSchema }),
});

/** In the index under a queue of its own, by the block's time. */
export function unmatchedItem(network: Network, transfer: IncomingTransfer): Item {
  const { transaction, logIndex, from, value, blockTime } = transfer;
  return {
    pk: { S: `${PREFIX}#${network.caip2}#${transaction}#${logIndex}` },
    queue: { S: QUEUE },
    dueAt: { N: (blockTime * 1_000n).toString() },
    transaction: { S: transaction },
    from: { S: from },
    value: { N: value.toString() },
  };
}

/**
 * Reads the whole list, the oldest block first.
 *
 * @throws TableMissingError
 * @throws StoreUnavailableError
 */
export async function* listUnmatched(client: DynamoDBClient, table: string): AsyncGenerator<UnmatchedEntry> {
  for await (const { key, item } of listQueue(client, table, QUEUE)) yield readEntry(key, item);
}

function readEntry(key: string, item: Item): UnmatchedEntry {
  const parsed = v.safeParse(itemSchema, item);
  if (!parsed.success) return { kind: "unreadable", key };
  const { pk: parsedKey, from, value, dueAt } = parsed.output;
  const [, network, transaction, logIndex] = parsedKey.S;
  return {
    kind: "transfer",
    transfer: { network, transaction, logIndex, from: from.S, value: value.N, blockTimeMs: dueAt.N },
  };
}
