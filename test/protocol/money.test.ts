/** Amounts: decimal text in and out, atomic units in between, and nothing that looks like a float. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatUsdc, parseUint256, parseUsdc, usdc } from "../../protocol/money.ts";
import { anyText, anyUint256 } from "../builders/arbitrary.ts";

const MAX_UINT256 = 2n ** 256n - 1n;
/** Twelve whole digits and six decimals are all that decimal text may have. */
const MAX_DECIMAL = 10n ** 18n - 1n;

describe("decimal USDC", () => {
  test("every amount survives being written and read", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: MAX_DECIMAL }), (amount) => {
        expect(parseUsdc(formatUsdc(usdc(amount)))).toBe(amount);
      }),
    );
  });

  test("is written with at least two decimals and no more than are needed", () => {
    fc.assert(
      fc.property(anyUint256, (amount) => {
        expect(formatUsdc(usdc(amount))).toMatch(/^(0|[1-9][0-9]*)\.([0-9]{2}|[0-9]{2,5}[1-9])$/);
      }),
    );
  });

  test.each([
    [0n, "0.00"],
    [1n, "0.000001"],
    [3_000n, "0.003"],
    [10_000n, "0.01"],
    [4_200_000n, "4.20"],
    [1_234_567n, "1.234567"],
    [MAX_DECIMAL, "999999999999.999999"],
  ])("%s atomic units are written %s", (amount, text) => {
    expect(formatUsdc(usdc(amount))).toBe(text);
    expect(parseUsdc(text)).toBe(amount);
  });

  test("more than six decimals are never accepted, not even zeros", () => {
    const digits = (min: number, max: number) =>
      fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: min, maxLength: max });
    fc.assert(
      fc.property(fc.nat(), digits(7, 30), (whole, decimals) => {
        expect(parseUsdc(`${whole}.${decimals}`)).toBeUndefined();
      }),
    );
    expect(parseUsdc("4.2000000")).toBeUndefined();
  });

  test.each([
    "",
    ".",
    "4.",
    ".5",
    "04.20",
    "00",
    "-1",
    "+1",
    "-0",
    "1e3",
    "1E3",
    "1_000",
    "1,000",
    "4,20",
    " 4.20",
    "4.20 ",
    "4.20\n",
    "\t4",
    "0x10",
    "0b1",
    "1n",
    "NaN",
    "Infinity",
    "1.2.3",
    "٤.20",
    "4．20",
    "1000000000000",
  ])("%j is no amount", (text) => {
    expect(parseUsdc(text)).toBeUndefined();
  });

  test("whatever text is accepted is plain digits with at most one point", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.double().map(String)), (text) => {
        if (parseUsdc(text) !== undefined) expect(text).toMatch(/^[0-9]+(\.[0-9]{1,6})?$/);
      }),
    );
  });
});

describe("a uint256", () => {
  test("survives being written and read", () => {
    fc.assert(
      fc.property(anyUint256, (value) => {
        expect(parseUint256(value.toString())).toBe(value);
      }),
    );
  });

  test("ends at 2^256 - 1", () => {
    expect(parseUint256(MAX_UINT256.toString())).toBe(MAX_UINT256);
    expect(parseUint256((MAX_UINT256 + 1n).toString())).toBeUndefined();
    expect(parseUint256("9".repeat(78))).toBeUndefined();
    expect(parseUint256("1".repeat(100_000))).toBeUndefined();
  });

  test.each([
    "",
    "-1",
    "+1",
    "00",
    "01",
    "1.0",
    "1e3",
    "0x1",
    "1 ",
    " 1",
    "1\n",
    "1_0",
    "١",
  ])("%j is none", (text) => {
    expect(parseUint256(text)).toBeUndefined();
  });

  test("is what an amount must be", () => {
    expect(usdc(MAX_UINT256)).toBe(MAX_UINT256);
    expect(() => usdc(-1n)).toThrow(RangeError);
    expect(() => usdc(MAX_UINT256 + 1n)).toThrow(RangeError);
  });
});
