/** The `result` of a JSON-RPC answer, for each of the few that are asked for. */

import { type Fields, list, nullable, object, text } from "../../protocol/fields.ts";
import type { Hex } from "../../protocol/hex.ts";
import { address, bytes32, hex, type TextRule } from "../../protocol/rules.ts";

/** Of what a call returns, and of a log. */
const MAX_DATA_BYTES = 100_000;

const quantityRule: TextRule<bigint> = {
  parse: (digits) => (/^0x[0-9a-f]{1,64}$/.test(digits) ? BigInt(digits) : undefined),
  expected: "expected a quantity in hex",
};

export function readQuantity(at: Fields, key: string): bigint {
  return text(at, key, quantityRule);
}

export function readData(at: Fields, key: string): Hex {
  return text(at, key, hex(MAX_DATA_BYTES));
}

function readBytes32(at: Fields, key: string): Hex {
  return text(at, key, bytes32);
}

export type Log = ReturnType<typeof readLog>;

function readLog(logs: Fields, position: string) {
  const at = object(logs, position);
  return {
    address: text(at, "address", address),
    topics: list(at, "topics", readBytes32),
    data: readData(at, "data"),
    logIndex: readQuantity(at, "logIndex"),
    transactionHash: readBytes32(at, "transactionHash"),
  };
}

export function readLogs(at: Fields, key: string): Log[] {
  return list(at, key, readLog);
}

/** Null of a transaction that the endpoint has not seen. */
export function readReceipt(answer: Fields, key: string) {
  return nullable(answer, key, () => {
    const at = object(answer, key);
    return { status: readQuantity(at, "status"), logs: readLogs(at, "logs") };
  });
}
