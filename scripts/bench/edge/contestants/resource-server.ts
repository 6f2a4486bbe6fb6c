/** What every peer is made of: the x402 packages' server, with the exact scheme, and nothing that they don't need. */

import { HTTPFacilitatorClient, x402ResourceServer } from "@x402/core/server";
import { ExactEvmScheme } from "@x402/evm/exact/server";
import { NETWORK } from "../terms.ts";

export function resourceServer(): x402ResourceServer {
  const facilitator = new HTTPFacilitatorClient({ url: BENCH_FACILITATOR_URL });
  return new x402ResourceServer(facilitator).register(NETWORK, new ExactEvmScheme());
}
