/**
 * What stands for a replay credential wherever it is stored, sent on or logged. The credential itself fetches what was
 * bought, so it stays with the client.
 */

import type { Hex } from "../hex.ts";
import { sha256Hex } from "../sha256.ts";

export type ReplayKind = "payment-identifier" | "idempotency-key";

/** SHA-256, 32 bytes of hex. The same text as two kinds has two digests: neither opens what the other was given for. */
export function replayDigest(kind: ReplayKind, key: string): Hex {
  const parts = JSON.stringify(["edge402 replay", kind, key]);
  return sha256Hex(parts);
}
