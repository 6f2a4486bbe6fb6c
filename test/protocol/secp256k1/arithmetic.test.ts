/** The field's WebAssembly and the scalars, each by what it has to satisfy, with BigInt as the oracle. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { field } from "../../../protocol/secp256k1/field.ts";
import { DIGIT_LIMIT, digitsOf, inverse, modulo, N, P, split } from "../../../protocol/secp256k1/scalar.ts";
import { anyElement, anyScalar, LAMBDA, UINT256 } from "./numbers.ts";

describe("the field", () => {
  const { place, write, read, mul, add, sub } = field();
  const [a, b, c, d] = [place(), place(), place(), place()];

  test("multiplies, adds and subtracts modulo p", () => {
    fc.assert(
      fc.property(anyElement, anyElement, (left, right) => {
        write(a, left);
        write(b, right);
        mul(c, a, b);
        expect(read(c)).toBe(modulo(left * right, P));
        add(c, a, b);
        expect(read(c)).toBe(modulo(left + right, P));
        sub(c, a, b);
        expect(read(c)).toBe(modulo(left - right, P));
      }),
      { numRuns: 2_000 },
    );
  });

  test("takes an operand as the place of the result", () => {
    fc.assert(
      fc.property(anyElement, anyElement, (left, right) => {
        write(a, left);
        write(b, right);
        mul(a, a, b);
        expect(read(a)).toBe(modulo(left * right, P));
        mul(b, b, b);
        expect(read(b)).toBe(modulo(right * right, P));
      }),
    );
  });

  test("multiplies sums and differences of eight numbers each way without a carry between", () => {
    const eight = fc.array(fc.tuple(anyElement, fc.boolean()), { minLength: 8, maxLength: 8 });
    const sumInto = (out: number, terms: readonly (readonly [bigint, boolean])[]) => {
      write(out, 0n);
      for (const [value, isMinus] of terms) {
        write(d, value);
        (isMinus ? sub : add)(out, out, d);
      }
      return terms.reduce((sum, [value, isMinus]) => sum + (isMinus ? -value : value), 0n);
    };
    fc.assert(
      fc.property(eight, eight, (left, right) => {
        const [x, y] = [sumInto(a, left), sumInto(b, right)];
        mul(c, a, b);
        expect(read(c)).toBe(modulo(x * y, P));
        mul(c, c, c);
        expect(read(c)).toBe(modulo((x * y) ** 2n, P));
      }),
      { numRuns: 2_000 },
    );
    for (const isMinus of [true, false]) {
      const most = Array.from({ length: 8 }, () => [UINT256, isMinus] as const);
      const product = sumInto(a, most) * sumInto(b, most);
      mul(c, a, b);
      expect(read(c)).toBe(modulo(product, P));
    }
  });
});

describe("a scalar", () => {
  test("times its inverse is 1", () => {
    fc.assert(
      fc.property(anyScalar, (k) => {
        fc.pre(k > 0n);
        expect(modulo(k * inverse(k), N)).toBe(1n);
      }),
      { numRuns: 2_000 },
    );
  });

  test("is split into two of half the size", () => {
    fc.assert(
      fc.property(anyScalar, (k) => {
        const [first, second] = split(k);
        expect(modulo(first + second * LAMBDA, N)).toBe(k);
        for (const half of [first, second]) expect((half < 0n ? -half : half) < 2n ** 129n).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test("is the sum of its digits, which are odd, small, and four zeros apart", () => {
    fc.assert(
      fc.property(anyScalar, fc.boolean(), (size, isMinus) => {
        const k = isMinus ? -size : size;
        const digits = digitsOf(k);
        expect(digits.reduceRight((sum, digit) => 2n * sum + BigInt(digit), 0n)).toBe(k);
        const used = digits.flatMap((digit, at) => (digit === 0 ? [] : [{ digit, at }]));
        expect(used.every(({ digit }) => digit % 2 !== 0 && Math.abs(digit) < DIGIT_LIMIT)).toBe(true);
        expect(used.every(({ at }, index) => at - (used[index - 1]?.at ?? -5) >= 5)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
