/**
 * The arithmetic of secp256k1's field as WebAssembly: three functions over numbers that lie in memory. A BigInt product
 * costs five times as much, since it allocates, and divides where this prime allows additions.
 *
 * A number is ten limbs, signed 32-bit integers, limb i standing for multiples of 2^(26 i). `add` and `sub` go limb by
 * limb and carry nothing. `mul` takes limbs that have grown so and gives fresh ones, under 2^26 but for a trifle. Where the
 * limbs of its factors have grown to m and n times that, m · n may be 64 at most: then no sum of products leaves 63 bits. The numbers are right modulo p, but they need not be the smallest.
 */

export const LIMBS = 10;
export const LIMB_BITS = 26;

const MASK = 2 ** LIMB_BITS - 1;

/** p = 2^256 − 2^32 − 977, so 2^260 is 2^36 + 15632: what is over ten limbs comes back 15632 times at its own place */
const FOLD = 15_632;
/** and 2^10 times a limb higher. */
const FOLD_SHIFT = 10;

/** Instructions; all of them on 64 bits. */
const [GET, SET] = [0x20, 0x21];
const [LOAD32, STORE32, CONST] = [0x34, 0x3e, 0x42];
const [ADD, SUB, MUL, AND, SHL, SHR] = [0x7c, 0x7d, 0x7e, 0x83, 0x86, 0x87];
const END = 0x0b;

/** Parameters of every function: where the result goes, and where the operands are. */
const [OUT, LEFT, RIGHT] = [0, 1, 2];

/** Local variables, after the parameters: the operands' limbs, and the columns of their product. */
const left = (limb: number) => 3 + limb;
const right = (limb: number) => 3 + LIMBS + limb;
const column = (index: number) => 3 + 2 * LIMBS + index;
const LOCALS = 4 * LIMBS;

/** A WebAssembly module that takes a memory and exports `mul`, `add` and `sub`. */
export function fieldModule(): Uint8Array {
  const i32 = 0x7f;
  const [ofFunction, ofMemory] = [0, 2];
  const bodies = [product(), limbwise(ADD), limbwise(SUB)];
  const names = ["mul", "add", "sub"];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    // One type, (i32, i32, i32) → (); one memory from outside; three functions of that type; their names; their code.
    ...section(1, [[0x60, 3, i32, i32, i32, 0]]),
    ...section(2, [[...text("js"), ...text("memory"), ofMemory, 0, 1]]),
    ...section(3, [[0], [0], [0]]),
    ...section(
      7,
      names.map((name, index) => [...text(name), ofFunction, index]),
    ),
    ...section(10, bodies.map(sized)),
  ]);
}

function product(): number[] {
  const code = [1, LOCALS, 0x7e];
  for (let limb = 0; limb < LIMBS; limb++) {
    code.push(GET, LEFT, LOAD32, 2, 4 * limb, SET, left(limb));
    code.push(GET, RIGHT, LOAD32, 2, 4 * limb, SET, right(limb));
  }
  for (let index = 0; index < 2 * LIMBS - 1; index++) {
    const first = Math.max(0, index - LIMBS + 1);
    for (let i = first; i <= Math.min(LIMBS - 1, index); i++) {
      code.push(GET, left(i), GET, right(index - i), MUL);
      if (i > first) code.push(ADD);
    }
    code.push(SET, column(index));
  }
  // The upper half is brought down to limbs, so that it can be multiplied once more, and laid onto the lower half.
  for (let index = LIMBS; index < 2 * LIMBS - 1; index++) carry(code, index, index < 2 * LIMBS - 2);
  for (let index = 0; index < LIMBS; index++) {
    code.push(GET, column(index), GET, column(index + LIMBS), ...constant(FOLD), MUL, ADD);
    if (index > 0) code.push(GET, column(index + LIMBS - 1), CONST, FOLD_SHIFT, SHL, ADD);
    code.push(SET, column(index));
    if (index > 0) carry(code, index - 1, true);
  }
  // What is over ten limbs now is small. It comes back as well, and runs out within three limbs.
  carry(code, LIMBS - 1, false);
  code.push(GET, column(LIMBS), GET, column(2 * LIMBS - 1), CONST, FOLD_SHIFT, SHL, ADD, SET, column(LIMBS));
  code.push(GET, column(0), GET, column(LIMBS), ...constant(FOLD), MUL, ADD, SET, column(0));
  code.push(GET, column(1), GET, column(LIMBS), CONST, FOLD_SHIFT, SHL, ADD, SET, column(1));
  for (let index = 0; index < 3; index++) carry(code, index, true);
  for (let limb = 0; limb < LIMBS; limb++) code.push(GET, OUT, GET, column(limb), STORE32, 2, 4 * limb);
  code.push(END);
  return code;
}

/** Leaves a column its lowest bits; the others are added to the next column, or become it. */
function carry(code: number[], index: number, isAdded: boolean): void {
  const [from, to] = [column(index), column(index + 1)];
  code.push(GET, from, CONST, LIMB_BITS, SHR);
  if (isAdded) code.push(GET, to, ADD);
  code.push(SET, to, GET, from, ...constant(MASK), AND, SET, from);
}

function limbwise(operation: number): number[] {
  const code = [0];
  for (let limb = 0; limb < LIMBS; limb++) {
    const at = [LOAD32, 2, 4 * limb];
    code.push(GET, OUT, GET, LEFT, ...at, GET, RIGHT, ...at, operation, STORE32, 2, 4 * limb);
  }
  code.push(END);
  return code;
}

function constant(value: number): number[] {
  const bytes = [CONST];
  for (let rest = value; ; rest >>= 7) {
    if (rest < 0x40) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

function section(id: number, items: readonly (readonly number[])[]): number[] {
  return [id, ...sized([items.length, ...items.flat()])];
}

function text(name: string): number[] {
  return sized([...Buffer.from(name)]);
}

/** With its length in front, in groups of seven bits. */
function sized(bytes: readonly number[]): number[] {
  const length: number[] = [];
  for (let rest = bytes.length; ; rest >>= 7) {
    if (rest < 0x80) return [...length, rest, ...bytes];
    length.push((rest & 0x7f) | 0x80);
  }
}
