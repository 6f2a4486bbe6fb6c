/** HMAC keys for tests: every id has its own secret, the same one in every run. */

import type { HmacKey } from "../../protocol/keys.ts";

export function hmacKey(id: number): HmacKey {
  return { id, secret: new Uint8Array(32).fill(id + 1) };
}
