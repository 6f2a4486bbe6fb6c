/** The table, over DynamoDB. Every write is one item under one condition; see STORAGE.md. */

import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DescribeTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from "@aws-sdk/client-dynamodb";
import { type Store, StoreUnavailableError, StoreUnreadableError } from "../purchase/ports.ts";
import type { Purchase } from "../purchase/purchase.ts";
import { fromItem, type Item, ItemError, QUEUE_SHARDS, type Queue, queueKey, toItem } from "./item.ts";

/** Lists purchases by `queue`, then `dueAt`. */
export const QUEUE_INDEX = "queue";

/** @param onUnreadable told the key of an item that this code can't read, once however often the item comes up */
export function createStore(
  client: DynamoDBClient,
  table: string,
  onUnreadable: (key: string) => void,
): Store {
  const unreadable = new Set<string>();

  /** The queues list such an item at every look, and nobody may wait for it: it must be heard of, but not each time. */
  function report(key: string): void {
    if (unreadable.has(key)) return;
    unreadable.add(key);
    onUnreadable(key);
  }

  async function put(
    item: Item,
    condition: string,
    values?: Item,
    names?: Record<string, string>,
  ): Promise<"written" | "refused"> {
    try {
      await client.send(
        new PutItemCommand({
          TableName: table,
          Item: item,
          ConditionExpression: condition,
          ...(values === undefined ? {} : { ExpressionAttributeValues: values }),
          ...(names === undefined ? {} : { ExpressionAttributeNames: names }),
        }),
      );
      return "written";
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return "refused";
      throw unavailable(error);
    }
  }

  async function get(id: string) {
    try {
      const command = new GetItemCommand({ TableName: table, Key: { pk: { S: id } }, ConsistentRead: true });
      const { Item: item } = await client.send(command);
      return item === undefined ? undefined : fromItem(item);
    } catch (error) {
      if (error instanceof ItemError) report(id);
      throw unavailable(error);
    }
  }

  async function heldBy(pk: AttributeValue): Promise<string> {
    try {
      const command = new GetItemCommand({ TableName: table, Key: { pk }, ConsistentRead: true });
      const { Item: item } = await client.send(command);
      if (item?.["order"]?.S !== undefined) return item["order"].S;
    } catch (error) {
      throw unavailable(error);
    }
    throw new StoreUnavailableError("a key that is held can't be read");
  }

  /** The index holds keys alone: it is written with every change, and read once a minute. */
  async function listed(queue: Queue, shard: number, now: number, limit: number): Promise<readonly Item[]> {
    try {
      const { Items: items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: QUEUE_INDEX,
          KeyConditionExpression: "#queue = :queue AND dueAt <= :now",
          ExpressionAttributeNames: { "#queue": "queue" },
          ExpressionAttributeValues: { ":queue": { S: queueKey(queue, shard) }, ":now": { N: String(now) } },
          Limit: limit,
        }),
      );
      return items;
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** One item that can't be read must not keep the queue from being worked off. */
  async function readable(id: string): Promise<Purchase | undefined> {
    try {
      return await get(id);
    } catch (error) {
      if (error instanceof StoreUnreadableError) return undefined;
      throw error;
    }
  }

  async function queued(queue: Queue, now: number, limit: number): Promise<readonly Purchase[]> {
    const shards = Array.from({ length: QUEUE_SHARDS }, (_, shard) => listed(queue, shard, now, limit));
    const keys = (await Promise.all(shards))
      .flat()
      .sort((a, b) => Number(a["dueAt"]?.N) - Number(b["dueAt"]?.N));
    const found = await Promise.all(keys.slice(0, limit).map(({ pk }) => readable(pk?.S ?? "")));
    return found.filter((purchase) => purchase !== undefined);
  }

  return {
    get,
    async claim(purchase) {
      if ((await put(toItem(purchase), "attribute_not_exists(pk)")) === "written") return { kind: "claimed" };
      const existing = await get(purchase.id);
      if (existing === undefined) throw new StoreUnavailableError("an item that exists can't be read");
      return { kind: "exists", purchase: existing };
    },
    async save(next) {
      const previous = { ":previous": { N: String(next.version - 1) } };
      const written = await put(toItem(next), "version = :previous", previous);
      return written === "written" ? "saved" : "conflict";
    },
    async holdKey(key, orderId, from) {
      const pk = { S: `key#${key}` };
      const item = { pk, order: { S: orderId } };
      const mine = { ":mine": { S: orderId } };
      const written =
        from === null
          ? await put(item, "attribute_not_exists(pk) OR #order = :mine", mine, { "#order": "order" })
          : await put(
              item,
              "#order IN (:from, :mine)",
              { ":from": { S: from }, ...mine },
              { "#order": "order" },
            );
      return written === "written" ? orderId : heldBy(pk);
    },
    due: (now, limit) => queued("work", now, limit),
    untold: (now, limit) => queued("webhook", now, limit),
    unarchived: (limit) => queued("archive", Number.MAX_SAFE_INTEGER, limit),
    async isReachable() {
      try {
        const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
        return Table?.TableStatus === "ACTIVE";
      } catch {
        return false;
      }
    },
  };
}

/** Only the fault's name goes on: messages of the SDK may quote what was sent. */
function unavailable(error: unknown): StoreUnavailableError {
  if (error instanceof ItemError) return new StoreUnreadableError(error.message);
  return new StoreUnavailableError(error instanceof Error ? error.name : "unknown fault");
}
