/** What is checked after deploying, and the requests that buy each thing on sale there. */

import type { Config } from "../../../protocol/config.ts";
import type { Merchant } from "../../../protocol/merchant.ts";
import { type Offer, offerFor } from "../../../protocol/offer.ts";
import { matchRoute } from "../../../protocol/route.ts";

export interface Target extends Merchant {
  /** The gateway: a scheme and a host. */
  readonly url: string;
  /** Where its origin answers by itself, or null. */
  readonly originUrl: string | null;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
}

/** A request that can be sent anywhere. */
export interface Asking {
  /** For a person. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** One thing on sale, as it is asked for. */
export interface Priced extends Asking {
  readonly offer: Offer;
}

/** Where plans are bought. */
const ACTIVATE = "/v1/esim/activate";

/** Everything on sale. Behind a gateway that settles at the origin's response there are the catalog's resources only. */
export function everythingPriced(config: Config): readonly Priced[] {
  const plans = config.settle === "origin-response" ? [] : Object.keys(config.catalog.plans);
  return [
    ...plans.map((plan) =>
      priced(config, `plan ${plan}`, "POST", ACTIVATE, JSON.stringify({ plan }), {
        "content-type": "application/json",
      }),
    ),
    ...Object.keys(config.catalog.resources).map((path) => priced(config, path, "GET", path, "", {})),
  ];
}

function priced(
  config: Config,
  name: string,
  method: "GET" | "POST",
  path: string,
  body: string,
  headers: Priced["headers"],
): Priced {
  const match = matchRoute(config.catalog, path);
  if (match.kind !== "found" || match.route.kind !== "priced") throw new Error(`${path} is not priced`);
  const networks = config.networks.map(({ chain }) => chain);
  const offer = offerFor(config.catalog, networks, match.route, { query: "", body: Buffer.from(body) });
  if (!offer.ok) throw new Error(`${name} can't be asked for`);
  return { name, method, path, body, headers, offer: offer.value };
}

/** The request as `send` takes it. `more` overrides, headers are added. */
export function requestFor(
  base: string,
  { method, path, body, headers }: Asking,
  more: { readonly target?: string; readonly headers?: Readonly<Record<string, string>> } = {},
) {
  return {
    url: base,
    method,
    target: more.target ?? path,
    headers: { ...headers, ...more.headers },
    ...(body === "" ? {} : { body }),
  };
}
