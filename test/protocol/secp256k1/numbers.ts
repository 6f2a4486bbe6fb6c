/** Numbers for the curve's tests: of all sizes, and above all next to where something turns over. */

import fc from "fast-check";
import { modulo, N, P } from "../../../protocol/secp256k1/scalar.ts";

export const UINT256 = 2n ** 256n - 1n;

/** Numbers of all sizes, and above all those next to where something turns over. */
export function anyNear(max: bigint, ...edges: readonly bigint[]): fc.Arbitrary<bigint> {
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
export const LAMBDA = 0x5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72n;

export const anyScalar = anyNear(N - 1n, N / 2n, LAMBDA, N - LAMBDA);
export const anyElement = anyNear(UINT256, P, P / 2n, 2n ** 255n);
export const anyDigest = anyNear(UINT256, N, N / 2n);
