/**
 * Who signed: recovery of an ECDSA public key on secp256k1 (SEC 1, section 4.1.6).
 *
 * Only public values go in, so nothing has to take the same time for all of them. @noble/curves takes ten times as long;
 * it is the oracle in the tests.
 */

import { lazily } from "../lazily.ts";
import { createSumOfMultiples } from "./curve.ts";
import { inverse, modulo, N } from "./scalar.ts";

export interface Signature {
  readonly r: bigint;
  readonly s: bigint;
  /** Whether the y of the signature's point is odd: v − 27. Its x is r, never r + n. */
  readonly isOdd: boolean;
}

/** Made when the first payment comes: most requests bring none. */
const sumOfMultiples = lazily(createSumOfMultiples);

/** @param digest 256 bits  @returns x and y; undefined where no key can have made the signature. A high s is taken. */
export function recoverPublicKey(
  digest: bigint,
  { r, s, isOdd }: Signature,
): readonly [bigint, bigint] | undefined {
  if (r <= 0n || r >= N || s <= 0n || s >= N) return undefined;
  const byR = inverse(r);
  return sumOfMultiples()(r, isOdd, modulo(-digest * byR, N), modulo(s * byR, N));
}
