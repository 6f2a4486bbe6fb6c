/** JSON-RPC clients for the accepted networks, and the parts of USDC's interface that the origin reads. */

import { createPublicClient, http, type PublicClient, parseAbi } from "viem";
import type { AcceptedNetwork } from "../../protocol/config.ts";
import type { Network } from "../../protocol/network.ts";

/** One call to an endpoint. Whoever asks asks again. Milliseconds. */
const RPC_TIMEOUT_MS = 2_000;

export const usdcAbi = parseAbi([
  "function authorizationState(address authorizer, bytes32 nonce) view returns (bool)",
  "function balanceOf(address owner) view returns (uint256)",
  "event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)",
  "event AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce)",
  "event Transfer(address indexed from, address indexed to, uint256 value)",
]);

/** Asks a network's endpoint; undefined when it fails, or when the network is none of ours. */
export type Ask = <Answer>(
  network: Network,
  question: (client: PublicClient) => Promise<Answer>,
) => Promise<Answer | undefined>;

export function createAsk(networks: readonly AcceptedNetwork[]): Ask {
  const clients = new Map<Network, PublicClient>(
    networks.map(({ chain, rpcUrl }) => [
      chain,
      createPublicClient({
        transport: http(rpcUrl, { timeout: RPC_TIMEOUT_MS, retryCount: 0 }),
        cacheTime: 0,
      }),
    ]),
  );
  return async (network, question) => {
    const client = clients.get(network);
    if (client === undefined) return undefined;
    try {
      return await question(client);
    } catch {
      return undefined;
    }
  };
}
