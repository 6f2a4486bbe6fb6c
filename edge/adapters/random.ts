/** Random bytes, drawn from the system some requests in advance: what costs is the drawing, not how much is drawn. */

import { randomBytes } from "node:crypto";

/** A dozen requests' worth. */
const POOL_BYTES = 1_024;

/** @returns hands out each byte once */
export function createRandomBytes(): (length: number) => Uint8Array {
  let pool: Uint8Array = new Uint8Array();
  return (length) => {
    if (pool.length < length) pool = randomBytes(Math.max(length, POOL_BYTES));
    const bytes = pool.subarray(0, length);
    pool = pool.subarray(length);
    return bytes;
  };
}
