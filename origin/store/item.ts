/** A purchase as a DynamoDB item: what conditions and the index need stands in attributes of its own, the rest is JSON. */

import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import * as v from "valibot";
import type { Authorization } from "../../protocol/eip3009.ts";
import {
  addressSchema,
  atomicSchema,
  bytes32Schema,
  caip2Schema,
  hexSchema,
  uint256Schema,
} from "../../protocol/schema.ts";
import { isChoiceOpen, isFinished, isUntold, type Purchase } from "../purchase/purchase.ts";
import { isPurchaseState } from "../purchase/states.ts";
import { deliverySchema, deliveryText, esimSchema, goodsSchema, goodsText } from "./goods-item.ts";

export type Item = Record<string, AttributeValue>;

/** A stored item that this code can't read: a fault of the program or of whoever edited the table. */
export class ItemError extends Error {
  override readonly name = "ItemError";
}

/**
 * What the index lists: purchases on which work is due, purchases whose buyers are to be told, purchases to archive,
 * transfers that match nothing, disputed eSIMs that are to be suspended, and those that are, and allotments that are not
 * given back.
 */
export type Queue = "work" | "webhook" | "archive" | "unmatched" | "suspend" | "dispute" | "allotment";

/** The index's partitions for each queue. One takes 1,000 writes a second. */
export const QUEUE_SHARDS = 4;

const MAX_SIGNATURE_BYTES = 2_048;

const authorizationSchema = v.strictObject({
  from: addressSchema,
  to: addressSchema,
  value: atomicSchema,
  validAfter: uint256Schema,
  validBefore: uint256Schema,
  nonce: bytes32Schema,
});

const refundSchema = v.strictObject({
  number: v.pipe(v.number(), v.integer(), v.minValue(1)),
  amount: atomicSchema,
  /** Absent where there was none. */
  earlier: v.optional(atomicSchema, "0"),
  signed: v.nullable(
    v.strictObject({ authorization: authorizationSchema, signature: hexSchema(MAX_SIGNATURE_BYTES) }),
  ),
  transaction: v.nullable(bytes32Schema),
});

const countedSchema = v.pipe(v.number(), v.integer(), v.minValue(0));

const placementSchema = v.variant("kind", [
  v.strictObject({ kind: v.literal("placed"), orderNo: v.string() }),
  v.strictObject({ kind: v.literal("refused"), reason: v.string(), mayExist: v.boolean() }),
]);

const laterSchema = v.strictObject({
  packageCode: v.string(),
  wholesale: uint256Schema,
  lines: v.array(v.number()),
  since: v.number(),
});

const choiceSchema = v.variant("kind", [
  v.strictObject({ kind: v.literal("open"), until: v.number() }),
  v.strictObject({ kind: v.literal("made"), esimTranNo: v.string() }),
  v.strictObject({ kind: v.literal("lapsed") }),
]);

const returnedSchema = v.strictObject({
  line: countedSchema,
  esimTranNo: v.string(),
  iccid: v.string(),
});

const giveBackSchema = v.strictObject({
  askedAt: v.number(),
  open: v.array(countedSchema),
  owed: atomicSchema,
});

const missingSchema = v.strictObject({
  reason: v.string(),
  amount: atomicSchema,
  orderMayExist: v.boolean(),
});

const webhookSchema = v.strictObject({
  url: v.string(),
  state: v.picklist(["none", "due", "done", "gave_up"]),
  since: v.number(),
  attempts: v.pipe(v.number(), v.integer(), v.minValue(0)),
});

const dataSchema = v.strictObject({
  claimId: v.string(),
  grantId: v.string(),
  x402Version: v.picklist([1, 2]),
  network: caip2Schema,
  authorization: authorizationSchema,
  signature: v.nullable(hexSchema(MAX_SIGNATURE_BYTES)),
  invoiceId: v.nullable(v.string()),
  replayKeys: v.array(bytes32Schema),
  fingerprint: bytes32Schema,
  goods: goodsSchema,
  agentId: v.nullable(v.string()),
  createdAt: v.number(),
  settledAt: v.nullable(v.number()),
  transaction: v.nullable(bytes32Schema),
  pooled: v.nullable(v.array(v.nullable(esimSchema))),
  placements: v.nullable(v.array(v.nullable(placementSchema))),
  // Items that were written before there were any lack this, and `choice`.
  later: v.optional(v.array(laterSchema), []),
  release: v.picklist(["none", "due", "done"]),
  suspend: v.optional(v.picklist(["none", "due", "done"]), "none"),
  delivery: v.nullable(deliverySchema),
  choice: v.optional(v.nullable(choiceSchema), null),
  missing: v.nullable(missingSchema),
  refund: v.nullable(refundSchema),
  /** Absent where nobody wanted to give anything back, as the next. */
  returned: v.optional(v.array(returnedSchema), []),
  giveBack: v.optional(v.nullable(giveBackSchema), null),
  /** Absent where the buyer named none, and from before there were any. */
  webhook: v.optional(v.nullable(webhookSchema), null),
  reason: v.nullable(v.string()),
  archived: countedSchema,
});

const ledgerSchema = v.array(v.strictObject({ at: v.number(), event: v.string(), hash: bytes32Schema }));

/** DynamoDB's numbers may be signed, fractional or beyond what a double holds; ours count. */
export const countSchema = v.pipe(
  v.string(),
  v.regex(/^(0|[1-9][0-9]*)$/),
  v.transform(Number),
  v.safeInteger(),
);

const itemSchema = v.object({
  pk: v.object({ S: v.string() }),
  version: v.object({ N: countSchema }),
  state: v.object({ S: v.pipe(v.string(), v.guard(isPurchaseState)) }),
  dueAt: v.object({ N: countSchema }),
  data: v.object({ S: v.pipe(v.string(), v.parseJson(), dataSchema) }),
  ledger: v.object({ S: v.pipe(v.string(), v.parseJson(), ledgerSchema) }),
});

export function toItem(purchase: Purchase): Item {
  const { id, version, state, dueAt, ledger, ...rest } = purchase;
  const data: Record<keyof v.InferInput<typeof dataSchema>, unknown> = {
    ...rest,
    network: rest.network.caip2,
    authorization: authorizationText(rest.authorization),
    goods: goodsText(rest.goods),
    delivery: rest.delivery === null ? null : deliveryText(rest.delivery),
    later: rest.later.map(({ wholesale, ...order }) => ({ ...order, wholesale: wholesale.toString() })),
    missing: rest.missing === null ? null : { ...rest.missing, amount: rest.missing.amount.toString() },
    refund: rest.refund === null ? null : refundText(rest.refund),
    suspend: rest.suspend === "none" ? undefined : rest.suspend,
    returned: rest.returned.length === 0 ? undefined : rest.returned,
    giveBack: rest.giveBack === null ? undefined : { ...rest.giveBack, owed: rest.giveBack.owed.toString() },
    webhook: rest.webhook ?? undefined,
  };
  const queue = queueOf(purchase);
  return {
    pk: { S: id },
    version: { N: String(version) },
    state: { S: state },
    dueAt: { N: String(dueAt) },
    data: { S: JSON.stringify(data) },
    ledger: { S: JSON.stringify(ledger) },
    ...(queue === undefined ? {} : { queue: { S: queueKey(queue, shardOf(id)) } }),
  };
}

/** @throws ItemError */
export function fromItem(item: Item): Purchase {
  const parsed = v.safeParse(itemSchema, item, { abortEarly: true });
  // The path alone: what stands there may be a secret.
  if (!parsed.success) throw new ItemError(`can't be read at ${v.getDotPath(parsed.issues[0]) ?? "(root)"}`);
  const { pk, version, state, dueAt, data, ledger } = parsed.output;
  return { ...data.S, id: pk.S, version: version.N, state: state.S, dueAt: dueAt.N, ledger: ledger.S };
}

export function queueKey(queue: Queue, shard: number): string {
  return `${queue}#${shard}`;
}

/** None once nothing is left to do and every entry of the ledger is archived: then the index forgets the purchase. */
function queueOf(purchase: Purchase): Queue | undefined {
  if (!isFinished(purchase)) return "work";
  if (isUntold(purchase)) return "webhook";
  if (isChoiceOpen(purchase)) return "work";
  return purchase.archived < purchase.ledger.length ? "archive" : undefined;
}

/** Order ids end in hash digits, so the last one spreads evenly. */
function shardOf(id: string): number {
  return Number.parseInt(id.slice(-1), 16) % QUEUE_SHARDS;
}

function authorizationText({ value, validAfter, validBefore, ...rest }: Authorization) {
  return {
    ...rest,
    value: value.toString(),
    validAfter: validAfter.toString(),
    validBefore: validBefore.toString(),
  };
}

function refundText({ signed, amount, earlier, ...rest }: NonNullable<Purchase["refund"]>) {
  return {
    ...rest,
    amount: amount.toString(),
    earlier: earlier === 0n ? undefined : earlier.toString(),
    signed:
      signed === null
        ? null
        : { authorization: authorizationText(signed.authorization), signature: signed.signature },
  };
}
