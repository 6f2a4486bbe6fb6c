/** Points of secp256k1, y² = x³ + 7, and the one sum of two multiples that recovery needs. */

import { field, type Place } from "./field.ts";
import { BETA, DIGIT_LIMIT, digitsOf, P, split } from "./scalar.ts";

const G_X = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n;
const G_Y = 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n;

/** The x and y of a point. */
export type Affine = readonly [bigint, bigint];

/** Coordinates in a row, with x = X / Z and y = Y / Z; Z is 0 at infinity. */
interface Point {
  readonly x: Place;
  readonly y: Place;
  readonly z: Place;
}

/** One multiple of a point, ready to be negated and to be multiplied by λ. */
interface Multiple extends Point {
  readonly minusY: Place;
  readonly betaX: Place;
}

/** @returns g · G + k · R for the R with this x and an odd y or not; undefined for no point, and for infinity */
type SumOfMultiples = (x: bigint, isOdd: boolean, g: bigint, k: bigint) => Affine | undefined;

export function createSumOfMultiples(): SumOfMultiples {
  const { place, write, read, mul, add, sub, addTo, double, square } = field();
  const [zero, one, seven, beta] = [place(), place(1n), place(7n), place(BETA)];
  const [a, b, c, d] = [place(), place(), place(), place()];
  /** Of whatever `power` is given: the 1st to the 15th. */
  const powers = Array.from({ length: 15 }, () => place());
  const point = (): Point => ({ x: place(), y: place(), z: place() });
  const multiples = (): readonly Multiple[] =>
    Array.from({ length: DIGIT_LIMIT / 2 }, () => ({ ...point(), minusY: place(), betaX: place() }));
  const [sum, twice, ofG, ofR] = [point(), point(), multiples(), multiples()];

  /** The odd multiples of a point, which is the first of them. */
  function fill(table: readonly Multiple[], x: bigint, y: bigint): void {
    const [first, ...others] = table;
    if (first === undefined) return;
    write(first.x, x);
    write(first.y, y);
    write(first.z, 1n);
    double(twice.x, first.x);
    let last = first;
    for (const next of others) {
      addTo(next.x, last.x, twice.x, twice.y, twice.z);
      last = next;
    }
    for (const { x, y, minusY, betaX } of table) {
      sub(minusY, zero, y);
      mul(betaX, x, beta);
    }
  }

  /** `base` to a power, four bits of it at a time. */
  function power(out: Place, base: Place, exponent: bigint): void {
    let last = one;
    for (const next of powers) {
      mul(next, last, base);
      last = next;
    }
    mul(out, one, one);
    for (const digit of exponent.toString(16)) {
      square(out, 4);
      const factor = powers[Number.parseInt(digit, 16) - 1];
      if (factor !== undefined) mul(out, out, factor);
    }
  }

  /** The y of a point with this x. */
  function yOf(x: bigint, isOdd: boolean): bigint | undefined {
    write(a, x);
    mul(b, a, a);
    mul(b, b, a);
    add(b, b, seven);
    // p is 3 modulo 4, so this is a root if there is one.
    power(c, b, (P + 1n) / 4n);
    mul(d, c, c);
    sub(d, d, b);
    if (read(d) !== 0n) return undefined;
    const y = read(c);
    return (y % 2n === 1n) === isOdd ? y : P - y;
  }

  function takeDigit(table: readonly Multiple[], digit: number | undefined, isTimesLambda: boolean): void {
    if (digit === undefined || digit === 0) return;
    const multiple = table[(Math.abs(digit) - 1) / 2];
    if (multiple === undefined) throw new RangeError("a digit has its multiple");
    const { x, betaX, y, minusY, z } = multiple;
    addTo(sum.x, sum.x, isTimesLambda ? betaX : x, digit < 0 ? minusY : y, z);
  }

  fill(ofG, G_X, G_Y);
  return (x, isOdd, g, k) => {
    const y = yOf(x, isOdd);
    if (y === undefined) return undefined;
    fill(ofR, x, y);
    const [g1, g2] = split(g).map(digitsOf);
    const [k1, k2] = split(k).map(digitsOf);
    write(sum.x, 0n);
    write(sum.y, 1n);
    write(sum.z, 0n);
    for (let at = Math.max(...[g1, g2, k1, k2].map((digits) => digits?.length ?? 0)) - 1; at >= 0; at--) {
      double(sum.x, sum.x);
      takeDigit(ofG, g1?.[at], false);
      takeDigit(ofG, g2?.[at], true);
      takeDigit(ofR, k1?.[at], false);
      takeDigit(ofR, k2?.[at], true);
    }
    if (read(sum.z) === 0n) return undefined;
    power(c, sum.z, P - 2n);
    mul(a, sum.x, c);
    mul(b, sum.y, c);
    return [read(a), read(b)];
  };
}
