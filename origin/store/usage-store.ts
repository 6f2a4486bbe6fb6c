/** The book of usage in the table: a head for each eSIM, and pages that are written once; see STORAGE.md. */

import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from "@aws-sdk/client-dynamodb";
import * as v from "valibot";
import { StoreUnreadableError } from "../purchase/ports.ts";
import { newHead } from "../usage/judge.ts";
import type { UsageEntry, UsageHead, UsageStore } from "../usage/ports.ts";
import { type UsageRecord, usageRejections } from "../usage/verify.ts";
import { available } from "./available.ts";
import { QUEUE_INDEX } from "./dynamo.ts";
import { countSchema, type Item, queueKey } from "./item.ts";

/** Few are due at a time. */
export const SUSPENSIONS = queueKey("suspend", 0);
/** For the operator to settle. */
export const DISPUTES = queueKey("dispute", 0);

const PREFIX = "usage#";

const countInJson = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const bytesInJson = v.pipe(
  v.string(),
  v.regex(/^(?:0|[1-9][0-9]{0,18})$/),
  v.transform((text) => BigInt(text)),
);

/** Sequence, bytes, time. */
const recordSchema = v.strictTuple([countInJson, bytesInJson, countInJson]);

const entrySchema = v.union([
  v.strictObject({ jws: v.string(), record: recordSchema }),
  v.strictObject({ jws: v.string(), reason: v.picklist(usageRejections), digest: v.string() }),
]);

const headSchema = v.strictObject({
  lookedAt: countInJson,
  reached: v.boolean(),
  pages: countInJson,
  last: v.nullable(recordSchema),
  records: countInJson,
  refused: v.array(v.string()),
  unlisted: countInJson,
});

const disputeSchema = v.strictObject({
  at: countInJson,
  reason: v.nullable(v.string()),
  orderId: v.string(),
  iccid: v.string(),
  suspension: v.picklist(["due", "done"]),
  dueAt: countInJson,
});

const json = <const Schema extends v.GenericSchema>(schema: Schema) =>
  v.object({ S: v.pipe(v.string(), v.parseJson(), schema) });

const headItem = v.object({
  version: v.object({ N: countSchema }),
  data: json(headSchema),
  dispute: v.optional(json(disputeSchema)),
});

const pageItem = v.object({ data: json(v.array(entrySchema)) });

export function createUsageStore(client: DynamoDBClient, table: string): UsageStore {
  async function get(pk: string): Promise<Item | undefined> {
    const command = new GetItemCommand({ TableName: table, Key: { pk: { S: pk } }, ConsistentRead: true });
    return (await available(() => client.send(command))).Item;
  }

  /** Whether the condition held. */
  async function put(item: Item, over: number | null): Promise<boolean> {
    const command = new PutItemCommand({
      TableName: table,
      Item: item,
      ConditionExpression: over === null ? "attribute_not_exists(pk)" : "version = :previous",
      ...(over === null ? {} : { ExpressionAttributeValues: { ":previous": { N: String(over) } } }),
    });
    return available(async () => {
      try {
        await client.send(command);
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    });
  }

  async function head(esimTranNo: string): Promise<UsageHead> {
    const item = await get(headKey(esimTranNo));
    return item === undefined ? newHead(esimTranNo) : readHead(esimTranNo, item);
  }

  /** One item that can't be read must not keep the others from being worked off. */
  async function readable(pk: string): Promise<readonly UsageHead[]> {
    try {
      return [await head(esimOf(pk))];
    } catch (error) {
      if (error instanceof StoreUnreadableError) return [];
      throw error;
    }
  }

  async function page(esimTranNo: string, number: number): Promise<readonly UsageEntry[]> {
    const item = await get(pageKey(esimTranNo, number));
    if (item === undefined) return [];
    return parse(pageItem, item).data.S.map((entry) =>
      "record" in entry
        ? { jws: entry.jws, counted: recordOf(esimTranNo, entry.record) }
        : { ...entry, counted: null },
    );
  }

  return {
    head,
    page,
    async saveHead(next) {
      const isNew = next.version === 1;
      return (await put(headItemOf(next), isNew ? null : next.version - 1)) ? "saved" : "conflict";
    },
    async addPage(esimTranNo, number, entries) {
      const data = entries.map((entry) =>
        entry.counted === null
          ? { jws: entry.jws, reason: entry.reason, digest: entry.digest }
          : { jws: entry.jws, record: tupleOf(entry.counted) },
      );
      const item = { pk: { S: pageKey(esimTranNo, number) }, data: { S: JSON.stringify(data) } };
      if (await put(item, null)) return { kind: "added" };
      return { kind: "exists", entries: await page(esimTranNo, number) };
    },
    async suspensionsDue(now, limit) {
      const query = new QueryCommand({
        TableName: table,
        IndexName: QUEUE_INDEX,
        KeyConditionExpression: "#queue = :queue AND dueAt <= :now",
        ExpressionAttributeNames: { "#queue": "queue" },
        ExpressionAttributeValues: { ":queue": { S: SUSPENSIONS }, ":now": { N: String(now) } },
        Limit: limit,
      });
      const { Items: keys = [] } = await available(() => client.send(query));
      return (await Promise.all(keys.map(({ pk }) => readable(pk?.S ?? "")))).flat();
    },
  };
}

/** In the index while it is disputed: until it is suspended for the sweeper, after that for the operator. */
function headItemOf({ esimTranNo, version, dispute, last, ...rest }: UsageHead): Item {
  const data = { ...rest, last: last === null ? null : tupleOf(last) };
  const item = {
    pk: { S: headKey(esimTranNo) },
    version: { N: String(version) },
    data: { S: JSON.stringify(data) },
  };
  if (dispute === null) return item;
  const { suspension, dueAt, at } = dispute;
  return {
    ...item,
    dispute: { S: JSON.stringify(dispute) },
    queue: { S: suspension === "due" ? SUSPENSIONS : DISPUTES },
    dueAt: { N: String(suspension === "due" ? dueAt : at) },
  };
}

/** @throws StoreUnreadableError */
export function readHead(esimTranNo: string, item: Item): UsageHead {
  const { version, data, dispute } = parse(headItem, item);
  const { last, ...rest } = data.S;
  return {
    ...rest,
    esimTranNo,
    version: version.N,
    last: last === null ? null : recordOf(esimTranNo, last),
    dispute: dispute?.S ?? null,
  };
}

/** @throws StoreUnreadableError */
function parse<const Schema extends v.GenericSchema>(schema: Schema, item: Item): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, item, { abortEarly: true });
  if (!parsed.success) throw new StoreUnreadableError("an item of the book of usage can't be read");
  return parsed.output;
}

function tupleOf({ sequence, usedBytes, measuredAt }: UsageRecord) {
  return [sequence, usedBytes.toString(), measuredAt] as const;
}

function recordOf(
  esimTranNo: string,
  [sequence, usedBytes, measuredAt]: v.InferOutput<typeof recordSchema>,
): UsageRecord {
  return { esimTranNo, sequence, usedBytes, measuredAt };
}

/** The number is the supplier's own text; encoded, it can't be taken for another key. */
function headKey(esimTranNo: string): string {
  return PREFIX + encodeURIComponent(esimTranNo);
}

/** @throws StoreUnreadableError where the key is not a head's */
export function esimOf(key: string): string {
  try {
    return decodeURIComponent(key.slice(PREFIX.length));
  } catch {
    throw new StoreUnreadableError("a key of the book of usage can't be read");
  }
}

function pageKey(esimTranNo: string, page: number): string {
  return `${headKey(esimTranNo)}#${page}`;
}
