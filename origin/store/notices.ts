/** The supplier's notifications that came already, in the purchases' table: an item each, which the table forgets. */

import { createHash } from "node:crypto";
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { Notices } from "../notifications/notices.ts";
import { StoreUnavailableError } from "../purchase/ports.ts";

/** The supplier gives up long before. Seconds. */
const REMEMBERED_SECONDS = 604_800;

/** @param now Unix milliseconds */
export function createNotices(client: DynamoDBClient, table: string, now: () => number): Notices {
  return {
    async isNew(notifyId) {
      // What a stranger chose is no part of a key as it stands.
      const digest = createHash("sha256").update(notifyId).digest("hex");
      const forgetAt = Math.floor(now() / 1_000) + REMEMBERED_SECONDS;
      const command = new PutItemCommand({
        TableName: table,
        Item: { pk: { S: `notice#${digest}` }, forgetAt: { N: String(forgetAt) } },
        ConditionExpression: "attribute_not_exists(pk)",
      });
      try {
        await client.send(command);
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw new StoreUnavailableError(error instanceof Error ? error.name : "unknown fault");
      }
    },
  };
}
