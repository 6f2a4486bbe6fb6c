/**
 * What a priced request would buy and for how much, or why it can't be sold. Pure and shared: the edge asks before it
 * names a price, the origin asks again before it delivers.
 */

import * as v from "valibot";
import { type Catalog, entry, type Plan } from "./catalog.ts";
import type { ErrorCode } from "./errors.ts";
import type { Usdc } from "./money.ts";
import { type Network, networkByChain } from "./network.ts";
import { queryParameter } from "./path.ts";
import { fail, ok, type Result } from "./result.ts";
import type { Route } from "./route.ts";
import { describeIssue } from "./schema.ts";
import { parseJsonBytes } from "./text.ts";
import { wholesalePrice } from "./wholesale.ts";

/** One eSIM that is sold: what it is to the buyer, what it is to the supplier, and its share of the price. */
export interface EsimLine {
  readonly plan: string;
  readonly packageCode: string;
  /** US dollars × 10,000. */
  readonly wholesale: bigint;
  readonly price: Usdc;
  readonly deviceId: string | null;
}

export type Goods =
  /** At least one. */
  | { readonly kind: "esims"; readonly lines: readonly EsimLine[] }
  | { readonly kind: "resource"; readonly path: string };

export interface Offer {
  readonly goods: Goods;
  readonly price: Usdc;
  /** At most 200 characters: the challenge repeats it for each network, and CDP takes 500. */
  readonly description: string;
  readonly mimeType: string;
  /** The one network the request insists on, or null for all that the merchant accepts. */
  readonly network: Network | null;
}

export interface Refusal {
  readonly code: Extract<
    ErrorCode,
    "body_malformed" | "body_invalid" | "body_too_large" | "plan_unknown" | "chain_unsupported"
  >;
  readonly detail: string;
}

/** Bytes of an activation request; the longest sensible one takes about 300. */
export const MAX_BODY = 4_096;

const activateBody = v.strictObject({
  plan: v.pipe(v.string(), v.maxLength(64, "expected at most 64 characters")),
  device_id: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9._:-]{1,128}$/, "expected 1 to 128 of A-Z a-z 0-9 . _ : -")),
  ),
  chain: v.optional(v.pipe(v.string(), v.maxLength(32, "expected at most 32 characters"))),
});

export function offerFor(
  catalog: Catalog,
  accepted: readonly Network[],
  route: Extract<Route, { kind: "priced" }>,
  request: { readonly query: string; readonly body: Uint8Array },
): Result<Offer, Refusal> {
  if (route.name === "esim_activate") return activation(catalog, accepted, request.body);
  const network = chosenNetwork(accepted, queryParameter(request.query, "chain"));
  if (!network.ok) return network;
  const { price, description, mimeType } = route.resource;
  const goods = { kind: "resource", path: route.path } as const;
  return ok({ goods, price, description, mimeType, network: network.value });
}

function activation(
  catalog: Catalog,
  accepted: readonly Network[],
  body: Uint8Array,
): Result<Offer, Refusal> {
  if (body.length > MAX_BODY) return refuse("body_too_large", `The limit is ${MAX_BODY} bytes.`);
  const json = parseJsonBytes(body);
  if (json === undefined) return refuse("body_malformed", "A JSON object without repeated keys is expected.");
  const fields = v.safeParse(activateBody, json.value, { abortEarly: true });
  if (!fields.success) return refuse("body_invalid", describeIssue(fields.issues[0]));
  const { plan: id, device_id, chain } = fields.output;
  const plan = entry(catalog.plans, id);
  if (plan === undefined) return refuse("plan_unknown", "GET /v1/plans lists the plans.");
  const network = chosenNetwork(accepted, chain);
  if (!network.ok) return network;
  return ok({
    goods: { kind: "esims", lines: [lineOf(id, plan, device_id)] },
    price: plan.price,
    description: `eSIM ${id}: ${plan.title}`,
    mimeType: "application/json",
    network: network.value,
  });
}

function lineOf(id: string, plan: Plan, deviceId: string | undefined): EsimLine {
  const { packageCode, wholesaleUsd, price } = plan;
  return {
    plan: id,
    packageCode,
    wholesale: wholesalePrice(wholesaleUsd),
    price,
    deviceId: deviceId ?? null,
  };
}

function chosenNetwork(
  accepted: readonly Network[],
  chain: string | undefined,
): Result<Network | null, Refusal> {
  if (chain === undefined) return ok(null);
  const network = networkByChain(chain);
  if (network !== undefined && accepted.includes(network)) return ok(network);
  return refuse("chain_unsupported", `Accepted: ${accepted.map(({ chain: name }) => name).join(", ")}.`);
}

function refuse(code: Refusal["code"], detail: string): Result<never, Refusal> {
  return fail({ code, detail });
}
