/** A purchase as a DynamoDB item: what conditions and the index need stands in attributes of its own, the rest is JSON. */

import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import * as v from "valibot";
import {
  addressSchema,
  atomicSchema,
  bytes32Schema,
  caip2Schema,
  hexSchema,
  uint256Schema,
} from "../../protocol/schema.ts";
import type { Purchase } from "../purchase/purchase.ts";

export type Item = Record<string, AttributeValue>;

/** A stored item that this code can't read: a fault of the program or of whoever edited the table. */
export class ItemError extends Error {
  override readonly name = "ItemError";
}

const nullableNumber = v.nullable(v.number());

const dataSchema = v.strictObject({
  claimId: v.string(),
  grantId: v.string(),
  x402Version: v.picklist([1, 2]),
  network: caip2Schema,
  from: addressSchema,
  to: addressSchema,
  value: atomicSchema,
  validAfter: uint256Schema,
  validBefore: uint256Schema,
  nonce: bytes32Schema,
  signature: v.nullable(hexSchema(2_048)),
  invoiceId: v.nullable(v.string()),
  fingerprint: bytes32Schema,
  goods: v.variant("kind", [
    v.strictObject({ kind: v.literal("esim"), plan: v.string(), deviceId: v.nullable(v.string()) }),
    v.strictObject({ kind: v.literal("resource"), path: v.string() }),
    v.strictObject({ kind: v.literal("unavailable"), reason: v.string() }),
  ]),
  agentId: v.nullable(v.string()),
  createdAt: v.number(),
  settledAt: nullableNumber,
  transaction: v.nullable(bytes32Schema),
  supplierOrder: v.nullable(v.string()),
  delivery: v.nullable(
    v.variant("kind", [
      v.strictObject({
        kind: v.literal("esim"),
        esimTranNo: v.string(),
        iccid: v.string(),
        activationCode: v.string(),
        apn: v.nullable(v.string()),
      }),
      v.strictObject({ kind: v.literal("resource"), body: v.string() }),
    ]),
  ),
});

const ledgerSchema = v.array(v.strictObject({ at: v.number(), event: v.string(), hash: bytes32Schema }));

/** DynamoDB's numbers may be signed, fractional or beyond what a double holds; ours count. */
const countSchema = v.pipe(v.string(), v.regex(/^(0|[1-9][0-9]*)$/), v.transform(Number), v.safeInteger());

const itemSchema = v.object({
  pk: v.object({ S: v.string() }),
  version: v.object({ N: countSchema }),
  state: v.object({
    S: v.picklist(["settling", "settled", "ordered", "delivered", "void", "refund_due"]),
  }),
  dueAt: v.object({ N: countSchema }),
  data: v.object({ S: v.pipe(v.string(), v.parseJson(), dataSchema) }),
  ledger: v.object({ S: v.pipe(v.string(), v.parseJson(), ledgerSchema) }),
});

export function toItem(purchase: Purchase): Item {
  const { id, version, state, dueAt, ledger, network, authorization, ...rest } = purchase;
  const { from, to, value, validAfter, validBefore, nonce } = authorization;
  const data: Record<keyof v.InferInput<typeof dataSchema>, unknown> = {
    ...rest,
    network: network.caip2,
    from,
    to,
    value: value.toString(),
    validAfter: validAfter.toString(),
    validBefore: validBefore.toString(),
    nonce,
  };
  return {
    pk: { S: id },
    version: { N: String(version) },
    state: { S: state },
    dueAt: { N: String(dueAt) },
    data: { S: JSON.stringify(data) },
    ledger: { S: JSON.stringify(ledger) },
  };
}

/** @throws ItemError */
export function fromItem(item: Item): Purchase {
  const parsed = v.safeParse(itemSchema, item, { abortEarly: true });
  // The path alone: what stands there may be a secret.
  if (!parsed.success) throw new ItemError(`can't be read at ${v.getDotPath(parsed.issues[0]) ?? "(root)"}`);
  const { pk, version, state, dueAt, data, ledger } = parsed.output;
  const { from, to, value, validAfter, validBefore, nonce, ...rest } = data.S;
  return {
    ...rest,
    id: pk.S,
    version: version.N,
    state: state.S,
    dueAt: dueAt.N,
    authorization: { from, to, value, validAfter, validBefore, nonce },
    ledger: ledger.S,
  };
}
