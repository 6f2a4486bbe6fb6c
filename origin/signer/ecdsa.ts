/** secp256k1 as key stores speak it, DER signatures and SPKI public keys, turned into what the token understands. Pure. */

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { recoverSigner } from "../../protocol/eip3009.ts";
import { type Address, bytesToHex, type Hex } from "../../protocol/hex.ts";

/** Both are from 1 up to the order of the curve. A high s is still one. */
export interface EcdsaSignature {
  readonly r: bigint;
  readonly s: bigint;
}

/**
 * Everything in the SubjectPublicKeyInfo of a secp256k1 key before its point: that it is an elliptic curve's key,
 * which curve, and that 65 bytes follow. A key of any other kind starts otherwise, so there is nothing more to parse.
 */
const SPKI_PREFIX = Buffer.from("3056301006072a8648ce3d020106052b8104000a034200", "hex");
const UNCOMPRESSED_POINT_BYTES = 65;

/** The account of a secp256k1 public key in SPKI DER, or undefined when the bytes are anything else. */
export function accountOfSpki(der: Uint8Array): Address | undefined {
  if (der.length !== SPKI_PREFIX.length + UNCOMPRESSED_POINT_BYTES) return undefined;
  if (!SPKI_PREFIX.equals(der.subarray(0, SPKI_PREFIX.length))) return undefined;
  const point = der.subarray(SPKI_PREFIX.length);
  return secp256k1.utils.isValidPublicKey(point, false) ? accountOf(point) : undefined;
}

/** @param point uncompressed and on the curve */
export function accountOf(point: Uint8Array): Address {
  return bytesToHex(keccak_256(point.subarray(1)).subarray(12));
}

/** Reads a DER signature: nothing before, between or after two minimal, positive integers below the curve's order. */
export function parseDerSignature(der: Uint8Array): EcdsaSignature | undefined {
  try {
    return secp256k1.Signature.fromBytes(der, "der");
  } catch {
    return undefined;
  }
}

/** EVM recovery takes these only, which say whether the y of the signature's point is even or odd. */
const RECOVERY_V = [27, 28] as const;

/**
 * The 65 bytes r, s, v that the token takes for `account`, or undefined when the signature is not this account's.
 *
 * Key stores answer with a high s every other time, and never with v. The token refuses a high s; its negative makes
 * an equally good signature. And v is whichever leads back to the account.
 */
export function recoverableSignature(
  digest: Uint8Array,
  { r, s }: EcdsaSignature,
  account: Address,
): Hex | undefined {
  const signature = new secp256k1.Signature(r, s);
  const low = signature.hasHighS() ? new secp256k1.Signature(r, secp256k1.Point.Fn.neg(s)) : signature;
  return RECOVERY_V.map((v) => bytesToHex(Uint8Array.of(...low.toBytes("compact"), v))).find(
    (candidate) => recoverSigner(digest, candidate) === account,
  );
}
