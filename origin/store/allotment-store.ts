/**
 * Allotments in the table of purchases: one item each, written in parts; see STORAGE.md. A draw appends to two lists
 * under a condition, without reading first, so fifty workers at once take fifty writes and none has to try again.
 */

import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import * as v from "valibot";
import type { Allotment } from "../allotment/allotment.ts";
import type { AllotmentStore } from "../allotment/ports.ts";
import { StoreUnreadableError } from "../purchase/ports.ts";
import { available } from "./available.ts";
import { QUEUE_INDEX } from "./dynamo.ts";
import { countSchema, type Item, queueKey } from "./item.ts";

const PREFIX = "allotment#";

/** Open ones stand in it until they expire. They are few, and nobody waits for them: one partition will do. */
const QUEUE = queueKey("allotment", 0);

/** Until somebody else gives back what is left of an allotment that was closed. Milliseconds. */
const CLOSING_MS = 30_000;

const numberSchema = v.object({ N: countSchema });

const itemSchema = v.pipe(
  v.object({
    devices: v.object({ L: v.array(v.object({ S: v.string() })) }),
    times: v.object({ L: v.array(numberSchema) }),
    expiresAt: numberSchema,
    closedAt: v.optional(numberSchema),
  }),
  v.check(({ devices, times }) => devices.L.length === times.L.length),
);

/** Some of these words are DynamoDB's own. */
const NAMES = {
  "#devices": "devices",
  "#times": "times",
  "#expiresAt": "expiresAt",
  "#closedAt": "closedAt",
  "#queue": "queue",
  "#dueAt": "dueAt",
} as const;

interface Update {
  readonly set: string;
  readonly condition: string;
  readonly values?: Item;
}

export function createAllotmentStore(client: DynamoDBClient, table: string): AllotmentStore {
  async function get(orderId: string): Promise<Allotment | undefined> {
    const Key = keyOf(orderId);
    const command = new GetItemCommand({ TableName: table, Key, ConsistentRead: true });
    const { Item: item } = await available(() => client.send(command));
    return item === undefined ? undefined : allotmentIn(item);
  }

  /** It as it is afterwards; undefined where the condition does not hold. */
  async function update(orderId: string, { set, condition, values }: Update): Promise<Allotment | undefined> {
    const used = Object.entries(NAMES).filter(([name]) => `${set} ${condition}`.includes(name));
    const command = new UpdateItemCommand({
      TableName: table,
      Key: keyOf(orderId),
      UpdateExpression: set,
      ConditionExpression: `attribute_exists(pk) AND ${condition}`,
      ExpressionAttributeNames: Object.fromEntries(used),
      ...(values === undefined ? {} : { ExpressionAttributeValues: values }),
      ReturnValues: "ALL_NEW",
    });
    return available(async () => {
      try {
        const { Attributes: item = {} } = await client.send(command);
        return allotmentIn(item);
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return undefined;
        throw error;
      }
    });
  }

  async function there(orderId: string): Promise<Allotment> {
    const found = await get(orderId);
    if (found === undefined) throw new StoreUnreadableError("an allotment is not there");
    return found;
  }

  return {
    get,

    async open(orderId, expiresAt) {
      const command = new PutItemCommand({
        TableName: table,
        Item: {
          ...keyOf(orderId),
          devices: { L: [] },
          times: { L: [] },
          expiresAt: number(expiresAt),
          queue: { S: QUEUE },
          dueAt: number(expiresAt),
        },
        ConditionExpression: "attribute_not_exists(pk)",
      });
      await available(() =>
        client.send(command).catch((error: unknown) => {
          if (!(error instanceof ConditionalCheckFailedException)) throw error;
        }),
      );
    },

    async draw(orderId, { deviceId, at }, limit) {
      const drawn = await update(orderId, {
        set: "SET #devices = list_append(#devices, :devices), #times = list_append(#times, :times)",
        condition:
          "attribute_not_exists(#closedAt) AND #expiresAt > :at AND size(#devices) < :limit AND NOT contains(#devices, :device)",
        values: {
          ":devices": { L: [{ S: deviceId }] },
          ":times": { L: [number(at)] },
          ":device": { S: deviceId },
          ":at": number(at),
          ":limit": number(limit),
        },
      });
      return { added: drawn !== undefined, allotment: drawn ?? (await there(orderId)) };
    },

    async close(orderId, now) {
      const closed = await update(orderId, {
        set: "SET #closedAt = :now, #queue = :queue, #dueAt = :dueAt",
        condition: "attribute_not_exists(#closedAt)",
        values: { ":now": number(now), ":queue": { S: QUEUE }, ":dueAt": number(now + CLOSING_MS) },
      });
      return closed ?? there(orderId);
    },

    async finished(orderId) {
      await update(orderId, { set: "REMOVE #queue, #dueAt", condition: "attribute_exists(#closedAt)" });
    },

    async putOff(orderId, dueAt) {
      const values = { ":dueAt": number(dueAt) };
      await update(orderId, { set: "SET #dueAt = :dueAt", condition: "attribute_exists(#queue)", values });
    },

    async due(now, limit) {
      const command = new QueryCommand({
        TableName: table,
        IndexName: QUEUE_INDEX,
        KeyConditionExpression: "#queue = :queue AND #dueAt <= :now",
        ExpressionAttributeNames: { "#queue": "queue", "#dueAt": "dueAt" },
        ExpressionAttributeValues: { ":queue": { S: QUEUE }, ":now": number(now) },
        Limit: limit,
      });
      const { Items: keys = [] } = await available(() => client.send(command));
      return keys.map(({ pk }) => (pk?.S ?? "").slice(PREFIX.length));
    },
  };
}

function keyOf(orderId: string) {
  return { pk: { S: PREFIX + orderId } };
}

function number(value: number) {
  return { N: String(value) };
}

/** @throws StoreUnreadableError */
function allotmentIn(item: Item): Allotment {
  const parsed = v.safeParse(itemSchema, item, { abortEarly: true });
  if (!parsed.success) throw new StoreUnreadableError("an allotment can't be read");
  const { devices, times, expiresAt, closedAt } = parsed.output;
  const draws = devices.L.map(({ S: deviceId }, nth) => ({ deviceId, at: times.L[nth]?.N ?? 0 }));
  return { expiresAt: expiresAt.N, draws, closedAt: closedAt?.N ?? null };
}
