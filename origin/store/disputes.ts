/** The disputes that an operator has to settle: those whose eSIM is not suspended yet, then the others. */

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { StoreUnreadableError } from "../purchase/ports.ts";
import type { Dispute, UsageHead } from "../usage/ports.ts";
import type { Item } from "./item.ts";
import { listQueue } from "./queue-list.ts";
import { DISPUTES, esimOf, readHead, SUSPENSIONS } from "./usage-store.ts";

export type DisputeEntry =
  | { readonly kind: "dispute"; readonly key: string; readonly head: UsageHead; readonly dispute: Dispute }
  /** Never written by this code, or altered since. */
  | { readonly kind: "unreadable"; readonly key: string };

/**
 * Reads the whole list, of either kind the oldest first.
 *
 * @throws TableMissingError
 * @throws StoreUnavailableError
 */
export async function* listDisputes(client: DynamoDBClient, table: string): AsyncGenerator<DisputeEntry> {
  for (const queue of [SUSPENSIONS, DISPUTES]) {
    for await (const { key, item } of listQueue(client, table, queue)) yield readEntry(key, item);
  }
}

function readEntry(key: string, item: Item): DisputeEntry {
  try {
    const head = readHead(esimOf(key), item);
    return head.dispute === null
      ? { kind: "unreadable", key }
      : { kind: "dispute", key, head, dispute: head.dispute };
  } catch (error) {
    if (error instanceof StoreUnreadableError) return { kind: "unreadable", key };
    throw error;
  }
}
