/** The count of supplier requests that all functions share: one item of the purchases' table. */

import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import * as v from "valibot";
import type { SharedFrontier } from "./rate-share.ts";

const KEY = { pk: { S: "rate#supplier" } } as const;

/** One read or write takes milliseconds; a slower table must not hold up the call that waits for it. Milliseconds. */
const PATIENCE_MS = 400;

const itemSchema = v.object({
  freeAt: v.object({ N: v.pipe(v.string(), v.regex(/^[0-9]{1,16}$/), v.transform(Number), v.safeInteger()) }),
});

export function createDynamoFrontier(client: DynamoDBClient, table: string): SharedFrontier {
  return {
    async read() {
      // Consistent: an older number would only lose the condition below.
      const command = new GetItemCommand({ TableName: table, Key: KEY, ConsistentRead: true });
      const { Item: item } = await client.send(command, { abortSignal: AbortSignal.timeout(PATIENCE_MS) });
      return item === undefined ? undefined : v.parse(itemSchema, item).freeAt.N;
    },

    async move(from, to) {
      const command = new PutItemCommand({
        TableName: table,
        Item: { ...KEY, freeAt: { N: String(Math.ceil(to)) } },
        ...(from === undefined
          ? { ConditionExpression: "attribute_not_exists(pk)" }
          : {
              ConditionExpression: "freeAt = :from",
              ExpressionAttributeValues: { ":from": { N: String(from) } },
            }),
      });
      try {
        await client.send(command, { abortSignal: AbortSignal.timeout(PATIENCE_MS) });
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
}
