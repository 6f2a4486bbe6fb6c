/** Recovery of public keys with @noble/curves as the oracle, and each layer beneath it by what it has to satisfy. */

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { numberToBytesBE } from "@noble/curves/utils.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSumOfMultiples } from "../../protocol/secp256k1/curve.ts";
import { field } from "../../protocol/secp256k1/field.ts";
import { recoverPublicKey, type Signature } from "../../protocol/secp256k1/recover.ts";
import { DIGIT_LIMIT, digitsOf, inverse, modulo, N, P, split } from "../../protocol/secp256k1/scalar.ts";

const { Point } = secp256k1;
const G = Point.BASE;

const UINT256 = 2n ** 256n - 1n;

/** Numbers of all sizes, and above all those next to where something turns over. */
function anyNear(max: bigint, ...edges: readonly bigint[]): fc.Arbitrary<bigint> {
  const near = [0n, max, ...edges].flatMap((edge) => [-2n, -1n, 0n, 1n, 2n].map((by) => edge + by));
  const inside = near.filter((value) => value >= 0n && value <= max);
  return fc.oneof(
    { weight: 3, arbitrary: fc.bigInt({ min: 0n, max }) },
    { weight: 1, arbitrary: fc.constantFrom(...inside) },
    // One bit, or all below it.
    {
      weight: 1,
      arbitrary: fc.integer({ min: 0, max: 255 }).map((bit) => modulo(1n << BigInt(bit), max + 1n)),
    },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 0, max: 255 }).map((bit) => modulo((1n << BigInt(bit)) - 1n, max + 1n)),
    },
  );
}

/** λ, as SEC 2's curve has it; `split` works with vectors made from it. */
const LAMBDA = 0x5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72n;

const anyScalar = anyNear(N - 1n, N / 2n, LAMBDA, N - LAMBDA);
const anyElement = anyNear(UINT256, P, P / 2n, 2n ** 255n);
const anyDigest = anyNear(UINT256, N, N / 2n);

/** What @noble/curves recovers. */
function expectedKey(digest: bigint, { r, s, isOdd }: Signature): readonly [bigint, bigint] | undefined {
  try {
    const signature = new secp256k1.Signature(r, s).addRecoveryBit(isOdd ? 1 : 0);
    const { x, y } = signature.recoverPublicKey(numberToBytesBE(digest, 32)).toAffine();
    return [x, y];
  } catch {
    return undefined;
  }
}

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

describe("a sum of multiples", () => {
  const sumOfMultiples = createSumOfMultiples();

  function expected(x: bigint, isOdd: boolean, g: bigint, k: bigint): readonly [bigint, bigint] | undefined {
    const point = pointAt(x, isOdd);
    if (point === undefined) return undefined;
    const sum = timesOf(G, g).add(timesOf(point, k));
    return sum.is0() ? undefined : [sum.toAffine().x, sum.toAffine().y];
  }

  function pointAt(x: bigint, isOdd: boolean) {
    try {
      return Point.fromHex(`${isOdd ? "03" : "02"}${x.toString(16).padStart(64, "0")}`);
    } catch {
      return undefined;
    }
  }

  function timesOf(point: typeof G, k: bigint) {
    return k === 0n ? Point.ZERO : point.multiplyUnsafe(k);
  }

  test("is @noble/curves', for any x and any two numbers", () => {
    fc.assert(
      fc.property(anyNear(P - 1n), fc.boolean(), anyScalar, anyScalar, (x, isOdd, g, k) => {
        expect(sumOfMultiples(x, isOdd, g, k)).toEqual(expected(x, isOdd, g, k));
      }),
      { numRuns: 300 },
    );
  });

  /** Where points meet: each other, each other's negatives, and infinity. */
  test("is right where the other point is a small multiple of G, with small numbers, all against all", () => {
    const small = [0n, 1n, 2n, 16n, N - 1n, N - 2n, LAMBDA, N - LAMBDA];
    for (const multiple of [1n, 2n, N - 1n, LAMBDA, N - LAMBDA]) {
      const { x, y } = G.multiply(multiple).toAffine();
      for (const g of small) {
        for (const k of small) {
          const isOdd = y % 2n === 1n;
          expect(sumOfMultiples(x, isOdd, g, k), `${multiple} ${g} ${k}`).toEqual(expected(x, isOdd, g, k));
        }
      }
    }
  });

  test("is nothing at infinity", () => {
    fc.assert(
      fc.property(anyScalar, anyScalar, (multiple, k) => {
        fc.pre(multiple > 0n);
        const { x, y } = G.multiply(multiple).toAffine();
        expect(sumOfMultiples(x, y % 2n === 1n, modulo(-multiple * k, N), k)).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });
});

describe("the public key", () => {
  test("is recovered from what its key signed", () => {
    fc.assert(
      fc.property(anyScalar, anyDigest, (key, digest) => {
        fc.pre(key > 0n);
        const options = { prehash: false, lowS: false, format: "recovered" } as const;
        const bytes = secp256k1.sign(numberToBytesBE(digest, 32), numberToBytesBE(key, 32), options);
        const { r, s, recovery = 0 } = secp256k1.Signature.fromBytes(bytes, "recovered");
        fc.pre(recovery < 2);
        const { x, y } = G.multiply(key).toAffine();
        expect(recoverPublicKey(digest, { r, s, isOdd: recovery === 1 })).toEqual([x, y]);
      }),
      { numRuns: 300 },
    );
  });

  test("is @noble/curves' for any numbers at all, and missing where that has none", () => {
    const any = anyNear(UINT256, N, P, P - N, N / 2n);
    fc.assert(
      fc.property(anyDigest, any, any, fc.boolean(), (digest, r, s, isOdd) => {
        const signature = { r, s, isOdd };
        expect(recoverPublicKey(digest, signature)).toEqual(expectedKey(digest, signature));
      }),
      { numRuns: 700 },
    );
  });

  /** Nonces that a signer would have to choose on purpose make the points meet. */
  test("is right for nonces and keys as small as can be, and for their opposites", () => {
    const chosen = [1n, 2n, 3n, N - 1n, N - 2n, LAMBDA, N - LAMBDA];
    for (const nonce of chosen) {
      const { x, y } = G.multiply(nonce).toAffine();
      const r = modulo(x, N);
      for (const key of chosen) {
        for (const digest of [0n, 1n, modulo(-r * key, N), N, UINT256]) {
          const s = modulo((digest + r * key) * inverse(nonce), N);
          const signature = { r, s, isOdd: y % 2n === 1n };
          const known = G.multiply(key).toAffine();
          // s is 0 for one of the digests: no signature.
          const expected = s === 0n ? undefined : [known.x, known.y];
          expect(recoverPublicKey(digest, signature), `${nonce} ${key} ${digest}`).toEqual(expected);
        }
      }
    }
  });

  test("is missing where r or s is 0, n or more, and where no key could have signed", () => {
    const digest = 7n;
    const { x, y } = G.toAffine();
    const good = { r: x, s: 1n, isOdd: y % 2n === 1n };
    expect(recoverPublicKey(digest, good)).toBeDefined();
    for (const wrong of [0n, N, N + 1n, P, UINT256]) {
      expect(recoverPublicKey(digest, { ...good, r: wrong })).toBeUndefined();
      expect(recoverPublicKey(digest, { ...good, s: wrong })).toBeUndefined();
    }
    // z · G = s · R: the key would be infinity.
    expect(recoverPublicKey(digest, { ...good, s: digest })).toBeUndefined();
    // 5^3 + 7 is no square modulo p.
    expect(recoverPublicKey(digest, { ...good, r: 5n })).toBeUndefined();
  });
});
