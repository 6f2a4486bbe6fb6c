/** Reads a request as far as it goes without a payment: path, route, body, and what it would buy for how much. */

import type { Config } from "../protocol/config.ts";
import { fallbackRegionOf, significantHeaders } from "../protocol/fallback-region.ts";
import { fingerprint } from "../protocol/fingerprint.ts";
import { HEADER } from "../protocol/headers.ts";
import type { Hex } from "../protocol/hex.ts";
import { type Offer, type Offers, offersFor, type PricedRoute, type Refusal } from "../protocol/offer.ts";
import { canonicalPath, canonicalQuery } from "../protocol/path.ts";
import { fail, ok, type Result } from "../protocol/result.ts";
import { matchRoute, type RouteMatch } from "../protocol/route.ts";
import { isDryRun } from "./dry-run.ts";
import { type GateRequest, single } from "./http.ts";
import type { RequestRefusal } from "./payment-headers.ts";
import { rememberRequests } from "./remembered.ts";

interface Asked {
  readonly path: string;
  readonly query: string;
  readonly fingerprint: Hex;
}

export interface FreeRequest extends Asked {
  readonly kind: "free";
}

export interface PricedRequest extends Asked {
  readonly kind: "priced";
  /** What it may be paying for, and of those what it does pay for: the first, while it pays nothing. */
  readonly offers: Offers;
  readonly offer: Offer;
  /** HEAD is answered with GET's challenge and can't buy. */
  readonly isHead: boolean;
  /** To be told the price, and charged nothing, whatever else it brings. */
  readonly isDryRun: boolean;
}

export type ReadRefusal = RequestRefusal & { readonly allow?: string; readonly preflight?: true };

const AGENT_ID = /^[\x21-\x7e]{1,128}$/;

export function readRequest(
  request: GateRequest,
  config: Config,
): Result<FreeRequest | PricedRequest, ReadRefusal> {
  const located = locate(request, config);
  if (!located.ok) return located;
  const { path, query, match } = located.value;
  const { route, method } = match;
  // Nobody else learns that there is anything here.
  if (route.name === "supplier_notification" && !config.supplierAddresses.includes(request.clientIp)) {
    return fail({ code: "route_not_found" });
  }
  const allow = `${method}, OPTIONS`;
  if (request.method === "OPTIONS") return fail({ code: "method_not_allowed", allow, preflight: true });
  const isHead = request.method === "HEAD" && method === "GET" && route.kind === "priced";
  if (request.method !== method && !isHead) {
    return fail({ code: "method_not_allowed", detail: `Use ${method}.`, allow });
  }

  const { body } = request;
  if (body === null) return fail({ code: "body_too_large", detail: "The limit is 40 KB." });
  const fallbackRegion = fallbackRegionOf(path, request.headers.get(HEADER.fallbackRegion)?.join());
  const fingerprint = fingerprintOf(located.value, body, fallbackRegion);
  const asked = { path, query, fingerprint };
  if (route.kind !== "priced" && route.kind !== "owned_sale") return ok({ kind: "free", ...asked });

  const agentId = single(request.headers, HEADER.agentId);
  if (agentId !== undefined && (typeof agentId === "object" || !AGENT_ID.test(agentId))) {
    return fail({
      code: "agent_id_invalid",
      detail: "One value of 1 to 128 visible ASCII characters is expected.",
    });
  }
  const offers = offersOf(config, route, fingerprint, { query, body, fallbackRegion });
  if (!offers.ok) return offers;
  const dryRun = isDryRun(query, request.headers);
  const [offer] = offers.value;
  return ok({ kind: "priced", ...asked, offers: offers.value, offer, isHead, isDryRun: dryRun });
}

/** What path and query alone lead to. */
interface Located {
  readonly path: string;
  readonly query: string;
  readonly match: Extract<RouteMatch, { readonly kind: "found" }>;
  /** The fingerprint of a request without a body, and without headers that count. Undefined until one comes. */
  bare?: Hex;
}

const places = rememberRequests<Located>();

/** Where a request leads to, found once for all that are spelled the same. */
function locate(
  { path: rawPath, query: rawQuery }: GateRequest,
  config: Config,
): Result<Located, ReadRefusal> {
  // With its length, so that no question mark in a path can pass for the one behind it.
  const spelling = `${rawPath.length} ${rawPath}?${rawQuery}`;
  const known = places.get(config, spelling);
  if (known !== undefined) return ok(known);
  const path = canonicalPath(rawPath);
  if (!path.ok) return fail({ code: path.reason });
  const query = canonicalQuery(rawQuery);
  if (!query.ok) return fail({ code: query.reason });
  const match = matchRoute(config.catalog, path.value);
  // Behind a gateway that only settles, the other routes are our own origin's.
  const isSold =
    config.settle !== "origin-response" || (match.kind === "found" && match.route.name === "resource");
  if (match.kind === "not_found" || !isSold) return fail({ code: "route_not_found" });
  const located = { path: path.value, query: query.value, match };
  places.set(config, spelling, located);
  return ok(located);
}

function fingerprintOf(located: Located, body: Uint8Array, fallbackRegion: string | undefined): Hex {
  const { method } = located.match;
  const { path, query } = located;
  const compute = () =>
    fingerprint({ method, path, query, body, headers: significantHeaders(fallbackRegion) });
  if (body.length > 0 || fallbackRegion !== undefined) return compute();
  located.bare ??= compute();
  return located.bare;
}

const remembered = rememberRequests<Offers>();

/** What a request would buy, computed once for requests that are the same. */
function offersOf(
  config: Config,
  route: PricedRoute,
  requested: Hex,
  request: Parameters<typeof offersFor>[3],
): Result<Offers, Refusal> {
  const known = remembered.get(config, requested);
  if (known !== undefined) return ok(known);
  const accepted = config.networks.map(({ chain }) => chain);
  const offers = offersFor(config.catalog, accepted, route, request);
  if (offers.ok) remembered.set(config, requested, offers.value);
  return offers;
}
