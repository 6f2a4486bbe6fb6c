/** Keccak-256 against @noble/hashes, at every length around the ends of its blocks. */

import { keccak_256 } from "@noble/hashes/sha3.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesToHex } from "../../protocol/hex.ts";
import { keccak256 } from "../../protocol/keccak.ts";

/** Bytes of a block. */
const RATE = 136;

test("is the hash that Ethereum knows of nothing", () => {
  expect(bytesToHex(keccak256(new Uint8Array()))).toBe(
    "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
  );
});

test("is @noble/hashes' for each length of up to five blocks", () => {
  for (let length = 0; length <= 5 * RATE; length++) {
    const message = Uint8Array.from({ length }, (_, index) => (index * 37 + length) & 0xff);
    expect(keccak256(message), `${length} bytes`).toEqual(keccak_256(message));
  }
});

test("is @noble/hashes' for any bytes, whatever was hashed before", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4 * RATE }), (message) => {
      expect(keccak256(message)).toEqual(keccak_256(message));
    }),
    { numRuns: 2_000 },
  );
});

test("gives bytes of its own", () => {
  const first = keccak256(Uint8Array.of(1));
  const before = bytesToHex(first);
  keccak256(Uint8Array.of(2));
  expect(bytesToHex(first)).toBe(before);
});
