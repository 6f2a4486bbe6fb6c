/**
 * EIP-3009 `transferWithAuthorization`: its EIP-712 digest and the recovery of who signed it.
 *
 * Written over @noble rather than viem because this runs in the edge bundle, where viem's first call costs four times
 * the CPU. viem is the oracle in the tests.
 */

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { type Address, bytesToHex, type Hex, hexToBytes } from "./hex.ts";
import type { Usdc } from "./money.ts";
import type { Network } from "./network.ts";

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

const TRANSFER_TYPE_HASH = keccakText(
  `TransferWithAuthorization(${transferWithAuthorizationTypes.TransferWithAuthorization.map(
    ({ name, type }) => `${type} ${name}`,
  ).join(",")})`,
);
const DOMAIN_TYPE_HASH = keccakText(
  "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
);

const domainSeparators = new Map<number, Uint8Array>();

/** EIP-712's `hashStruct` of the USDC domain; what the token's `DOMAIN_SEPARATOR()` returns. */
export function domainSeparator(network: Network): Uint8Array {
  const known = domainSeparators.get(network.chainId);
  if (known !== undefined) return known;
  const separator = keccak_256(
    Buffer.concat([
      DOMAIN_TYPE_HASH,
      keccakText(network.usdc.name),
      keccakText(network.usdc.version),
      word(BigInt(network.chainId)),
      word(BigInt(network.usdc.address)),
    ]),
  );
  domainSeparators.set(network.chainId, separator);
  return separator;
}

/** The 32 bytes that the payer signs. */
export function authorizationDigest(network: Network, authorization: Authorization): Uint8Array {
  const message = keccak_256(
    Buffer.concat([
      TRANSFER_TYPE_HASH,
      word(BigInt(authorization.from)),
      word(BigInt(authorization.to)),
      word(authorization.value),
      word(authorization.validAfter),
      word(authorization.validBefore),
      hexToBytes(authorization.nonce),
    ]),
  );
  return keccak_256(Buffer.concat([Uint8Array.of(0x19, 0x01), domainSeparator(network), message]));
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

/**
 * The account whose key made a 65-byte signature, or undefined when it is no signature the token would take: a v other
 * than 27 or 28, a high s (malleable), values off the curve.
 */
export function recoverSigner(digest: Uint8Array, signature: Hex): Address | undefined {
  if (!isEcdsaSignature(signature)) return undefined;
  const bytes = hexToBytes(signature);
  const v = bytes[64];
  if (v !== 27 && v !== 28) return undefined;
  try {
    const parsed = secp256k1.Signature.fromBytes(bytes.subarray(0, 64), "compact").addRecoveryBit(v - 27);
    if (parsed.hasHighS()) return undefined;
    const publicKey = parsed.recoverPublicKey(digest).toBytes(false);
    return bytesToHex(keccak_256(publicKey.subarray(1)).subarray(12));
  } catch {
    return undefined;
  }
}

function keccakText(text: string): Uint8Array {
  return keccak_256(new TextEncoder().encode(text));
}

function word(value: bigint): Uint8Array {
  return hexToBytes(`0x${value.toString(16).padStart(64, "0")}`);
}
