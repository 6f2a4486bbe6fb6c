/**
 * What a priced request would buy and for how much, or why it can't be sold. Pure and shared: the edge asks before it
 * names a price, the origin asks again before it delivers.
 */

import { type Activation, readActivation, readAllotment, readBatch } from "./activation.ts";
import type { Catalog } from "./catalog.ts";
import { entry } from "./entry.ts";
import type { ErrorCode } from "./errors.ts";
import { parseMeteredName } from "./metered-name.ts";
import { type Usdc, usdc } from "./money.ts";
import { type Network, networkByChain } from "./network.ts";
import { queryParameter } from "./path.ts";
import { fail, ok, type Result } from "./result.ts";
import type { Route } from "./route.ts";

/** One eSIM that is sold: what it is to the buyer, what it is to the supplier, and its share of the price. */
export interface EsimLine {
  /** A plan's name, or for metered data one from `meteredName`. */
  readonly plan: string;
  readonly packageCode: string;
  /** US dollars × 10,000. */
  readonly wholesale: bigint;
  readonly price: Usdc;
  readonly deviceId: string | null;
}

export type Goods =
  /** At least one. `allotment`: bought by one, to be drawn one by one by others. */
  | { readonly kind: "esims"; readonly lines: readonly EsimLine[]; readonly allotment?: true }
  | { readonly kind: "resource"; readonly path: string };

export interface Offer {
  readonly goods: Goods;
  readonly price: Usdc;
  /** At most 200 characters: the challenge repeats it for each network, and CDP takes 500. */
  readonly description: string;
  readonly mimeType: string;
  /** The one network the request insists on, or null for all that the merchant accepts. */
  readonly network: Network | null;
  /** Where the buyer wants to be told what became of the order, or null. */
  readonly webhookUrl: string | null;
}

export interface Refusal {
  readonly code: Extract<
    ErrorCode,
    | "body_malformed"
    | "body_invalid"
    | "body_too_large"
    | "plan_unknown"
    | "region_unknown"
    | "carrier_unknown"
    | "package_unavailable"
    | "chain_unsupported"
  >;
  readonly detail: string;
}

export function offerFor(
  catalog: Catalog,
  accepted: readonly Network[],
  route: Extract<Route, { kind: "priced" }>,
  request: { readonly query: string; readonly body: Uint8Array },
): Result<Offer, Refusal> {
  switch (route.name) {
    case "esim_activate":
      return esims(catalog, accepted, readActivation(catalog, request.body));
    case "esim_batch":
      return esims(catalog, accepted, readBatch(catalog, request.body));
    case "esim_allotment":
      return allotted(esims(catalog, accepted, readAllotment(catalog, request.body)));
    case "resource":
      return resource(accepted, route, request.query);
  }
}

function resource(
  accepted: readonly Network[],
  { path, resource: { price, description, mimeType } }: Extract<Route, { name: "resource" }>,
  query: string,
): Result<Offer, Refusal> {
  const network = chosenNetwork(accepted, queryParameter(query, "chain"));
  if (!network.ok) return network;
  const goods = { kind: "resource", path } as const;
  return ok({ goods, price, description, mimeType, network: network.value, webhookUrl: null });
}

function esims(
  catalog: Catalog,
  accepted: readonly Network[],
  read: Result<Activation, Refusal>,
): Result<Offer, Refusal> {
  if (!read.ok) return read;
  const { lines, chain, webhookUrl } = read.value;
  const network = chosenNetwork(accepted, chain);
  if (!network.ok) return network;
  return ok({
    goods: { kind: "esims", lines },
    price: usdc(lines.reduce((sum, { price }) => sum + price, 0n)),
    description: describe(catalog, lines),
    mimeType: "application/json",
    network: network.value,
    webhookUrl,
  });
}

function allotted(offer: Result<Offer, Refusal>): Result<Offer, Refusal> {
  if (!offer.ok || offer.value.goods.kind !== "esims") return offer;
  return ok({ ...offer.value, goods: { ...offer.value.goods, allotment: true } });
}

/** Characters that a list of plans may take of a description. */
const MAX_LISTED = 100;

/** Names what is bought, for whoever approves the payment. */
function describe(catalog: Catalog, lines: readonly EsimLine[]): string {
  const counts = new Map<string, number>();
  for (const { plan } of lines) counts.set(plan, (counts.get(plan) ?? 0) + 1);
  const [only = ""] = counts.keys();
  if (lines.length === 1) return `eSIM ${only}: ${titleOf(catalog, only)}`;
  const listed = [...counts].map(([plan, count]) => `${count} ${plan}`).join(", ");
  return `${lines.length} eSIMs: ${listed.length > MAX_LISTED ? `${counts.size} kinds` : listed}`;
}

function titleOf(catalog: Catalog, name: string): string {
  const metered = parseMeteredName(name);
  if (metered === undefined) return entry(catalog.plans, name)?.title ?? "";
  const { region, dataMb, carrier } = metered;
  return `${dataMb} MB in ${region}${carrier === null ? "" : ` on ${carrier}`}`;
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
