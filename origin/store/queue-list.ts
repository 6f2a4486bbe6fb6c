/** All that stands in one queue of the index, for an operator to work off: the whole list, or no list. */

import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-dynamodb";
import * as v from "valibot";
import { StoreUnavailableError } from "../purchase/ports.ts";
import { QUEUE_INDEX } from "./dynamo.ts";
import type { Item } from "./item.ts";

/** DynamoDB knows no such table. */
export class TableMissingError extends StoreUnavailableError {
  override readonly name = "TableMissingError";
}

export interface QueuedItem {
  readonly key: string;
  readonly item: Item;
}

/** Keys to one Query, and items that are read at the same time. */
const PAGE = 25;

/**
 * By `dueAt`, the least first.
 *
 * @throws TableMissingError
 * @throws StoreUnavailableError
 */
export async function* listQueue(
  client: DynamoDBClient,
  table: string,
  queue: string,
): AsyncGenerator<QueuedItem> {
  let after: Item | undefined;
  do {
    const page: { keys: readonly Item[]; last: Item | undefined } = await queryPage(
      client,
      table,
      queue,
      after,
    );
    yield* (await Promise.all(page.keys.map(({ pk }) => read(client, table, pk)))).flat();
    after = page.last;
  } while (after !== undefined);
}

async function queryPage(client: DynamoDBClient, table: string, queue: string, after: Item | undefined) {
  const query = new QueryCommand({
    TableName: table,
    IndexName: QUEUE_INDEX,
    KeyConditionExpression: "#queue = :queue",
    ExpressionAttributeNames: { "#queue": "queue" },
    ExpressionAttributeValues: { ":queue": { S: queue } },
    ...(after === undefined ? {} : { ExclusiveStartKey: after }),
    Limit: PAGE,
  });
  const { Items: keys = [], LastEvaluatedKey: last } = await available(() => client.send(query));
  return { keys, last };
}

/** None where an operator deleted the item: the index takes a moment to follow. */
async function read(
  client: DynamoDBClient,
  table: string,
  pk: AttributeValue | undefined,
): Promise<readonly QueuedItem[]> {
  const key = pk?.S ?? "";
  const get = new GetItemCommand({ TableName: table, Key: { pk: { S: key } }, ConsistentRead: true });
  const { Item: item } = await available(() => client.send(get));
  return item === undefined ? [] : [{ key, item }];
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
