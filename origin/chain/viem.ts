/** The chain, over viem: whether an authorization is used, and by which transaction. */

import { getAbiItem, type PublicClient, parseAbi, parseEventLogs } from "viem";
import type { SettlementSearch } from "../../protocol/chain.ts";
import type { Authorization } from "../../protocol/eip3009.ts";
import type { Hex } from "../../protocol/hex.ts";
import type { Network } from "../../protocol/network.ts";
import type { Chain } from "../purchase/ports.ts";
import { type Ask, usdcAbi } from "./client.ts";

const multicallAbi = parseAbi(["function getCurrentBlockTimestamp() view returns (uint256)"]);

const authorizationUsed = getAbiItem({ abi: usdcAbi, name: "AuthorizationUsed" });
const authorizationCanceled = getAbiItem({ abi: usdcAbi, name: "AuthorizationCanceled" });

/** At the same address on every network that we know. */
const MULTICALL3 = "0xcA11bde05977b3631167028862bE2a173976CA11";

/** Blocks to one `eth_getLogs`. Public endpoints refuse more than this, some of them politely. */
const LOG_RANGE = 2_000n;

export function createChain(ask: Ask): Chain {
  return {
    async authorizationState(network, { from, nonce }) {
      const state = await ask(network, async (client) => {
        // Both in one call, so of one block: endpoints balance over nodes of which some lag behind.
        const [blockTime, used] = await client.multicall({
          multicallAddress: MULTICALL3,
          allowFailure: false,
          contracts: [
            { address: MULTICALL3, abi: multicallAbi, functionName: "getCurrentBlockTimestamp" },
            {
              address: network.usdc.address,
              abi: usdcAbi,
              functionName: "authorizationState",
              args: [from, nonce],
            },
          ],
        });
        return used ? ({ kind: "used" } as const) : ({ kind: "unused", blockTime } as const);
      });
      return state ?? { kind: "unreachable" };
    },

    async findSettlement(network, authorization, since) {
      const found = await ask(network, (client) => search(client, network, authorization, since));
      return found ?? { kind: "unreachable" };
    },

    usdcBalance: (network, owner) =>
      ask(network, (client) =>
        client.readContract({
          address: network.usdc.address,
          abi: usdcAbi,
          functionName: "balanceOf",
          args: [owner],
        }),
      ),

    async isReachable(network) {
      return (await ask(network, (client) => client.getChainId())) === network.chainId;
    },
  };
}

async function search(
  client: PublicClient,
  network: Network,
  authorization: Authorization,
  since: number,
): Promise<SettlementSearch> {
  const { from: authorizer, nonce } = authorization;
  const sinceSeconds = BigInt(Math.floor(since / 1_000));
  let toBlock = await client.getBlockNumber({ cacheTime: 0 });
  for (;;) {
    const fromBlock = toBlock >= LOG_RANGE ? toBlock - LOG_RANGE + 1n : 0n;
    const logs = await client.getLogs({
      address: network.usdc.address,
      event: authorizationUsed,
      args: { authorizer, nonce },
      fromBlock,
      toBlock,
      strict: true,
    });
    const [log] = logs;
    if (log !== undefined) return judge(client, network, authorization, log);
    if (await isCanceled(client, network, authorization, fromBlock, toBlock))
      return { kind: "used_elsewhere" };
    if (fromBlock === 0n) return { kind: "not_found" };
    const { timestamp } = await client.getBlock({ blockNumber: fromBlock });
    if (timestamp < sinceSeconds) return { kind: "not_found" };
    toBlock = fromBlock - 1n;
  }
}

/**
 * A payer can sign two authorizations with one nonce, and can put another payment of the same amount into the same
 * transaction. The token emits `Transfer` right after `AuthorizationUsed`, so only that very next log counts.
 */
async function judge(
  client: PublicClient,
  network: Network,
  { from, to, value }: Authorization,
  used: { readonly transactionHash: Hex; readonly logIndex: number },
): Promise<SettlementSearch> {
  const receipt = await client.getTransactionReceipt({ hash: used.transactionHash });
  const next = receipt.logs.filter(
    ({ address, logIndex }) =>
      address === network.usdc.address.toLowerCase() && logIndex === used.logIndex + 1,
  );
  const paid = parseEventLogs({ abi: usdcAbi, eventName: "Transfer", logs: next }).some(
    ({ args }) => args.from.toLowerCase() === from && args.to.toLowerCase() === to && args.value === value,
  );
  return paid ? { kind: "found", transaction: used.transactionHash } : { kind: "used_elsewhere" };
}

async function isCanceled(
  client: PublicClient,
  network: Network,
  { from: authorizer, nonce }: Authorization,
  fromBlock: bigint,
  toBlock: bigint,
): Promise<boolean> {
  const event = authorizationCanceled;
  const filter = { address: network.usdc.address, event, args: { authorizer, nonce }, fromBlock, toBlock };
  return (await client.getLogs(filter)).length > 0;
}
