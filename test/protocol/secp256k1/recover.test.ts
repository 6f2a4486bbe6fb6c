/** Recovery of public keys, with @noble/curves as the oracle. */

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { numberToBytesBE } from "@noble/curves/utils.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSumOfMultiples } from "../../../protocol/secp256k1/curve.ts";
import { recoverPublicKey, type Signature } from "../../../protocol/secp256k1/recover.ts";
import { inverse, modulo, N, P } from "../../../protocol/secp256k1/scalar.ts";
import { anyDigest, anyNear, anyScalar, LAMBDA, UINT256 } from "./numbers.ts";

const { Point } = secp256k1;
const G = Point.BASE;

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
