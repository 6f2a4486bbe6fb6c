/** fast-check arbitraries of the protocol's values. */

import fc from "fast-check";
import type { Authorization } from "../../protocol/eip3009.ts";
import { type Address, bytesToHex, type Hex } from "../../protocol/hex.ts";
import { type Usdc, usdc } from "../../protocol/money.ts";
import { chains, type Network, networkByChain } from "../../protocol/network.ts";

export const allNetworks: readonly Network[] = chains
  .map(networkByChain)
  .filter((network) => network !== undefined);

export function anyBytes(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

/** Lower-case hex of exactly `length` bytes. */
export function anyHex(length: number): fc.Arbitrary<Hex> {
  return anyBytes(length).map(bytesToHex);
}

export const anyAddress: fc.Arbitrary<Address> = anyHex(20);

export const anyUint256: fc.Arbitrary<bigint> = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });

export const anyUsdc: fc.Arbitrary<Usdc> = anyUint256.map(usdc);

export const anyNetwork: fc.Arbitrary<Network> = fc.constantFrom(...allNetworks);

export const anyAuthorization: fc.Arbitrary<Authorization> = fc.record({
  from: anyAddress,
  to: anyAddress,
  value: anyUsdc,
  validAfter: anyUint256,
  validBefore: anyUint256,
  nonce: anyHex(32),
});

/** Every kind of string, with lone surrogates and control characters. */
export const anyText: fc.Arbitrary<string> = fc.string({ unit: "binary" });

/** A string together with its copy in which one character is another one of `alphabet`. */
export function withOneCharacterChanged(
  strings: fc.Arbitrary<string>,
  alphabet: string,
): fc.Arbitrary<readonly [original: string, changed: string]> {
  return fc
    .tuple(strings, fc.nat(), fc.constantFrom(...alphabet))
    .map(([text, at, character]): readonly [string, string] => {
      const index = at % text.length;
      return [text, text.slice(0, index) + character + text.slice(index + 1)];
    })
    .filter(([original, changed]) => original !== changed);
}
