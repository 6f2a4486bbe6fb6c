/** Makes a chain forget its last blocks, with or without the transactions that were in them. */

import * as v from "valibot";
import { type Hex, numberToHex } from "viem";
import type { LocalChain } from "../local/chain/start-chain.ts";
import type { Act } from "./book.ts";

const rawSchema = v.pipe(v.string(), v.hexadecimal());

/** `dropped`: as if they had never been sent. `moved`: they are in the new blocks again. */
type Fate = "dropped" | "moved";

/** The request is carried out, and then the chain takes the transactions of the last blocks back. */
export function reorgAfter(chain: LocalChain, fate: Fate): Act {
  return async (_, forward) => {
    const before = await chain.client.getBlockNumber();
    const answer = await forward();
    await reorganise(chain, before, fate);
    return answer;
  };
}

/** Replaces all blocks after `ancestor`. */
async function reorganise({ client, url }: LocalChain, ancestor: bigint, fate: Fate): Promise<void> {
  const head = await client.getBlockNumber();
  const depth = Number(head - ancestor);
  const raw: Hex[] = [];
  for (let number = ancestor + 1n; fate === "moved" && number <= head; number++) {
    const { transactions } = await client.getBlock({ blockNumber: number });
    for (const hash of transactions)
      raw.push(`0x${v.parse(rawSchema, await rpc(url, "eth_getRawTransactionByHash", [hash])).slice(2)}`);
  }
  // All of them in the first of the new blocks.
  await rpc(url, "anvil_reorg", [depth, raw.map((transaction) => [transaction, 0])]);
}

const answerSchema = v.object({ result: v.unknown() });

async function rpc(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: numberToHex(1), method, params }),
  });
  return v.parse(answerSchema, await response.json()).result;
}
