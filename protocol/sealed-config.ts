/**
 * A parsed configuration as it is built into the edge's bundles: JSON. Synth has parsed it and found every fault, and what
 * starts at each payer's first request only turns back what JSON can't hold.
 */

import type { Config } from "./config.ts";
import { checksumAddress, trustedAddress } from "./hex.ts";
import { usdc } from "./money.ts";
import { type Network, networkByChain, networks } from "./network.ts";

/** In front of a text that stands for something else: a character that no text of a configuration begins with. */
const MARK = "\u0000";

/** The character behind it. */
const [AMOUNT, NETWORK, ADDRESS] = ["u", "n", "a"];

/** @throws RangeError for a text that would be taken for something else */
export function sealConfig(config: Config): string {
  // Checksummed here, since that is what stands in every answer, and a cold start would have to compute it.
  const accepted = config.networks.map((network) => ({
    ...network,
    payTo: sealed(ADDRESS, checksumAddress(network.payTo)),
  }));
  const marked = new Set(accepted.map(({ payTo }) => payTo));
  return JSON.stringify({ ...config, networks: accepted }, (_, value: unknown) => {
    if (typeof value === "bigint") return sealed(AMOUNT, value.toString());
    if (typeof value === "string" && value.startsWith(MARK) && !marked.has(value)) {
      throw new RangeError("a text of the configuration begins with a control character");
    }
    return isNetwork(value) ? sealed(NETWORK, value.chain) : value;
  });
}

function sealed(kind: string | undefined, text: string): string {
  return `${MARK}${kind}${text}`;
}

function isNetwork(value: unknown): value is Network {
  return Object.values(networks).some((network) => network === value);
}

/** @param text from `sealConfig` */
export function reviveConfig(text: string): Config {
  return JSON.parse(text, (_, value: unknown) =>
    typeof value === "string" && value[0] === MARK ? revived(value) : value,
  );
}

function revived(text: string): unknown {
  const rest = text.slice(2);
  switch (text[1]) {
    case AMOUNT:
      return usdc(BigInt(rest));
    case ADDRESS:
      return trustedAddress(`0x${rest.slice(2)}`);
    default: {
      const network = networkByChain(rest);
      // The token's address comes with each payment, where its checksum is looked at.
      if (network !== undefined) trustedAddress(network.usdc.address);
      return network;
    }
  }
}
