/** What a payment pays for: one digest over everything that makes a request this request and not another. */

import { bytesToHex, type Hex } from "./hex.ts";
import { sha256 } from "./sha256.ts";

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

/** SHA-256, 32 bytes of hex. The parts are JSON-encoded first, so that no two different requests share an encoding. */
export function fingerprint(input: FingerprintInput): Hex {
  const bodyHash = bytesToHex(sha256(input.body)).slice(2);
  const parts = JSON.stringify([input.method, input.path, input.query, bodyHash, input.headers]);
  return bytesToHex(sha256(Buffer.from(parts, "utf8")));
}
