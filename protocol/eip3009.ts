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

const TRANSFER_TYPE = `TransferWithAuthorization(${transferWithAuthorizationTypes.TransferWithAuthorization.map(
  ({ name, type }) => `${type} ${name}`,
).join(",")})`;
const DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";

/** Hashed when the first payment comes: most requests bring none. */
let transferTypeHash: Uint8Array | undefined;
const domainSeparators = new Map<number, Uint8Array>();

/** EIP-712's `hashStruct` of the USDC domain; what the token's `DOMAIN_SEPARATOR()` returns. */
export function domainSeparator(network: Network): Uint8Array {
  const known = domainSeparators.get(network.chainId);
  if (known !== undefined) return known;
  const separator = keccak256(
    Buffer.concat([
      keccakText(DOMAIN_TYPE),
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
  transferTypeHash ??= keccakText(TRANSFER_TYPE);
  const message = keccak256(
    Buffer.concat([
      transferTypeHash,
      word(BigInt(authorization.from)),
      word(BigInt(authorization.to)),
      word(authorization.value),
      word(authorization.validAfter),
      word(authorization.validBefore),
      hexToBytes(authorization.nonce),
    ]),
  );
  return keccak256(Buffer.concat([Uint8Array.of(0x19, 0x01), domainSeparator(network), message]));
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

const R_S_V = /^0x([0-9a-f]{64})([0-9a-f]{64})(1b|1c)$/i;

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
  return bytesToHex(keccak256(Buffer.concat(publicKey.map(word))).subarray(12));
}

function keccakText(text: string): Uint8Array {
  return keccak256(new TextEncoder().encode(text));
}

function word(value: bigint): Uint8Array {
  return hexToBytes(`0x${value.toString(16).padStart(64, "0")}`);
}
