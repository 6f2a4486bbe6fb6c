/** What a payment pays for: one digest over everything that makes a request this request and not another. */

import type { Hex } from "./hex.ts";
import { sha256Hex } from "./sha256.ts";

export interface FingerprintInput {
  readonly method: string;
  /** From `canonicalPath`. */
  readonly path: string;
  /** From `canonicalQuery`. */
  readonly query: string;
  readonly body: Uint8Array;
  /** The headers that the route declares significant, by lower-case name, in the route's order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** SHA-256 of nothing. */
const NO_BODY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** SHA-256, 32 bytes of hex. The parts are JSON-encoded first, so that no two different requests share an encoding. */
export function fingerprint(input: FingerprintInput): Hex {
  const bodyHash = input.body.length === 0 ? NO_BODY : sha256Hex(input.body).slice(2);
  const parts = JSON.stringify([input.method, input.path, input.query, bodyHash, input.headers]);
  return sha256Hex(parts);
}
