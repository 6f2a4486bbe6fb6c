/** The numbers by which points of secp256k1 are multiplied: modulo its order n, split, and cut into digits. */

/** The prime that coordinates are taken modulo. */
export const P = 2n ** 256n - 2n ** 32n - 977n;

/** The number of points. */
export const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

export const HALF_N = N / 2n;

/** 0 to m − 1, for negative values too. */
export function modulo(value: bigint, m: bigint): bigint {
  const rest = value % m;
  return rest < 0n ? rest + m : rest;
}

/** The inverse modulo n of a number that is none of its multiples, by Euclid's algorithm. */
export function inverse(value: bigint): bigint {
  let [a, b] = [modulo(value, N), N];
  let [x, y] = [1n, 0n];
  while (b > 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return modulo(x, N);
}

/** λ · (x, y) is (β · x, y) on this curve, for the λ that the next four numbers stand for. */
export const BETA = 0x7ae96a2b657c07106e64479eac3434e99cf0497512f58995c1396c28719501een;

/** Two short vectors (a, b) with a + b λ ≡ 0, from which `split` takes what is nearest (GLV, SEC 2 curves). */
const A1 = 0x3086d221a7d46bcde86c90e49284eb15n;
const B1 = -0xe4437ed6010e88286f547fa90abfe4c3n;
const A2 = 0x114ca50f7a8e2f3f657c1108d9d44cfd8n;
const B2 = A1;

/** Two numbers of at most 129 bits, of either sign, with first + second · λ ≡ k: half as many doublings. */
export function split(k: bigint): readonly [bigint, bigint] {
  const c1 = rounded(B2 * k);
  const c2 = rounded(-B1 * k);
  return [k - c1 * A1 - c2 * A2, -c1 * B1 - c2 * B2];
}

function rounded(numerator: bigint): bigint {
  return (numerator + HALF_N) / N;
}

/** Bits of a window. */
const WINDOW = 5;

/** Digits are odd and smaller than this, either way. */
export const DIGIT_LIMIT = 2 ** (WINDOW - 1);

/** Digits with k = Σ digit[i] · 2^i: 0 or odd, and each but 0 followed by four zeros at least (wNAF). */
export function digitsOf(k: bigint): readonly number[] {
  const sign = k < 0n ? -1 : 1;
  const text = (k < 0n ? -k : k).toString(2);
  // The characters' codes end with the bits that they stand for, and so does NaN where there is none.
  const bitAt = (at: number) => text.charCodeAt(text.length - 1 - at) & 1;
  const digits: number[] = [];
  let carried = 0;
  for (let at = 0; at < text.length || carried > 0; ) {
    if (bitAt(at) === carried) {
      digits[at++] = 0;
      continue;
    }
    let digit = carried;
    for (let bit = WINDOW - 1; bit >= 0; bit--) digit += bitAt(at + bit) << bit;
    carried = digit >= DIGIT_LIMIT ? 1 : 0;
    digits[at] = sign * (digit - carried * 2 * DIGIT_LIMIT);
    for (let next = 1; next < WINDOW; next++) digits[at + next] = 0;
    at += WINDOW;
  }
  return digits;
}
