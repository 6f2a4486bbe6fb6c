/** The table, over DynamoDB. Every write is one item under one condition; see STORAGE.md. */

import {
  ConditionalCheckFailedException,
  DescribeTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { type Store, StoreUnavailableError } from "../purchase/ports.ts";
import { fromItem, type Item, toItem } from "./item.ts";

export function createStore(client: DynamoDBClient, table: string): Store {
  async function put(item: Item, condition: string, values?: Item): Promise<"written" | "refused"> {
    try {
      await client.send(
        new PutItemCommand({
          TableName: table,
          Item: item,
          ConditionExpression: condition,
          ...(values === undefined ? {} : { ExpressionAttributeValues: values }),
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
      throw unavailable(error);
    }
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
  return new StoreUnavailableError(error instanceof Error ? error.name : "unknown fault");
}
