/**
 * The chain over plain JSON-RPC: whether an authorization is used, and what a transaction did. The few calls are encoded
 * by hand, since viem would make the edge's bundle several times as large.
 */

import type { SettlementSearch } from "../../protocol/chain.ts";
import type { AcceptedNetwork } from "../../protocol/config.ts";
import type { Authorization } from "../../protocol/eip3009.ts";
import type { PostJson } from "../../protocol/facilitator.ts";
import { attempt, fieldsOf, type Reader } from "../../protocol/fields.ts";
import type { Address, Hex } from "../../protocol/hex.ts";
import type { Network } from "../../protocol/network.ts";
import { parseJson } from "../../protocol/text.ts";
import type { Chain, TransactionState } from "../ports.ts";
import { type Log, readData, readLogs, readQuantity, readReceipt } from "./rpc-results.ts";

/** One call to an endpoint. Milliseconds. */
const RPC_TIMEOUT_MS = 2_000;

/** A receipt with the logs of a few hundred batched transfers. Bytes. */
export const MAX_RPC_ANSWER = 1_024 * 1_024;

/** Blocks looked through: eight minutes on the fastest chain, and public endpoints refuse more than this at once. */
const LOG_RANGE = 2_000n;

/** At the same address on every network that we know. */
const MULTICALL3 = "0xca11bde05977b3631167028862be2a173976ca11";

/** The first four bytes of the keccak-256 of each function's signature. */
const AGGREGATE3 = "82ad56cb";
const GET_CURRENT_BLOCK_TIMESTAMP = "0f28c97d";
const AUTHORIZATION_STATE = "e94a0102";

/** The keccak-256 of each event's signature: USDC's two that use a nonce up, and ERC-20's. */
const AUTHORIZATION_USED = "0x98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5";
const AUTHORIZATION_CANCELED = "0x1cdd46ff242716cdaa72d159d339a485b3438398348d68f09d7c8c0a59353d81";
const TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";

/** @param now Unix milliseconds */
export function createChain(networks: readonly AcceptedNetwork[], post: PostJson, now: () => number): Chain {
  /** undefined when the endpoint gives no usable answer in time, or the network is none of ours. */
  async function call<Value>(
    network: Network,
    method: string,
    params: readonly unknown[],
    read: Reader<Value>,
    deadline: number,
  ): Promise<Value | undefined> {
    const endpoint = networks.find(({ chain }) => chain === network);
    const timeoutMs = Math.min(RPC_TIMEOUT_MS, deadline - now());
    if (endpoint === undefined || timeoutMs <= 0) return undefined;
    const result = await post({
      url: endpoint.rpcUrl,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      timeoutMs,
    });
    if (result.kind === "fault" || result.status !== 200) return undefined;
    const answer = attempt(() => read(fieldsOf(parseJson(result.body)?.value), "result"));
    return answer.ok ? answer.value : undefined;
  }

  async function transactionState(
    network: Network,
    authorization: Authorization,
    transaction: Hex,
    deadline: number,
  ): Promise<TransactionState> {
    const receipt = await call(network, "eth_getTransactionReceipt", [transaction], readReceipt, deadline);
    if (receipt === undefined) return { kind: "unreachable" };
    if (receipt === null) return { kind: "unseen" };
    const paid = receipt.status === 1n && carriesOut(receipt.logs, network, authorization);
    return { kind: paid ? "paid" : "failed" };
  }

  return {
    transactionState,

    async authorizationState(network, authorization, deadline) {
      const data = stateCall(network, authorization);
      const returned = await call(
        network,
        "eth_call",
        [{ to: MULTICALL3, data }, "latest"],
        readData,
        deadline,
      );
      const state = returned === undefined ? undefined : readState(returned);
      if (state === undefined) return { kind: "unreachable" };
      return state.used ? { kind: "used" } : { kind: "unused", blockTime: state.blockTime };
    },

    async findSettlement(network, authorization, deadline): Promise<SettlementSearch> {
      const head = await call(network, "eth_blockNumber", [], readQuantity, deadline);
      if (head === undefined) return { kind: "unreachable" };
      const filter = {
        address: network.usdc.address,
        topics: [
          [AUTHORIZATION_USED, AUTHORIZATION_CANCELED],
          addressWord(authorization.from),
          authorization.nonce,
        ],
        fromBlock: quantity(head > LOG_RANGE ? head - LOG_RANGE : 0n),
        toBlock: "latest",
      };
      const logs = await call(network, "eth_getLogs", [filter], readLogs, deadline);
      if (logs === undefined) return { kind: "unreachable" };
      const [log] = logs;
      if (log === undefined) return { kind: "not_found" };
      const state = await transactionState(network, authorization, log.transactionHash, deadline);
      switch (state.kind) {
        case "paid":
          return { kind: "found", transaction: log.transactionHash };
        case "failed":
          return { kind: "used_elsewhere" };
        case "unseen":
          return { kind: "not_found" };
        case "unreachable":
          return state;
      }
    },
  };
}

/**
 * A payer can sign two authorizations with one nonce, and can put another payment of the same amount into the same
 * transaction. The token emits `Transfer` right after `AuthorizationUsed`, so only that very next log counts.
 */
function carriesOut(logs: readonly Log[], { usdc }: Network, authorization: Authorization): boolean {
  const token = usdc.address.toLowerCase();
  const { from, to, value, nonce } = authorization;
  const says = (log: Log | undefined, topics: readonly Hex[]) =>
    log?.address === token && log.topics.join() === topics.join();
  const used = logs.find((log) => says(log, [AUTHORIZATION_USED, addressWord(from), nonce]));
  if (used === undefined) return false;
  const next = logs.find(({ logIndex }) => logIndex === used.logIndex + 1n);
  const transferred = says(next, [TRANSFER, addressWord(from), addressWord(to)]);
  return transferred && next?.data === `0x${word(value)}`;
}

/** Both questions in one call, so of one block: endpoints balance over nodes of which some lag behind. */
function stateCall({ usdc }: Network, { from, nonce }: Authorization): Hex {
  const authorizationState = AUTHORIZATION_STATE + addressWord(from).slice(2) + nonce.slice(2);
  const calls = [
    call3(MULTICALL3, GET_CURRENT_BLOCK_TIMESTAMP),
    call3(usdc.address, authorizationState),
  ] as const;
  const firstAt = 2n * WORD_BYTES;
  const secondAt = firstAt + byteLength(calls[0]);
  const array = [word(2n), word(firstAt), word(secondAt), ...calls].join("");
  return `0x${AGGREGATE3}${word(WORD_BYTES)}${array}`;
}

/** ABI encoding of (address target, bool allowFailure = false, bytes callData). */
function call3(target: Address, callData: string): string {
  const padding = "0".repeat((WORD_DIGITS - (callData.length % WORD_DIGITS)) % WORD_DIGITS);
  const head = [addressWord(target).slice(2), word(0n), word(3n * WORD_BYTES)];
  return [...head, word(byteLength(callData)), callData, padding].join("");
}

/** Words of what `aggregate3` returns for two calls that return one word each, and where those stand. */
const RETURNED_WORDS = 12;
const BLOCK_TIME_AT = 7;
const USED_AT = 11;

function readState(returned: Hex): { readonly blockTime: bigint; readonly used: boolean } | undefined {
  const digits = returned.slice(2);
  if (digits.length !== RETURNED_WORDS * WORD_DIGITS) return undefined;
  const wordAt = (index: number) => BigInt(`0x${digits.slice(index * WORD_DIGITS).slice(0, WORD_DIGITS)}`);
  const used = wordAt(USED_AT);
  return used > 1n ? undefined : { blockTime: wordAt(BLOCK_TIME_AT), used: used === 1n };
}

const WORD_BYTES = 32n;
const WORD_DIGITS = 64;

function word(value: bigint): string {
  return value.toString(16).padStart(WORD_DIGITS, "0");
}

function addressWord(address: Address): Hex {
  return `0x${word(BigInt(address))}`;
}

function byteLength(digits: string): bigint {
  return BigInt(digits.length / 2);
}

function quantity(value: bigint): Hex {
  return `0x${value.toString(16)}`;
}
