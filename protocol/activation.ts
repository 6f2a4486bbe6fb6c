/** The bodies that ask for eSIMs, one or a batch, parsed into the lines of an order with their prices. Pure. */

import { readBody } from "./body.ts";
import type { Catalog, Plan } from "./catalog.ts";
import { megabytes } from "./data-mb.ts";
import { isEid } from "./eid.ts";
import { entry } from "./entry.ts";
import { type Fields, fault, list, object, only, optional, optionalText, whole } from "./fields.ts";
import { meteredName } from "./metered-name.ts";
import type { EsimLine, Fallback, Refusal } from "./offer.ts";
import { type MeteredRefusal, meteredPrice } from "./pricing.ts";
import { fail, ok, type Result } from "./result.ts";
import { deviceId, type TextRule, upTo } from "./rules.ts";
import { webhookUrl } from "./webhook-url.ts";
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

/** The chip that it is for. A mistyped one is told before money is asked for. */
const chip: TextRule<string> = {
  parse: (text) => (isEid(text) ? text : undefined),
  expected: "expected an EID: 32 digits, the last two a check",
};

type Asked = Partial<ReturnType<typeof goodsFields>>;
type Item = Asked & Partial<ReturnType<typeof chipFields>>;

function goodsFields(at: Fields) {
  return {
    plan: optionalText(at, "plan", upTo(64)),
    region: optionalText(at, "region", upTo(32)),
    data_mb: optional(at, "data_mb", megabytes),
    carrier: optionalText(at, "carrier", upTo(32)),
  };
}

function chipFields(at: Fields) {
  return { device_id: optionalText(at, "device_id", deviceId), eid: optionalText(at, "eid", chip) };
}

/** What is said once of an order, however many items it has. */
function orderFields(at: Fields) {
  return {
    chain: optionalText(at, "chain", upTo(32)),
    webhook_url: optionalText(at, "webhook_url", webhookUrl),
  };
}

/** Either a plan or metered data: what is asked for must not hang on which of the two is looked at first. */
function oneThing<Body extends Asked>(at: Fields, body: Body): Body {
  const { plan, region, data_mb, carrier } = only(at, body);
  const isOne =
    plan === undefined
      ? region !== undefined && data_mb !== undefined
      : region === undefined && data_mb === undefined && carrier === undefined;
  return isOne ? body : fault(at.place, "expected plan, or region with data_mb");
}

function activateBody(at: Fields) {
  return oneThing(at, { ...goodsFields(at), ...chipFields(at), ...orderFields(at) });
}

function batchBody(at: Fields) {
  return only(at, { items: list(at, "items", batchItem, 1, MAX_BATCH_ITEMS), ...orderFields(at) });
}

function batchItem(items: Fields, position: string): Item {
  const at = object(items, position);
  return oneThing(at, { ...goodsFields(at), ...chipFields(at) });
}

/** Which devices get them is known only when they are drawn. */
function allotmentBody(at: Fields) {
  const goods = goodsFields(at);
  const count = whole(at, "count", 1, MAX_BATCH_ITEMS);
  return oneThing(at, { ...goods, count, ...orderFields(at) });
}

/** @param fallbackRegion in which as much data is bought where the eSIM is late; the price is the dearer one's */
export function readActivation(
  catalog: Catalog,
  body: Uint8Array,
  fallbackRegion?: string,
): Result<Activation, Refusal> {
  const fields = readBody(body, MAX_BODY, activateBody);
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
  const fields = readBody(body, MAX_BATCH_BODY, batchBody);
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

function activation(
  lines: readonly EsimLine[],
  { chain, webhook_url }: ReturnType<typeof orderFields>,
): Activation {
  return { lines, chain, webhookUrl: webhook_url ?? null };
}

export function readAllotment(catalog: Catalog, body: Uint8Array): Result<Activation, Refusal> {
  const fields = readBody(body, MAX_BODY, allotmentBody);
  if (!fields.ok) return fields;
  const { count, ...item } = fields.value;
  const line = lineOf(catalog, item);
  if (!line.ok) return line;
  const lines = Array.from({ length: count }, () => line.value);
  return ok(activation(lines, fields.value));
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
