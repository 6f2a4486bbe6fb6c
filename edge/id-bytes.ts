/**
 * Bytes for ids of traces, invoices, grants and tokens: no two alike, and nobody foresees them. Not from node:crypto,
 * which takes longer to load than an unpaid request takes.
 */

import { type HmacKey, macBy } from "../protocol/keys.ts";
import { sha256 } from "../protocol/sha256.ts";

/** No other code that the same key makes begins so. */
const PURPOSE = "edge402 ids";

const BLOCK_BYTES = 32;
const COUNTER_BYTES = 8;

/**
 * SHA-256 of a secret and a counter. The secret is this instance's own, made of the key and the seed.
 *
 * @param seed asked for once, with the first bytes: a text that no other instance has, such as a request's id
 * @returns hands out each byte once
 */
export function createIdBytes(key: HmacKey, seed: () => string): (length: number) => Uint8Array {
  let counted: DataView | undefined;
  let block: Uint8Array = new Uint8Array();
  let left = 0;
  let next = 0n;
  const nextBlock = () => {
    counted ??= begin(macBy(key)(Buffer.from(`${PURPOSE} ${seed()}`)));
    counted.setBigUint64(BLOCK_BYTES, next++);
    return sha256(new Uint8Array(counted.buffer));
  };
  return (length) => {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at++) {
      if (left === 0) {
        block = nextBlock();
        left = BLOCK_BYTES;
      }
      bytes[at] = block[BLOCK_BYTES - left--] ?? 0;
    }
    return bytes;
  };
}

/** The secret, and room for the counter. */
function begin(secret: Uint8Array): DataView {
  const bytes = new Uint8Array(BLOCK_BYTES + COUNTER_BYTES);
  bytes.set(secret);
  return new DataView(bytes.buffer);
}
