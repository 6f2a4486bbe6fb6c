/** Symmetric keys with an id each, so that a new one can sign while the old one still verifies. */

import { hmacSha256 } from "./sha256.ts";

export interface HmacKey {
  /** 0–255; written into what is signed. */
  readonly id: number;
  /** At least 32 bytes. */
  readonly secret: Uint8Array;
}

export function keyById(keys: readonly HmacKey[], id: number): HmacKey | undefined {
  return keys.find((key) => key.id === id);
}

type Mac = (message: Uint8Array) => Uint8Array;

const macs = new WeakMap<HmacKey, Mac>();

/** HMAC-SHA-256 with this key, whose own part is computed once. */
export function macBy(key: HmacKey): Mac {
  const known = macs.get(key);
  if (known !== undefined) return known;
  const mac = hmacSha256(key.secret);
  macs.set(key, mac);
  return mac;
}

/** Whether two codes are the same, in a time that does not tell where they differ. */
export function sameMac(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let at = 0; at < a.length; at++) difference |= (a[at] ?? 0) ^ (b[at] ?? 0);
  return difference === 0;
}

/** The first key signs; all of them verify. */
export function signingKey(keys: readonly HmacKey[]): HmacKey {
  const [first] = keys;
  if (first === undefined) throw new Error("no signing key is configured");
  return first;
}
