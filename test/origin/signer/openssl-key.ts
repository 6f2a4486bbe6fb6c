/**
 * A secp256k1 key that answers as AWS KMS does, in real DER: Node.js's OpenSSL multiplies the points and writes the
 * public key. The signature is ECDSA by the textbook, since Node.js signs no 32 bytes without hashing them first.
 */

import {
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { privateKeyToAccount } from "viem/accounts";
import type { Address, Hex } from "../../../protocol/hex.ts";

/** The order of secp256k1's group. */
export const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** KMS answers with either; the token takes only low ones. */
export type S = "low" | "high";

export interface OpensslKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly secret: Hex;
  /** By viem, in lower case. */
  readonly address: Address;
  /** SubjectPublicKeyInfo, as GetPublicKey answers. */
  readonly spki: Uint8Array;
  /** DER, as Sign answers. */
  signDigest(digest: Uint8Array, s: S): Uint8Array;
}

export function newOpensslKey(): OpensslKey {
  return describeKey(generateKeyPairSync("ec", { namedCurve: "secp256k1" }).privateKey);
}

/** @param secret 32 bytes, from 1 up to the order */
export function opensslKeyOf(secret: Uint8Array): OpensslKey {
  const point = multiplyBase(secret);
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString("base64url"));
  const d = Buffer.from(secret).toString("base64url");
  if (x === undefined || y === undefined) throw new Error("a point has two halves");
  return describeKey(createPrivateKey({ format: "jwk", key: { kty: "EC", crv: "secp256k1", d, x, y } }));
}

function describeKey(privateKey: KeyObject): OpensslKey {
  const { d } = privateKey.export({ format: "jwk" });
  if (d === undefined) throw new Error("no private key");
  const secret = Buffer.from(d, "base64url");
  const publicKey = createPublicKey(privateKey);
  const hex: Hex = `0x${secret.toString("hex")}`;
  return {
    privateKey,
    publicKey,
    secret: hex,
    address: lowerCase(privateKeyToAccount(hex).address),
    spki: publicKey.export({ format: "der", type: "spki" }),
    signDigest: (digest, s) => encodeDerSignature(...signByTheTextbook(secret, digest, s)),
  };
}

function signByTheTextbook(secret: Uint8Array, digest: Uint8Array, wanted: S): [r: bigint, s: bigint] {
  const once = createHash("sha256").update(secret).update(digest).digest();
  const r = toBigInt(multiplyBase(once).subarray(1, 33)) % ORDER;
  const s = (inverse(toBigInt(once)) * (toBigInt(digest) + r * toBigInt(secret))) % ORDER;
  const isHigh = s > ORDER / 2n;
  return [r, isHigh === (wanted === "high") ? s : ORDER - s];
}

function multiplyBase(scalar: Uint8Array): Buffer {
  const curve = createECDH("secp256k1");
  curve.setPrivateKey(scalar);
  return curve.getPublicKey();
}

/** By Fermat: the order is prime. */
function inverse(value: bigint): bigint {
  let result = 1n;
  let square = value % ORDER;
  for (let exponent = ORDER - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * square) % ORDER;
    square = (square * square) % ORDER;
  }
  return result;
}

/** SEQUENCE { INTEGER r, INTEGER s } of non-negative integers shorter than 62 bytes each. */
export function encodeDerSignature(r: bigint, s: bigint): Uint8Array {
  const integers = [r, s].flatMap((value) => derElement(0x02, integerBytes(value)));
  return Uint8Array.from(derElement(0x30, integers));
}

export function derElement(tag: number, content: readonly number[]): number[] {
  return [tag, content.length, ...content];
}

/** Big-endian and minimal; a leading zero keeps a set top bit from meaning "negative". */
export function integerBytes(value: bigint): number[] {
  const hex = value.toString(16);
  const bytes = [...Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex")];
  return (bytes[0] ?? 0) >= 0x80 ? [0, ...bytes] : bytes;
}

function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

export function lowerCase(address: Hex): Address {
  return `0x${address.slice(2).toLowerCase()}`;
}
