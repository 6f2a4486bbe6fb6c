/** The reconciler's own items, in the same table: a cursor for each network, and transfers that match nothing. */

import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import * as v from "valibot";
import { parseUint256 } from "../../protocol/money.ts";
import type { Network } from "../../protocol/network.ts";
import type { Store } from "../purchase/ports.ts";
import type { ReconcilerStore } from "../reconcile/ports.ts";
import { available } from "./available.ts";
import { unmatchedItem } from "./unmatched.ts";

const cursorSchema = v.object({ block: v.object({ N: v.string() }) });

export function createReconcilerStore(client: DynamoDBClient, table: string, store: Store): ReconcilerStore {
  return {
    get: store.get,
    claim: store.claim,
    save: store.save,

    async cursor(network) {
      const command = new GetItemCommand({
        TableName: table,
        Key: { pk: { S: cursorKey(network) } },
        ConsistentRead: true,
      });
      const { Item: item } = await available(() => client.send(command));
      const cursor = v.safeParse(cursorSchema, item);
      return cursor.success ? parseUint256(cursor.output.block.N) : undefined;
    },

    async moveCursor(network, block) {
      const item = { pk: { S: cursorKey(network) }, block: { N: block.toString() } };
      await available(() => client.send(new PutItemCommand({ TableName: table, Item: item })));
    },

    async recordUnmatched(network, transfer) {
      const command = new PutItemCommand({
        TableName: table,
        Item: unmatchedItem(network, transfer),
        ConditionExpression: "attribute_not_exists(pk)",
      });
      await available(() =>
        client.send(command).catch((error: unknown) => {
          if (!(error instanceof ConditionalCheckFailedException)) throw error;
        }),
      );
    },
  };
}

function cursorKey(network: Network): string {
  return `cursor#${network.caip2}`;
}
