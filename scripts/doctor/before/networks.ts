/** What the origin and the reconciler need of each chain: its endpoint, its logs, Multicall3, USDC, and who is paid. */

import * as v from "valibot";
import { decodeFunctionResult, encodeFunctionData, multicall3Abi, parseAbi } from "viem";
import type { AcceptedNetwork } from "../../../protocol/config.ts";
import { checksumAddress } from "../../../protocol/hex.ts";
import { USDC_DECIMALS } from "../../../protocol/money.ts";
import { fail, ok, type Result } from "../../../protocol/result.ts";
import { type Check, failed, type Outcome, open, passed, shared } from "../check.ts";
import { hostOf } from "../http.ts";
import { bytes, ethCall, quantity, rpc, word } from "../json-rpc.ts";

/** The chains make a block every 0.25 to 2 s. Older than this, an endpoint misses settlements. Seconds. */
const MAX_HEAD_AGE_SECONDS = 60;

/** Blocks that the origin asks for the logs of at once; where a settlement is looked up it does not split them. */
const LOG_RANGE = 2_000n;

const MULTICALL3 = "0xcA11bde05977b3631167028862bE2a173976CA11";

/** keccak-256 of `Transfer(address,address,uint256)`. */
const TRANSFER_TOPIC = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";

/** How the code of an ordinary account begins that acts through a contract (EIP-7702). Its key still moves its money. */
const DELEGATION_PREFIX = "0xef0100";

const tokenAbi = parseAbi([
  "function DOMAIN_SEPARATOR() view returns (bytes32)",
  "function decimals() view returns (uint8)",
]);

const headSchema = v.object({ number: quantity, timestamp: quantity });

interface Endpoint {
  readonly accepted: AcceptedNetwork;
  /** Of the latest block: its number, and its time in Unix seconds. */
  readonly number: bigint;
  readonly timestamp: bigint;
}

const RPC_FIX =
  "Give networks[].rpcUrl an endpoint of this chain, of a provider whose limits fit what you sell.";

/** @param now Unix milliseconds */
export function networkChecks(networks: readonly AcceptedNetwork[], now: () => number): readonly Check[] {
  return networks.flatMap((accepted) => {
    const name = accepted.chain.chain;
    const reach = shared(() => reachEndpoint(accepted));
    /** A check that an endpoint which is down, or another chain's, leaves without an answer. */
    const onChain = (what: string, run: (endpoint: Endpoint) => Promise<Outcome>): Check => ({
      name: `${name}: ${what}`,
      run: async () => {
        const endpoint = await reach();
        return endpoint.ok ? run(endpoint.value) : open("not checked, the RPC endpoint is of no use");
      },
    });
    return [
      { name: `${name}: RPC endpoint`, run: async () => judgeEndpoint(accepted, await reach(), now()) },
      onChain("logs", checkLogs),
      onChain("Multicall3", checkMulticall),
      onChain("USDC", checkToken),
      onChain("payTo", checkPayTo),
    ];
  });
}

async function reachEndpoint(accepted: AcceptedNetwork): Promise<Result<Endpoint, string>> {
  const { chain, rpcUrl } = accepted;
  const [chainId, head] = await Promise.all([
    rpc(rpcUrl, "eth_chainId", [], quantity),
    rpc(rpcUrl, "eth_getBlockByNumber", ["latest", false], headSchema),
  ]);
  if (!chainId.ok) return chainId;
  if (chainId.value !== BigInt(chain.chainId)) {
    return fail(`is of chain ${chainId.value}, not ${chain.chainId}`);
  }
  return head.ok ? ok({ accepted, ...head.value }) : head;
}

function judgeEndpoint(
  { rpcUrl }: AcceptedNetwork,
  endpoint: Result<Endpoint, string>,
  now: number,
): Outcome {
  const host = hostOf(rpcUrl);
  if (!endpoint.ok) return failed(`${host}: ${endpoint.reason}`, RPC_FIX);
  const { number, timestamp } = endpoint.value;
  const ageSeconds = BigInt(Math.floor(now / 1_000)) - timestamp;
  if (ageSeconds > MAX_HEAD_AGE_SECONDS) {
    return failed(`${host} lags: its latest block is ${ageSeconds} s old`, RPC_FIX);
  }
  if (ageSeconds < -MAX_HEAD_AGE_SECONDS) {
    return failed(`${host}'s latest block is ${-ageSeconds} s in the future`, "Set this machine's clock.");
  }
  return passed(`${host}, block ${number}`);
}

/** The reconciler's own question: who paid us lately. */
async function checkLogs({ accepted: { chain, rpcUrl, payTo }, number }: Endpoint): Promise<Outcome> {
  const fromBlock = number >= LOG_RANGE ? number - LOG_RANGE + 1n : 0n;
  const filter = {
    address: chain.usdc.address,
    topics: [TRANSFER_TOPIC, null, `0x${payTo.slice(2).padStart(64, "0")}`],
    fromBlock: `0x${fromBlock.toString(16)}`,
    toBlock: `0x${number.toString(16)}`,
  };
  const logs = await rpc(rpcUrl, "eth_getLogs", [filter], v.array(v.looseObject({})));
  return logs.ok
    ? passed(`of ${number - fromBlock + 1n} blocks at once`)
    : failed(`${LOG_RANGE} blocks at once: ${logs.reason}`, RPC_FIX);
}

/** The origin reads a block's time and an authorization's state in one call, so that both are of one block. */
async function checkMulticall({ accepted: { rpcUrl }, timestamp }: Endpoint): Promise<Outcome> {
  const readTime = encodeFunctionData({ abi: multicall3Abi, functionName: "getCurrentBlockTimestamp" });
  const data = encodeFunctionData({
    abi: multicall3Abi,
    functionName: "aggregate3",
    args: [[{ target: MULTICALL3, allowFailure: false, callData: readTime }]],
  });
  const answer = await ethCall(rpcUrl, MULTICALL3, data, bytes);
  if (!answer.ok) return failed(answer.reason, RPC_FIX);
  const time = batchedTime(answer.value);
  const isPlausible = time !== undefined && time + BigInt(MAX_HEAD_AGE_SECONDS) >= timestamp;
  return isPlausible ? passed("answers") : failed(`is not at ${MULTICALL3}`, RPC_FIX);
}

function batchedTime(data: `0x${string}`): bigint | undefined {
  try {
    const [time] = decodeFunctionResult({ abi: multicall3Abi, functionName: "aggregate3", data });
    return time?.success === true ? BigInt(time.returnData) : undefined;
  } catch {
    return undefined;
  }
}

/** A contract that hashes signatures under another domain, or counts in other units, takes none of our payments. */
async function checkToken({ accepted: { chain, rpcUrl } }: Endpoint): Promise<Outcome> {
  const { address, name, version } = chain.usdc;
  const read = (functionName: "DOMAIN_SEPARATOR" | "decimals") =>
    ethCall(rpcUrl, address, encodeFunctionData({ abi: tokenAbi, functionName }), word);
  const [separator, decimals] = await Promise.all([read("DOMAIN_SEPARATOR"), read("decimals")]);
  const fix = "edge402 and this chain disagree on what USDC is. Don't sell on it; report this.";
  if (!separator.ok) return failed(`${address}: ${separator.reason}`, fix);
  if (!decimals.ok) return failed(`${address}: ${decimals.reason}`, fix);
  if (separator.value !== chain.usdc.domainSeparator) {
    return failed(`${address} does not sign as "${name}", version ${version}`, fix);
  }
  if (BigInt(decimals.value) !== BigInt(USDC_DECIMALS)) {
    return failed(`${address} has ${BigInt(decimals.value)} decimals, not ${USDC_DECIMALS}`, fix);
  }
  return passed(`"${name}", version ${version}, ${USDC_DECIMALS} decimals`);
}

async function checkPayTo({ accepted: { payTo, rpcUrl } }: Endpoint): Promise<Outcome> {
  const address = checksumAddress(payTo);
  const code = await rpc(rpcUrl, "eth_getCode", [payTo, "latest"], bytes);
  if (!code.ok) return open(`${address}: ${code.reason}`);
  if (code.value === "0x") return passed(`${address}, an ordinary account`);
  if (code.value.startsWith(DELEGATION_PREFIX)) return passed(`${address}, an account with delegated code`);
  return open(`${address} is a contract`, "Make sure that it can send USDC on, on this very chain.");
}
