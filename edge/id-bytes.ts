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
  let counted: Buffer | undefined;
  let block: Uint8Array = new Uint8Array();
  let next = 0n;
  const nextBlock = () => {
    counted ??= Buffer.concat([macBy(key)(Buffer.from(`${PURPOSE} ${seed()}`)), Buffer.alloc(COUNTER_BYTES)]);
    counted.writeBigUInt64BE(next++, BLOCK_BYTES);
    return sha256(counted);
  };
  return (length) => {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      if (block.length === 0) block = nextBlock();
      const taken = block.subarray(0, length - at);
      bytes.set(taken, at);
      block = block.subarray(taken.length);
      at += taken.length;
    }
    return bytes;
  };
}
