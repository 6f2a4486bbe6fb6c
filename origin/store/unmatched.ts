/** Transfers that match nothing: how they stand in the table, and the list of them that an operator works off. */

import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-dynamodb";
import * as v from "valibot";
import type { Address, Hex } from "../../protocol/hex.ts";
import type { Usdc } from "../../protocol/money.ts";
import type { Network } from "../../protocol/network.ts";
import { addressSchema, atomicSchema, bytes32Schema, caip2Schema } from "../../protocol/schema.ts";
import { StoreUnavailableError } from "../purchase/ports.ts";
import type { IncomingTransfer } from "../reconcile/ports.ts";
import { QUEUE_INDEX } from "./dynamo.ts";
import { countSchema, type Item, queueKey } from "./item.ts";

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

/** DynamoDB knows no such table. */
export class TableMissingError extends StoreUnavailableError {
  override readonly name = "TableMissingError";
}

const PREFIX = "unmatched";

/** They are few, and nobody waits for them: one partition of the index will do. */
const QUEUE = queueKey("unmatched", 0);

/** Keys to one Query, and items that are read at the same time. */
const PAGE = 25;

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
  let after: Item | undefined;
  do {
    const page: { keys: readonly Item[]; last: Item | undefined } = await queryPage(client, table, after);
    yield* (await Promise.all(page.keys.map(({ pk }) => readEntry(client, table, pk)))).flat();
    after = page.last;
  } while (after !== undefined);
}

async function queryPage(client: DynamoDBClient, table: string, after: Item | undefined) {
  const query = new QueryCommand({
    TableName: table,
    IndexName: QUEUE_INDEX,
    KeyConditionExpression: "#queue = :queue",
    ExpressionAttributeNames: { "#queue": "queue" },
    ExpressionAttributeValues: { ":queue": { S: QUEUE } },
    ...(after === undefined ? {} : { ExclusiveStartKey: after }),
    Limit: PAGE,
  });
  const { Items: keys = [], LastEvaluatedKey: last } = await available(() => client.send(query));
  return { keys, last };
}

/** None where an operator deleted the item: the index takes a moment to follow. */
async function readEntry(
  client: DynamoDBClient,
  table: string,
  pk: AttributeValue | undefined,
): Promise<readonly UnmatchedEntry[]> {
  const key = pk?.S ?? "";
  const read = new GetItemCommand({ TableName: table, Key: { pk: { S: key } }, ConsistentRead: true });
  const { Item: item } = await available(() => client.send(read));
  if (item === undefined) return [];
  const parsed = v.safeParse(itemSchema, item);
  if (!parsed.success) return [{ kind: "unreadable", key }];
  const { pk: parsedKey, from, value, dueAt } = parsed.output;
  const [, network, transaction, logIndex] = parsedKey.S;
  return [
    {
      kind: "transfer",
      transfer: { network, transaction, logIndex, from: from.S, value: value.N, blockTimeMs: dueAt.N },
    },
  ];
}

const codeSchema = v.object({ code: v.string() });

/** A socket's fault has no name but "Error", and says what it is in its code. */
async function available<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof ResourceNotFoundException) throw new TableMissingError(error.name);
    const socket = v.safeParse(codeSchema, error);
    const name = error instanceof Error ? error.name : "unknown fault";
    throw new StoreUnavailableError(socket.success ? socket.output.code : name);
  }
}
