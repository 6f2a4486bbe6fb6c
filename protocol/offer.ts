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
import { readTopUp, topUpAsk } from "./top-up-request.ts";
import type { TopUp } from "./top-ups.ts";

/** One eSIM that is sold: what it is to the buyer, what it is to the supplier, and its share of the price. */
export interface EsimLine {
  /** A plan's name, or for metered data one from `meteredName`. */
  readonly plan: string;
  readonly packageCode: string;
  /** US dollars × 10,000. */
  readonly wholesale: bigint;
  readonly price: Usdc;
  readonly deviceId: string | null;
  /** Of the chip that it is for, where the buyer said so. */
  readonly eid?: string;
}

/** What is ordered as well where an eSIM is late. It costs its buyer nothing more: the line's price covers either. */
export type Fallback = Pick<EsimLine, "plan" | "packageCode" | "wholesale">;

export interface EsimGoods {
  readonly kind: "esims";
  /** At least one. */
  readonly lines: readonly EsimLine[];
  /** Only beside a single line. */
  readonly fallback?: Fallback;
  /** Bought by one, to be drawn one by one by others. */
  readonly allotment?: true;
}

export type Goods =
  | EsimGoods
  | { readonly kind: "resource"; readonly path: string }
  /** Of the eSIM that the request names. */
  | { readonly kind: "topup"; readonly dataMb: number };

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
  /** Only who has the eSIM that it is about may buy, which only the origin can tell: so it takes the money. */
  readonly owned: boolean;
}

/** What anybody may buy. */
export interface OpenOffer extends Offer {
  readonly goods: Exclude<Goods, { readonly kind: "topup" }>;
}

/** More than one where what is paid chooses; no two cost the same. */
export type Offers = readonly [Offer, ...Offer[]];

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

export type PricedRoute = Extract<Route, { readonly kind: "priced" | "owned_sale" }>;

interface PricedAsk {
  readonly query: string;
  readonly body: Uint8Array;
  /** From `fallbackRegionOf`. */
  readonly fallbackRegion?: string | undefined;
}

/** All that a request may be paying for. */
export function offersFor(
  catalog: Catalog,
  accepted: readonly Network[],
  route: PricedRoute,
  request: PricedAsk,
): Result<Offers, Refusal> {
  if (route.kind === "priced") {
    const offer = offerFor(catalog, accepted, route, request);
    return offer.ok ? ok([offer.value]) : offer;
  }
  if (route.name === "esim_swap") {
    const offer = esims(catalog, accepted, readActivation(catalog, request.body));
    return offer.ok ? ok([{ ...offer.value, owned: true }]) : offer;
  }
  const ask =
    route.name === "esim_topup"
      ? readTopUp(catalog, request.body)
      : topUpAsk(catalog, undefined, queryParameter(request.query, "chain"));
  if (!ask.ok) return ask;
  const network = chosenNetwork(accepted, ask.value.chain);
  if (!network.ok) return network;
  const [first, ...others] = ask.value.topUps;
  const offer = (topUp: TopUp) => topUpOffer(topUp, network.value);
  return ok([offer(first), ...others.map(offer)]);
}

function topUpOffer({ dataMb, price }: TopUp, network: Network | null): Offer {
  return {
    goods: { kind: "topup", dataMb },
    price,
    description: `${dataMb} MB more for the eSIM`,
    mimeType: "application/json",
    network,
    webhookUrl: null,
    owned: true,
  };
}

export function offerFor(
  catalog: Catalog,
  accepted: readonly Network[],
  route: Extract<Route, { kind: "priced" }>,
  request: PricedAsk,
): Result<OpenOffer, Refusal> {
  switch (route.name) {
    case "esim_activate":
      return esims(catalog, accepted, readActivation(catalog, request.body, request.fallbackRegion));
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
): Result<OpenOffer, Refusal> {
  const network = chosenNetwork(accepted, queryParameter(query, "chain"));
  if (!network.ok) return network;
  const goods = { kind: "resource", path } as const;
  const offer = { goods, price, description, mimeType, network: network.value };
  return ok({ ...offer, webhookUrl: null, owned: false });
}

function esims(
  catalog: Catalog,
  accepted: readonly Network[],
  read: Result<Activation, Refusal>,
): Result<OpenOffer, Refusal> {
  if (!read.ok) return read;
  const { lines, fallback, chain, webhookUrl } = read.value;
  const network = chosenNetwork(accepted, chain);
  if (!network.ok) return network;
  return ok({
    goods: { kind: "esims", lines, ...(fallback === undefined ? {} : { fallback }) },
    price: usdc(lines.reduce((sum, { price }) => sum + price, 0n)),
    description: describe(catalog, lines, fallback),
    mimeType: "application/json",
    network: network.value,
    webhookUrl,
    owned: false,
  });
}

function allotted(offer: Result<OpenOffer, Refusal>): Result<OpenOffer, Refusal> {
  if (!offer.ok || offer.value.goods.kind !== "esims") return offer;
  return ok({ ...offer.value, goods: { ...offer.value.goods, allotment: true } });
}

/** Characters that a list of plans may take of a description. */
const MAX_LISTED = 100;

/** Names what is bought, for whoever approves the payment. */
function describe(catalog: Catalog, lines: readonly EsimLine[], fallback: Fallback | undefined): string {
  const counts = new Map<string, number>();
  for (const { plan } of lines) counts.set(plan, (counts.get(plan) ?? 0) + 1);
  const [only = ""] = counts.keys();
  const region = parseMeteredName(fallback?.plan ?? "")?.region;
  const otherwise = region === undefined ? "" : `; fallback in ${region}`;
  if (lines.length === 1) return `eSIM ${only}: ${titleOf(catalog, only)}${otherwise}`;
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
