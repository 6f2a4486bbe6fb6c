/** The merchant's configuration with what is on this machine in it: its URLs, its chains, its wallet. */

import defaultConfig from "../../../edge402.config.ts";
import type { ConfigInput } from "../../../protocol/config.ts";
import { parseMerchant } from "../../../protocol/merchant.ts";
import { addressOf } from "./secrets.ts";
import type { Backends, StackOptions } from "./start-stack.ts";

/** @param publicUrl where agents find the gateway */
export function localConfig(
  { config }: StackOptions,
  { chains, facilitator, secrets, supplier }: Backends,
  publicUrl: string,
): ConfigInput {
  return {
    ...parseMerchant(defaultConfig).input,
    ...config,
    publicUrl,
    networks: chains.map(({ network, rpcUrl }) => ({
      chain: network.chain,
      payTo: addressOf(secrets.merchantKey),
      rpcUrl,
    })),
    facilitatorUrl: facilitator.url,
    usage: {
      issuer: supplier.usage.issuer,
      recordsUrl: supplier.usage.recordsUrl,
      keySet: supplier.usage.keySet,
    },
    supplierAddresses: ["127.0.0.1"],
  };
}
