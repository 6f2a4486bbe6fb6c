/** The pool's items, in the table of purchases: one for each slot, and one head for each plan; see STORAGE.md. */

import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import * as v from "valibot";
import { uint256Schema } from "../../protocol/schema.ts";
import type { PoolStore } from "../pool/ports.ts";
import type { PoolHead, Slot } from "../pool/slot.ts";
import { StoreUnreadableError } from "../purchase/ports.ts";
import { available } from "./available.ts";
import { esimSchema } from "./goods-item.ts";
import { countSchema, type Item } from "./item.ts";

const countInJson = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const stockSchema = v.strictObject({
  esim: esimSchema,
  packageCode: v.string(),
  sellUntil: v.pipe(v.number(), v.safeInteger()),
});

const contentSchema = v.variant("state", [
  v.strictObject({ state: v.literal("empty") }),
  v.strictObject({ state: v.literal("free"), stock: stockSchema }),
  v.strictObject({
    state: v.literal("taken"),
    stock: stockSchema,
    order: v.string(),
    line: countInJson,
    takenAt: countInJson,
  }),
  v.strictObject({ state: v.literal("retiring"), stock: stockSchema }),
]);

const headSchema = v.strictObject({
  busyUntil: countInJson,
  slots: countInJson,
  refill: v.nullable(
    v.strictObject({
      id: v.string(),
      packageCode: v.string(),
      wholesale: uint256Schema,
      /** Slot and version. */
      targets: v.array(v.strictTuple([countInJson, countInJson])),
    }),
  ),
});

const NEW_HEAD: PoolHead = { version: 0, busyUntil: 0, slots: 0, refill: null };

export function createPoolStore(client: DynamoDBClient, table: string): PoolStore {
  async function get<Schema extends v.GenericSchema>(pk: string, schema: Schema, consistent: boolean) {
    const command = new GetItemCommand({
      TableName: table,
      Key: { pk: { S: pk } },
      ConsistentRead: consistent,
    });
    const { Item: item } = await available(() => client.send(command));
    if (item === undefined) return undefined;
    const data = v.pipe(v.string(), v.parseJson(), schema);
    const itemSchema = v.object({ version: v.object({ N: countSchema }), data: v.object({ S: data }) });
    const parsed = v.safeParse(itemSchema, item, { abortEarly: true });
    // Not what stands there, which may be an activation code.
    if (!parsed.success) throw new StoreUnreadableError("an item of the pool can't be read");
    return { version: parsed.output.version.N, data: parsed.output.data.S };
  }

  async function put(pk: string, version: number, data: unknown): Promise<"saved" | "conflict"> {
    const item: Item = {
      pk: { S: pk },
      version: { N: String(version) },
      data: { S: JSON.stringify(data) },
    };
    const over = version === 1 ? undefined : { ":previous": { N: String(version - 1) } };
    const command = new PutItemCommand({
      TableName: table,
      Item: item,
      ConditionExpression: over === undefined ? "attribute_not_exists(pk)" : "version = :previous",
      ...(over === undefined ? {} : { ExpressionAttributeValues: over }),
    });
    return available(async () => {
      try {
        await client.send(command);
        return "saved";
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return "conflict";
        throw error;
      }
    });
  }

  return {
    async slot(plan, number, reading): Promise<Slot> {
      const found = await get(slotKey(plan, number), contentSchema, reading === "consistent");
      if (found === undefined) return { number, version: 0, state: "empty" };
      return { ...found.data, number, version: found.version };
    },
    saveSlot: (plan, { number, version, ...content }) => put(slotKey(plan, number), version, content),

    async head(plan) {
      const found = await get(headKey(plan), headSchema, true);
      if (found === undefined) return NEW_HEAD;
      const { refill, ...rest } = found.data;
      const targets = refill?.targets.map(([slot, version]) => ({ slot, version })) ?? [];
      return { ...rest, version: found.version, refill: refill === null ? null : { ...refill, targets } };
    },
    saveHead(plan, { version, refill, ...rest }) {
      const text =
        refill === null
          ? null
          : {
              ...refill,
              wholesale: refill.wholesale.toString(),
              targets: refill.targets.map((target) => [target.slot, target.version]),
            };
      return put(headKey(plan), version, { ...rest, refill: text });
    },
  };
}

function headKey(plan: string): string {
  return `pool#${plan}`;
}

/** A key of its own for each slot, so that no two buyers of one plan meet at one key. */
function slotKey(plan: string, number: number): string {
  return `pool#${plan}#${number}`;
}
