/** What an order calls the metered eSIM that it sells, in the place of a plan's name: `us-west:100mb:verizon`. */

import type { MeteredAsk } from "./pricing.ts";

/** No plan's name has a colon in it. */
const NAME = /^([a-z0-9-]+):([1-9][0-9]{0,6})mb(?::([a-z0-9-]+))?$/;

export function meteredName({ region, dataMb, carrier }: MeteredAsk): string {
  return `${region}:${dataMb}mb${carrier === null ? "" : `:${carrier}`}`;
}

/** Undefined for the name of a plan. */
export function parseMeteredName(name: string): MeteredAsk | undefined {
  const [, region, dataMb, carrier = null] = NAME.exec(name) ?? [];
  return region === undefined ? undefined : { region, dataMb: Number(dataMb), carrier };
}
