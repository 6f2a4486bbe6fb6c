/** Symmetric keys with an id each, so that a new one can sign while the old one still verifies. */

export interface HmacKey {
  /** 0–255; written into what is signed. */
  readonly id: number;
  /** At least 32 bytes. */
  readonly secret: Uint8Array;
}

export function keyById(keys: readonly HmacKey[], id: number): HmacKey | undefined {
  return keys.find((key) => key.id === id);
}

/** The first key signs; all of them verify. */
export function signingKey(keys: readonly HmacKey[]): HmacKey {
  const [first] = keys;
  if (first === undefined) throw new Error("no signing key is configured");
  return first;
}
