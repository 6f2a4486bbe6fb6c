/**
 * The rules of texts that come from outside, each in its one place: the edge reads by them (fields.ts), and the schemas
 * of everything else are made of them (schema.ts).
 */

import { type Address, type Hex, parseAddress, parseBytes32, parseHex } from "./hex.ts";
import { parseUint256, type Usdc, usdc } from "./money.ts";
import { type Network, networkByCaip2 } from "./network.ts";

export interface TextRule<Value> {
  readonly parse: (text: string) => Value | undefined;
  /** What is said where there is none: "expected …". */
  readonly expected: string;
}

/** Places longer than this are a client's own words. Characters. */
const MAX_PLACE = 80;

/** "payload.authorization.nonce: expected 32 bytes of hex". Names the place and the rule, never the value. */
export function complaint(place: string, expected: string): string {
  const short = place.length > MAX_PLACE ? `${place.slice(0, MAX_PLACE)}…` : place;
  return `${short === "" ? "(root)" : short}: ${expected}`;
}

export const address: TextRule<Address> = {
  parse: parseAddress,
  expected: "expected an address, EIP-55 checksummed or in one case",
};

export const bytes32: TextRule<Hex> = { parse: parseBytes32, expected: "expected 32 bytes of hex" };

export const uint256: TextRule<bigint> = {
  parse: parseUint256,
  expected: "expected a uint256 in decimal",
};

export const atomic: TextRule<Usdc> = {
  parse: (text) => {
    const value = parseUint256(text);
    return value === undefined ? undefined : usdc(value);
  },
  expected: "expected atomic units of USDC in decimal",
};

export const caip2: TextRule<Network> = {
  parse: networkByCaip2,
  expected: "expected the CAIP-2 name of a known network",
};

export function hex(maxBytes: number): TextRule<Hex> {
  return {
    parse: (text) => parseHex(text, maxBytes),
    expected: `expected at most ${maxBytes} bytes of hex`,
  };
}

/** The text itself, where it is of this form. */
export function matching(form: RegExp, expected: string): TextRule<string> {
  return { parse: (text) => (form.test(text) ? text : undefined), expected };
}

/** @param length characters, as UTF-16 counts them */
export function upTo(length: number): TextRule<string> {
  return {
    parse: (text) => (text.length <= length ? text : undefined),
    expected: `expected text of at most ${length} characters`,
  };
}

/** What a device is called that an eSIM is for. */
export const deviceId: TextRule<string> = {
  parse: (text) => (/^[A-Za-z0-9._:-]{1,128}$/.test(text) ? text : undefined),
  expected: "expected 1 to 128 of A-Z a-z 0-9 . _ : -",
};
