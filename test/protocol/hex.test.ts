/** Addresses and hashes: one inner spelling, and a mistyped checksum is refused. viem is the oracle. */

import fc from "fast-check";
import { getAddress } from "viem";
import { describe, expect, test } from "vitest";
import {
  bytesToHex,
  checksumAddress,
  hexToBytes,
  parseAddress,
  parseBytes32,
  parseHex,
} from "../../protocol/hex.ts";
import { anyAddress, anyHex, anyText } from "../builders/arbitrary.ts";

describe("an address", () => {
  test("has the EIP-55 form that viem gives it", () => {
    fc.assert(
      fc.property(anyAddress, (address) => {
        expect(checksumAddress(address)).toBe(getAddress(address));
      }),
    );
  });

  test("is read in lower case, in upper case and checksummed, and kept in lower case", () => {
    fc.assert(
      fc.property(anyAddress, (address) => {
        const upper = `0x${address.slice(2).toUpperCase()}`;
        for (const spelling of [address, upper, checksumAddress(address)]) {
          expect(parseAddress(spelling)).toBe(address);
        }
      }),
    );
  });

  test("with one letter of its checksum in the wrong case is refused", () => {
    const letterAt = /[a-fA-F]/g;
    fc.assert(
      fc.property(anyAddress, fc.nat(), (address, choice) => {
        const checksummed = checksumAddress(address);
        const letters = [...checksummed.slice(2).matchAll(letterAt)].map(({ index }) => index + 2);
        const at = letters[choice % letters.length];
        fc.pre(at !== undefined);
        const letter = checksummed.charAt(at);
        const swapped = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
        const mistyped = checksummed.slice(0, at) + swapped + checksummed.slice(at + 1);
        const digits = mistyped.slice(2);
        fc.pre(digits !== digits.toLowerCase() && digits !== digits.toUpperCase());
        expect(parseAddress(mistyped)).toBeUndefined();
      }),
    );
  });

  test.each([
    "",
    "0x",
    `0x${"0".repeat(39)}`,
    `0x${"0".repeat(41)}`,
    `0X${"0".repeat(40)}`,
    "0".repeat(40),
    `0x${"g".repeat(40)}`,
    ` 0x${"0".repeat(40)}`,
    `0x${"0".repeat(40)}\n`,
    "vitalik.eth",
  ])("is not %j", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

describe("hexadecimal bytes", () => {
  test("survive being decoded and encoded", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(hexToBytes(bytesToHex(bytes))).toEqual(bytes);
        expect(parseHex(bytesToHex(bytes).toUpperCase().replace("X", "x"), 100)).toBe(bytesToHex(bytes));
      }),
    );
  });

  test("of a view into a larger buffer are the view's alone", () => {
    expect(bytesToHex(Uint8Array.of(1, 2, 3, 4).subarray(1, 3))).toBe("0x0203");
  });

  test("are at most as many as the caller allows", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 80 }), fc.integer({ min: 0, max: 80 }), (length, limit) => {
        const text = `0x${"ab".repeat(length)}`;
        expect(parseHex(text, limit)).toBe(length <= limit ? text : undefined);
      }),
    );
  });

  test("32 of them are exactly 32", () => {
    fc.assert(
      fc.property(anyHex(32), (hex) => {
        expect(parseBytes32(hex)).toBe(hex);
      }),
    );
    for (const length of [0, 31, 33]) expect(parseBytes32(`0x${"00".repeat(length)}`)).toBeUndefined();
    expect(parseBytes32(`0x${"0".repeat(63)}`)).toBeUndefined();
  });

  test("are found in no text that is not whole bytes of hex", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        fc.pre(!/^0x([0-9a-fA-F]{2})*$/.test(text));
        expect(parseHex(text, 1_000)).toBeUndefined();
        expect(parseBytes32(text)).toBeUndefined();
        expect(parseAddress(text)).toBeUndefined();
      }),
    );
    expect(parseHex("0xabc", 10)).toBeUndefined();
  });
});
