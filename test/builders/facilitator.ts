/** Answers of a facilitator, as its transport hands them over. */

import type { PostResult } from "../../protocol/facilitator.ts";
import type { Hex } from "../../protocol/hex.ts";
import { PAYER } from "./payment.ts";

export const TRANSACTION: Hex = `0x${"ab".repeat(32)}`;

/** A true `/settle` answer on Base. */
export const SETTLED = {
  success: true,
  transaction: TRANSACTION,
  network: "eip155:8453",
  payer: PAYER.address,
};

/** @param body text as it is, or anything else as JSON */
export function answer(status: number, body: unknown): PostResult {
  return { kind: "answer", status, body: typeof body === "string" ? body : JSON.stringify(body) };
}
