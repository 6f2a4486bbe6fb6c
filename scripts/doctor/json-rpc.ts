/** JSON-RPC calls to an Ethereum node that may lie, lag or stall, each answer parsed and each failure a short text. */

import * as v from "valibot";
import type { Hex } from "../../protocol/hex.ts";
import { fail, ok, type Result } from "../../protocol/result.ts";
import { parseJsonBytes } from "../../protocol/text.ts";
import { faultText, send } from "./http.ts";

/** Two thousand blocks of one account's transfers; what a busy merchant has is far below. */
const MAX_ANSWER_BYTES = 8 * 1_024 * 1_024;

const envelope = v.object({
  result: v.optional(v.unknown()),
  error: v.nullish(v.object({ code: v.pipe(v.number(), v.safeInteger()) })),
});

/** A whole number in hex, at most a uint256. */
export const quantity = v.pipe(
  v.string(),
  v.regex(/^0x[0-9a-fA-F]{1,64}$/),
  v.transform((hex) => BigInt(hex)),
);

/** What a view function that returns one value answers with. */
export const word = v.pipe(
  v.string(),
  v.regex(/^0x[0-9a-fA-F]{64}$/),
  v.transform((hex): Hex => `0x${hex.slice(2).toLowerCase()}`),
);

export const bytes = v.pipe(
  v.string(),
  v.regex(/^0x(?:[0-9a-fA-F]{2})*$/),
  v.transform((hex): Hex => `0x${hex.slice(2).toLowerCase()}`),
);

/** One call. Of the node's own words only its error code is repeated. */
export async function rpc<Schema extends v.GenericSchema>(
  url: string,
  method: string,
  params: readonly unknown[],
  schema: Schema,
): Promise<Result<v.InferOutput<Schema>, string>> {
  const reply = await send({
    url,
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    maxBytes: MAX_ANSWER_BYTES,
  });
  if (reply.kind === "fault") return fail(faultText(reply.fault));
  const json = parseJsonBytes(reply.body);
  const parsed = v.safeParse(envelope, json?.value);
  if (!parsed.success || reply.status === 429) return fail(`HTTP status ${reply.status}, no JSON-RPC answer`);
  const { error, result } = parsed.output;
  if (error) return fail(`${method} is refused with code ${error.code}`);
  const value = v.safeParse(schema, result);
  return value.success ? ok(value.output) : fail(`${method} is answered with something else`);
}

/** `eth_call` of a contract at the head. */
export function ethCall<Schema extends v.GenericSchema>(url: string, to: Hex, data: Hex, schema: Schema) {
  return rpc(url, "eth_call", [{ to, data }, "latest"], schema);
}
