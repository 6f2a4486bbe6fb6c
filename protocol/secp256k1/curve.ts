/** Points of secp256k1, y² = x³ + 7, and the one sum of two multiples that recovery needs. */

import { field, type Place } from "./field.ts";
import { BETA, DIGIT_LIMIT, digitsOf, P, split } from "./scalar.ts";

const G_X = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n;
const G_Y = 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n;

/** The x and y of a point. */
export type Affine = readonly [bigint, bigint];

/** Coordinates with x = X / Z and y = Y / Z; Z is 0 at infinity. */
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
export type SumOfMultiples = (x: bigint, isOdd: boolean, g: bigint, k: bigint) => Affine | undefined;

export function createSumOfMultiples(): SumOfMultiples {
  const { place, write, read, mul, add, sub } = field();
  const [zero, one, seven, beta] = [place(0n), place(1n), place(7n), place(BETA)];
  /** Three times the curve's constant. */
  const b3 = place(21n);
  const [a, b, c, d, e, f, u, v] = [place(), place(), place(), place(), place(), place(), place(), place()];
  /** Of whatever `power` is given: the 1st to the 15th. */
  const powers = Array.from({ length: 15 }, () => place());
  const point = (): Point => ({ x: place(), y: place(), z: place() });
  const multiples = (): readonly Multiple[] =>
    Array.from({ length: DIGIT_LIMIT / 2 }, () => ({ ...point(), minusY: place(), betaX: place() }));
  const [sum, twice, ofG, ofR] = [point(), point(), multiples(), multiples()];

  /** p + (x, y, z), right for any two points (Renes, Costello, Batina 2016, algorithm 7). */
  function addTo(p: Point, x: Place, y: Place, z: Place, out: Point): void {
    mul(a, p.x, x);
    mul(b, p.y, y);
    mul(c, p.z, z);
    crossed(d, p.x, p.y, x, y, a, b);
    crossed(e, p.y, p.z, y, z, b, c);
    crossed(f, p.x, p.z, x, z, a, c);
    add(u, a, a);
    add(a, u, a);
    mul(c, b3, c);
    mul(f, b3, f);
    add(u, b, c);
    sub(b, b, c);
    mul(c, d, b);
    mul(v, e, f);
    sub(out.x, c, v);
    mul(f, f, a);
    mul(b, b, u);
    add(out.y, b, f);
    mul(a, a, d);
    mul(u, u, e);
    add(out.z, u, a);
  }

  /** (l + m)(n + o) − ln − mo, which is lo + mn. */
  function crossed(out: Place, l: Place, m: Place, n: Place, o: Place, ln: Place, mo: Place): void {
    add(u, l, m);
    add(v, n, o);
    mul(out, u, v);
    add(u, ln, mo);
    sub(out, out, u);
  }

  /** 2 p, for any point (algorithm 9). */
  function double(p: Point, out: Point): void {
    mul(a, p.y, p.y);
    mul(b, p.y, p.z);
    mul(c, p.z, p.z);
    mul(d, p.x, p.y);
    mul(c, b3, c);
    add(u, a, a);
    add(u, u, u);
    add(u, u, u);
    mul(v, c, u);
    mul(out.z, b, u);
    add(u, a, c);
    add(b, c, c);
    add(c, b, c);
    sub(a, a, c);
    mul(u, a, u);
    add(out.y, v, u);
    mul(d, a, d);
    add(out.x, d, d);
  }

  /** The odd multiples of a point, which is the first of them. */
  function fill(table: readonly Multiple[], x: bigint, y: bigint): void {
    const [first, ...others] = table;
    if (first === undefined) return;
    write(first.x, x);
    write(first.y, y);
    write(first.z, 1n);
    double(first, twice);
    let last = first;
    for (const next of others) {
      addTo(last, twice.x, twice.y, twice.z, next);
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
      for (let bit = 0; bit < 4; bit++) mul(out, out, out);
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
    addTo(sum, isTimesLambda ? betaX : x, digit < 0 ? minusY : y, z, sum);
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
      double(sum, sum);
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
