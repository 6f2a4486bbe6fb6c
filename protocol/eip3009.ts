/**
 * EIP-3009 `transferWithAuthorization`: its EIP-712 digest and the recovery of who signed it.
 *
 * Written without viem because this runs in the edge bundle, where its first call would take longer than all the rest
 * together. viem is the oracle in the tests.
 */

import { type Address, bytesToHex, type Hex, hexToBytes } from "./hex.ts";
import { keccak256 } from "./keccak.ts";
import type { Usdc } from "./money.ts";
import type { Network } from "./network.ts";
import { recoverPublicKey } from "./secp256k1/recover.ts";
import { HALF_N } from "./secp256k1/scalar.ts";

export interface Authorization {
  readonly from: Address;
  readonly to: Address;
  readonly value: Usdc;
  /** Unix seconds. The token demands block time strictly after this. */
  readonly validAfter: bigint;
  /** Unix seconds. The token demands block time strictly before this. */
  readonly validBefore: bigint;
  /** 32 bytes. The token takes it once for each `from`. */
  readonly nonce: Hex;
}

export const transferWithAuthorizationTypes = {
  TransferWithAuthorization: [
    { name: "from", type: "address" },
    { name: "to", type: "address" },
    { name: "value", type: "uint256" },
    { name: "validAfter", type: "uint256" },
    { name: "validBefore", type: "uint256" },
    { name: "nonce", type: "bytes32" },
  ],
} as const;

/** The EIP-712 domain that wallets sign under on this network. */
export function usdcDomain(network: Network) {
  const { name, version, address } = network.usdc;
  return { name, version, chainId: network.chainId, verifyingContract: address };
}

/** EIP-712's `typeHash` of `TransferWithAuthorization`, as the token has it too. */
const TRANSFER_TYPE_HASH = "0x7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a2267";

/** The 32 bytes that the payer signs. */
export function authorizationDigest({ usdc }: Network, authorization: Authorization): Uint8Array {
  const { from, to, value, validAfter, validBefore, nonce } = authorization;
  const numbers = [BigInt(from), BigInt(to), value, validAfter, validBefore];
  const message = keccak256(hexToBytes(`${TRANSFER_TYPE_HASH}${numbers.map(word).join("")}${digits(nonce)}`));
  return keccak256(hexToBytes(`0x1901${digits(usdc.domainSeparator)}${digits(bytesToHex(message))}`));
}

/** Signatures of ordinary accounts are r, s, v. Any other length is a contract wallet's (ERC-1271, ERC-6492). */
export const ECDSA_SIGNATURE_BYTES = 65;

export function isEcdsaSignature(signature: Hex): boolean {
  return signature.length === 2 + 2 * ECDSA_SIGNATURE_BYTES;
}

/** Some wallets write v as 0 or 1; the token's ecrecover wants 27 or 28. Other signatures are returned as they are. */
export function normaliseSignature(signature: Hex): Hex {
  if (!isEcdsaSignature(signature)) return signature;
  if (signature.endsWith("00")) return `0x${signature.slice(2, -2)}1b`;
  if (signature.endsWith("01")) return `0x${signature.slice(2, -2)}1c`;
  return signature;
}

/** Both cases are spelled out: V8 takes long to compile an expression that ignores case. */
const R_S_V = /^0x([0-9A-Fa-f]{64})([0-9A-Fa-f]{64})(1[BCbc])$/;

/**
 * The account whose key made a 65-byte signature, or undefined when it is no signature the token would take: a v other
 * than 27 or 28, a high s (malleable), values off the curve.
 */
export function recoverSigner(digest: Uint8Array, signature: Hex): Address | undefined {
  const [, r, s, v] = R_S_V.exec(signature) ?? [];
  if (r === undefined || BigInt(`0x${s}`) > HALF_N) return undefined;
  const isOdd = v?.toLowerCase() === "1c";
  const publicKey = recoverPublicKey(BigInt(bytesToHex(digest)), {
    r: BigInt(`0x${r}`),
    s: BigInt(`0x${s}`),
    isOdd,
  });
  if (publicKey === undefined) return undefined;
  return bytesToHex(keccak256(hexToBytes(`0x${publicKey.map(word).join("")}`)).subarray(12));
}

/** 32 bytes of hex. */
function word(value: bigint): string {
  return value.toString(16).padStart(64, "0");
}

function digits(hex: Hex): string {
  return hex.slice(2);
}
