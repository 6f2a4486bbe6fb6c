/**
 * The valibot schemas by which the edge read before it read by hand. They stand here to be asked whether the parsers
 * still accept what they accepted. The pieces that others still use come from protocol/schema.ts.
 */

import * as v from "valibot";
import { dataMbSchema } from "../../../protocol/catalog-fields.ts";
import { isEid } from "../../../protocol/eid.ts";
import { lookupCodes } from "../../../protocol/grant.ts";
import {
  addressSchema,
  atomicSchema,
  bytes32Schema,
  caip2Schema,
  hexSchema,
  uint256Schema,
} from "../../../protocol/schema.ts";

export const exactPayload = v.object({
  signature: v.pipe(hexSchema(2_048), v.minLength(2 + 2 * 64)),
  authorization: v.strictObject({
    from: addressSchema,
    to: addressSchema,
    value: atomicSchema,
    validAfter: uint256Schema,
    validBefore: uint256Schema,
    nonce: bytes32Schema,
  }),
});

export const v1Payment = v.object({
  x402Version: v.literal(1),
  scheme: v.string(),
  network: v.string(),
  payload: v.looseObject({}),
});

export const v2Payment = v.object({
  x402Version: v.literal(2),
  accepted: v.object({
    scheme: v.string(),
    network: v.string(),
    asset: addressSchema,
    payTo: addressSchema,
    amount: atomicSchema,
    extra: v.optional(v.looseObject({ invoice: v.optional(v.string()) })),
  }),
  payload: v.looseObject({}),
  extensions: v.optional(v.unknown()),
});

const identifier = v.pipe(v.string(), v.minLength(16), v.maxLength(128), v.regex(/^[a-zA-Z0-9_-]+$/));

export const extensions = v.nullish(
  v.object({
    "payment-identifier": v.nullish(
      v.object({ info: v.object({ required: v.boolean(), id: v.exactOptional(identifier) }) }),
    ),
  }),
);

function upTo(length: number) {
  return v.pipe(v.string(), v.maxLength(length));
}

const webhookUrl = v.pipe(
  v.string(),
  v.maxLength(512),
  v.check((text) => {
    if (!/^[\x21-\x7e]+$/.test(text) || text.includes("#") || !URL.canParse(text)) return false;
    const { protocol, hostname, port, username, password } = new URL(text);
    if (username !== "" || password !== "") return false;
    return protocol === "https:" ? port === "" : protocol === "http:" && hostname === "127.0.0.1";
  }),
);

const goods = {
  plan: v.optional(upTo(64)),
  region: v.optional(upTo(32)),
  data_mb: v.optional(dataMbSchema),
  carrier: v.optional(upTo(32)),
};
const item = {
  ...goods,
  device_id: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9._:-]{1,128}$/))),
  eid: v.optional(v.pipe(v.string(), v.check(isEid))),
};
const order = { chain: v.optional(upTo(32)), webhook_url: v.optional(webhookUrl) };

type Goods = v.InferOutput<v.StrictObjectSchema<typeof goods, undefined>>;

function isOneThing({ plan, region, data_mb, carrier }: Goods): boolean {
  return plan === undefined
    ? region !== undefined && data_mb !== undefined
    : region === undefined && data_mb === undefined && carrier === undefined;
}

export const activation = v.pipe(v.strictObject({ ...item, ...order }), v.check(isOneThing));

export const batch = v.strictObject({
  items: v.pipe(v.array(v.pipe(v.strictObject(item), v.check(isOneThing))), v.minLength(1), v.maxLength(50)),
  ...order,
});

const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(50));

export const allotment = v.pipe(
  v.strictObject({ ...goods, count, ...order }),
  v.check((body) => isOneThing(body)),
);

export const topUp = v.strictObject({ data_mb: v.optional(dataMbSchema), chain: v.optional(upTo(32)) });

export const credit = v.object({ credit: v.picklist(["enough", "low"]) });

export const verifyAnswer = v.object({ isValid: v.boolean(), invalidReason: v.nullish(v.string()) });

export const settleAnswer = v.object({
  success: v.boolean(),
  errorReason: v.nullish(v.string()),
  transaction: v.nullish(v.string()),
  network: v.nullish(v.string()),
});

export const edgeSecrets = v.object({
  cdpKeyId: v.pipe(v.string(), v.minLength(1)),
  cdpKeySecret: v.pipe(v.string(), v.minLength(1)),
  keys: v.pipe(
    v.array(
      v.object({
        id: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)),
        invoice: bytes32Schema,
        grant: bytes32Schema,
      }),
    ),
    v.minLength(1),
  ),
});

export const secretAnswer = v.object({ SecretString: v.string() });

export const quantity = v.pipe(
  v.string(),
  v.regex(/^0x[0-9a-f]{1,64}$/),
  v.transform((digits) => BigInt(digits)),
);

export const data = hexSchema(100_000);

export const logs = v.array(
  v.object({
    address: addressSchema,
    topics: v.array(bytes32Schema),
    data,
    logIndex: quantity,
    transactionHash: bytes32Schema,
  }),
);

export const receipt = v.nullable(v.object({ status: quantity, logs }));

const signature = hexSchema(2_048);

const settlement = v.variant("state", [
  v.strictObject({ state: v.literal("settled"), transaction: bytes32Schema }),
  v.strictObject({ state: v.literal("unknown"), signature }),
  v.strictObject({ state: v.literal("verified"), signature }),
  v.strictObject({ state: v.literal("deferred"), signature }),
  v.strictObject({ state: v.literal("spent") }),
  v.strictObject({ state: v.literal("contested") }),
  v.strictObject({ state: v.literal("lookup"), code: v.picklist(lookupCodes) }),
]);

export const claims = v.object({
  jti: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{8,64}$/)),
  fp: bytes32Schema,
  proof: v.optional(
    v.strictObject({
      tx: bytes32Schema,
      inv: v.nullable(v.pipe(v.string(), v.maxLength(128))),
      by: v.nullable(addressSchema),
    }),
  ),
  pay: v.optional(
    v.strictObject({
      ver: v.picklist([1, 2]),
      net: caip2Schema,
      from: addressSchema,
      to: addressSchema,
      value: atomicSchema,
      after: uint256Schema,
      before: uint256Schema,
      nonce: bytes32Schema,
      inv: v.nullable(v.pipe(v.string(), v.regex(/^[0-9a-f]{20}$/))),
      keys: v.pipe(v.array(bytes32Schema), v.maxLength(2)),
      settlement,
      ms: v.strictObject({ verify: v.optional(v.number()), settle: v.optional(v.number()) }),
    }),
  ),
});
