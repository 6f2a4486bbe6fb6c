/** The bodies that ask for eSIMs, one or a batch, parsed into the lines of an order with their prices. Pure. */

import * as v from "valibot";
import type { Catalog, Plan } from "./catalog.ts";
import { dataMbSchema } from "./catalog-fields.ts";
import { isEid } from "./eid.ts";
import { entry } from "./entry.ts";
import { meteredName } from "./metered-name.ts";
import type { EsimLine, Fallback, Refusal } from "./offer.ts";
import { type MeteredRefusal, meteredPrice } from "./pricing.ts";
import { fail, ok, type Result } from "./result.ts";
import { describeIssue, webhookUrlSchema } from "./schema.ts";
import { parseJsonBytes } from "./text.ts";
import { wholesalePrice } from "./wholesale.ts";

export interface Activation {
  /** At least one. */
  readonly lines: readonly EsimLine[];
  readonly fallback?: Fallback;
  /** The body's `chain`. */
  readonly chain: string | undefined;
  /** The body's `webhook_url`: told of the whole order. */
  readonly webhookUrl: string | null;
}

/** Items of one batch. */
export const MAX_BATCH_ITEMS = 50;

/** Bytes of an activation request; the longest sensible one takes about 300. */
export const MAX_BODY = 4_096;

/** Bytes of a batch: 50 items of the longest names and room to indent them. CloudFront hands its functions 40 KB. */
export const MAX_BATCH_BODY = 32_768;

function textUpTo(length: number) {
  return v.pipe(v.string(), v.maxLength(length, `expected at most ${length} characters`));
}

export const deviceIdSchema = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9._:-]{1,128}$/, "expected 1 to 128 of A-Z a-z 0-9 . _ : -"),
);

const goodsEntries = {
  plan: v.optional(textUpTo(64)),
  region: v.optional(textUpTo(32)),
  data_mb: v.optional(dataMbSchema),
  carrier: v.optional(textUpTo(32)),
};

/** The chip that it is for. A mistyped one is told before money is asked for. */
const eidSchema = v.pipe(v.string(), v.check(isEid, "expected an EID: 32 digits, the last two a check"));

const itemEntries = { ...goodsEntries, device_id: v.optional(deviceIdSchema), eid: v.optional(eidSchema) };

/** What is said once of an order, however many items it has. */
const orderEntries = {
  chain: v.optional(textUpTo(32)),
  webhook_url: v.optional(webhookUrlSchema),
};

/** Either a plan or metered data: what is asked for must not hang on which of the two is looked at first. */
function isOneThing({ plan, region, data_mb, carrier }: Omit<Item, "device_id" | "eid">): boolean {
  return plan === undefined
    ? region !== undefined && data_mb !== undefined
    : region === undefined && data_mb === undefined && carrier === undefined;
}

const ONE_THING = "expected plan, or region with data_mb";

type Item = Readonly<v.InferOutput<v.StrictObjectSchema<typeof itemEntries, undefined>>>;

const activateBody = v.pipe(
  v.strictObject({ ...itemEntries, ...orderEntries }),
  v.check((item) => isOneThing(item), ONE_THING),
);

const batchBody = v.strictObject({
  items: v.pipe(
    v.array(
      v.pipe(
        v.strictObject(itemEntries),
        v.check((item) => isOneThing(item), ONE_THING),
      ),
    ),
    v.minLength(1, "expected an item"),
    v.maxLength(MAX_BATCH_ITEMS, `expected at most ${MAX_BATCH_ITEMS} items`),
  ),
  ...orderEntries,
});

/** Which devices get them is known only when they are drawn. */
const allotmentBody = v.pipe(
  v.strictObject({
    ...goodsEntries,
    count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_BATCH_ITEMS)),
    ...orderEntries,
  }),
  v.check((body) => isOneThing(body), ONE_THING),
);

/** @param fallbackRegion in which as much data is bought where the eSIM is late; the price is the dearer one's */
export function readActivation(
  catalog: Catalog,
  body: Uint8Array,
  fallbackRegion?: string,
): Result<Activation, Refusal> {
  const fields = parseBody(body, MAX_BODY, activateBody);
  if (!fields.ok) return fields;
  const line = lineOf(catalog, fields.value);
  if (!line.ok) return line;
  if (fallbackRegion === undefined) return ok(activation([line.value], fields.value));
  const dataMb = fields.value.data_mb ?? entry(catalog.plans, line.value.plan)?.dataMb;
  const other = lineOf(catalog, { region: fallbackRegion, data_mb: dataMb });
  if (!other.ok) return fail({ ...other.reason, detail: `X-Fallback-Region: ${other.reason.detail}` });
  const { price, plan, packageCode, wholesale } = other.value;
  const dearer = price > line.value.price ? price : line.value.price;
  const fallback = { plan, packageCode, wholesale };
  return ok({ ...activation([{ ...line.value, price: dearer }], fields.value), fallback });
}

export function readBatch(catalog: Catalog, body: Uint8Array): Result<Activation, Refusal> {
  const fields = parseBody(body, MAX_BATCH_BODY, batchBody);
  if (!fields.ok) return fields;
  const lines: EsimLine[] = [];
  for (const [position, item] of fields.value.items.entries()) {
    const line = lineOf(catalog, item);
    if (!line.ok) {
      const { code, detail } = line.reason;
      return fail({ code, detail: `items.${position}: ${detail}` });
    }
    lines.push(line.value);
  }
  return ok(activation(lines, fields.value));
}

type OrderFields = Readonly<v.InferOutput<v.StrictObjectSchema<typeof orderEntries, undefined>>>;

function activation(lines: readonly EsimLine[], { chain, webhook_url }: OrderFields): Activation {
  return { lines, chain, webhookUrl: webhook_url ?? null };
}

export function readAllotment(catalog: Catalog, body: Uint8Array): Result<Activation, Refusal> {
  const fields = parseBody(body, MAX_BODY, allotmentBody);
  if (!fields.ok) return fields;
  const { count, ...item } = fields.value;
  const line = lineOf(catalog, item);
  if (!line.ok) return line;
  const lines = Array.from({ length: count }, () => line.value);
  return ok(activation(lines, fields.value));
}

/** A body of strict JSON under a limit, or what is wrong with it. */
export function parseBody<const Schema extends v.GenericSchema>(
  body: Uint8Array,
  limit: number,
  schema: Schema,
): Result<v.InferOutput<Schema>, Refusal> {
  if (body.length > limit) return fail({ code: "body_too_large", detail: `The limit is ${limit} bytes.` });
  const json = parseJsonBytes(body);
  if (json === undefined) {
    return fail({ code: "body_malformed", detail: "A JSON object without repeated keys is expected." });
  }
  const fields = v.safeParse(schema, json.value, { abortEarly: true });
  if (fields.success) return ok(fields.output);
  return fail({ code: "body_invalid", detail: describeIssue(fields.issues[0]) });
}

function lineOf(catalog: Catalog, item: Item): Result<EsimLine, Refusal> {
  const { plan: id, region, data_mb: dataMb, carrier = null, device_id: deviceId = null, eid } = item;
  const device = { deviceId, ...(eid === undefined ? {} : { eid }) };
  if (region !== undefined && dataMb !== undefined) {
    const ask = { region, dataMb, carrier };
    const priced = meteredPrice(catalog, ask);
    if (!priced.ok) return fail({ code: priced.reason, detail: unmetered[priced.reason] });
    const { price, package: chosen } = priced.value;
    return ok({ ...bought(chosen), plan: meteredName(ask), price, ...device });
  }
  const plan = id === undefined ? undefined : entry(catalog.plans, id);
  if (id === undefined || plan === undefined) {
    return fail({ code: "plan_unknown", detail: "GET /v1/plans lists the plans." });
  }
  return ok({ ...bought(plan), plan: id, price: plan.price, ...device });
}

const unmetered: Readonly<Record<MeteredRefusal, string>> = {
  region_unknown: "GET /v1/plans lists the regions.",
  carrier_unknown: "GET /v1/plans lists the carriers.",
  package_unavailable: "GET /v1/plans lists each region's carriers and the most data that is sold there.",
};

function bought({ packageCode, wholesaleUsd }: Pick<Plan, "packageCode" | "wholesaleUsd">) {
  return { packageCode, wholesale: wholesalePrice(wholesaleUsd) };
}
