/** From an offer to the terms and networks of its challenge. The edge and the origin must name the same ones. */

import type { AcceptedNetwork, Config } from "./config.ts";
import type { Usdc } from "./money.ts";
import type { Offer } from "./offer.ts";
import type { Terms } from "./requirements.ts";

/** @param path the request's canonical path  @param price the offer's, or the one that an invoice fixed */
export function termsOf(config: Config, offer: Offer, path: string, price: Usdc): Terms {
  return {
    price,
    description: offer.description,
    mimeType: offer.mimeType,
    resourceUrl: config.publicUrl + path,
    maxTimeoutSeconds: config.maxTimeoutSeconds,
    upfront: config.upfront && !offer.owned,
  };
}

/** The merchant's networks, of which the schema guarantees one. */
export function acceptedNetworks(config: Config): readonly [AcceptedNetwork, ...AcceptedNetwork[]] {
  const [first, ...others] = config.networks;
  if (first === undefined) throw new Error("a parsed configuration has a network");
  return [first, ...others];
}

/** The networks on which this offer may be paid, best first. */
export function networksOf(
  config: Config,
  { network }: Offer,
): readonly [AcceptedNetwork, ...AcceptedNetwork[]] {
  const everyNetwork = acceptedNetworks(config);
  const insisted = everyNetwork.find(({ chain }) => chain === network);
  return insisted === undefined ? everyNetwork : [insisted];
}
