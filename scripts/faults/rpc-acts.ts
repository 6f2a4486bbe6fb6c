/** What RPC endpoints do wrong: they lag, forget logs, and refuse what is too wide or too much. */

import * as v from "valibot";
import { parseJson } from "../../protocol/text.ts";
import { json } from "./acts.ts";
import type { Act } from "./book.ts";

/** JSON-RPC's "limit exceeded". */
const LIMIT_EXCEEDED = -32_005;

const requestSchema = v.looseObject({ id: v.number(), method: v.string(), params: v.array(v.unknown()) });
const answerSchema = v.object({ result: v.string() });
const filterSchema = v.looseObject({ fromBlock: v.string(), toBlock: v.string() });

/** Answered by a node that is some blocks behind. */
export function lagging(blocks: bigint): Act {
  return async ({ body }, forward) => {
    const request = v.parse(requestSchema, parseJson(body)?.value);
    const head = await forward(JSON.stringify({ ...request, method: "eth_blockNumber", params: [] }));
    const { result } = v.parse(answerSchema, parseJson(head.body.toString())?.value);
    const seen = BigInt(result) - blocks;
    switch (request.method) {
      case "eth_blockNumber":
        return answered(request.id, hex(seen));
      case "eth_call":
        return forward(JSON.stringify({ ...request, params: [request.params[0], hex(seen)] }));
      case "eth_getLogs": {
        const filter = v.parse(filterSchema, request.params[0]);
        if (BigInt(filter.fromBlock) > seen) return answered(request.id, []);
        const toBlock = BigInt(filter.toBlock) > seen ? hex(seen) : filter.toBlock;
        return forward(JSON.stringify({ ...request, params: [{ ...filter, toBlock }] }));
      }
      default:
        return forward();
    }
  };
}

/** The node has the block, but its index of logs does not have it yet. */
export const missingLogs: Act = async ({ body }) =>
  answered(v.parse(requestSchema, parseJson(body)?.value).id, []);

/** Refuses a range of more than so many blocks. */
export function narrow(blocks: bigint): Act {
  return async ({ body }, forward) => {
    const { id, params } = v.parse(requestSchema, parseJson(body)?.value);
    const { fromBlock, toBlock } = v.parse(filterSchema, params[0]);
    if (BigInt(toBlock) - BigInt(fromBlock) < blocks) return forward();
    const error = { code: LIMIT_EXCEEDED, message: "query returned too many results" };
    return json(200, JSON.stringify({ jsonrpc: "2.0", id, error }));
  };
}

function answered(id: number, result: unknown) {
  return json(200, JSON.stringify({ jsonrpc: "2.0", id, result }));
}

function hex(block: bigint): string {
  return `0x${(block < 0n ? 0n : block).toString(16)}`;
}
