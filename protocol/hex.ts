/** Addresses, hashes and other hexadecimal text. Addresses are kept lower-case inside and EIP-55 checksummed on the wire. */

import { keccak256 } from "./keccak.ts";

export type Hex = `0x${string}`;

/** Lower-case, so that two addresses are the same when their texts are. */
export type Address = Hex;

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const BYTES32 = /^0x[0-9a-fA-F]{64}$/;
const BYTES = /^0x(?:[0-9a-fA-F]{2})*$/;

function lower(text: string): Hex {
  return `0x${text.slice(2).toLowerCase()}`;
}

/** An address in one case throughout, or in mixed case with a right EIP-55 checksum; returned in lower case. */
export function parseAddress(text: string): Address | undefined {
  if (!ADDRESS.test(text)) return undefined;
  const address = lower(text);
  const digits = text.slice(2);
  const oneCase = digits === digits.toLowerCase() || digits === digits.toUpperCase();
  return oneCase || checksumAddress(address) === text ? address : undefined;
}

/** 32 bytes, returned in lower case. */
export function parseBytes32(text: string): Hex | undefined {
  return BYTES32.test(text) ? lower(text) : undefined;
}

/** Whole bytes, at most `maxBytes` of them, returned in lower case. */
export function parseHex(text: string, maxBytes: number): Hex | undefined {
  return text.length <= 2 + 2 * maxBytes && BYTES.test(text) ? lower(text) : undefined;
}

/** The EIP-55 forms of the few addresses that stand in every answer: the merchant's and the token's. */
const knownChecksums = new Map<Address, Hex>();

/** The address that a checksummed text stands for. That form is not computed again, so the text must be right. */
export function trustedAddress(checksummed: Hex): Address {
  const address = lower(checksummed);
  knownChecksums.set(address, checksummed);
  return address;
}

/** A payer's, which is read once, and written several times. */
let latest: { readonly address: Hex; readonly checksummed: Hex } | undefined;

/** The EIP-55 form of a lower-case address. */
export function checksumAddress(address: Hex): Hex {
  const known = knownChecksums.get(address);
  if (known !== undefined) return known;
  if (latest?.address !== address) latest = { address, checksummed: computeChecksum(address) };
  return latest.checksummed;
}

function computeChecksum(address: Hex): Hex {
  const digits = address.slice(2);
  const hash = keccak256(Buffer.from(digits, "latin1"));
  let out = "";
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charAt(i);
    // A digit is a capital where the same digit of the hash is 8 or more.
    const isHigh = ((hash[i >> 1] ?? 0) & (i % 2 === 0 ? 0x80 : 0x08)) !== 0;
    out += isHigh ? digit.toUpperCase() : digit;
  }
  return `0x${out}`;
}

export function bytesToHex(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")}`;
}

export function hexToBytes(hex: Hex): Uint8Array {
  return new Uint8Array(Buffer.from(hex.slice(2), "hex"));
}
