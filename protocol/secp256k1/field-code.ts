/**
 * The arithmetic of secp256k1's field as WebAssembly, and its points' on top: functions over numbers that lie in memory. A BigInt product
 * costs five times as much, since it allocates, and divides where this prime allows additions.
 *
 * A number is ten limbs, signed 32-bit integers, limb i standing for multiples of 2^(26 i). `add` and `sub` go limb by
 * limb and carry nothing. `mul` takes limbs that have grown so and gives fresh ones, under 2^26 but for a trifle. Where the
 * limbs of its factors have grown to m and n times that, m · n may be 64 at most: then no sum of products leaves 63 bits. The numbers are right modulo p, but they need not be the smallest.
 */

import { assemble, type Code, constant, constant32, NO_RESULT, OP, unsigned } from "../webassembly/module.ts";
import { LIMB_BITS, LIMBS, PRODUCT_AT } from "./layout.ts";
import { pointCodes } from "./point-code.ts";

const MASK = 2 ** LIMB_BITS - 1;

/** p = 2^256 − 2^32 − 977, so 2^260 is 2^36 + 15632: what is over ten limbs comes back 15632 times at its own place */
const FOLD = 15_632;
/** and 2^10 times a limb higher. */
const FOLD_SHIFT = 10;

/** Parameters of every function: where the result goes, and where the operands are. */
const [OUT, LEFT, RIGHT] = [0, 1, 2];

/** Local variables, after the parameters: the operands' limbs, and the columns of their product. */
const left = (limb: number) => 3 + limb;
const right = (limb: number) => 3 + LIMBS + limb;
const column = (index: number) => 3 + 2 * LIMBS + index;
const LOCALS = 4 * LIMBS;

export function fieldModule(): Uint8Array {
  const codes: readonly Code[] = [
    { name: "mul", locals: LOCALS, body: product() },
    { name: "add", locals: 0, body: limbwise(OP.add) },
    { name: "sub", locals: 0, body: limbwise(OP.sub) },
    ...pointCodes({ mul: 0, add: 1, sub: 2 }),
  ];
  return assemble(codes);
}

function product(): number[] {
  const code: number[] = [];
  for (let limb = 0; limb < LIMBS; limb++) {
    code.push(OP.get, RIGHT, OP.load32, 2, 4 * limb, OP.set, right(limb));
  }
  code.push(...columns());
  for (let index = 0; index < LIMBS; index++) {
    code.push(...constant32(0), OP.load64, 3, ...unsigned(PRODUCT_AT + 8 * index), OP.set, column(index));
  }
  // The upper half is brought down to limbs, so that it can be multiplied once more, and laid onto the lower half.
  for (let index = LIMBS; index < 2 * LIMBS - 1; index++) carry(code, index, index < 2 * LIMBS - 2);
  for (let index = 0; index < LIMBS; index++) {
    code.push(OP.get, column(index), OP.get, column(index + LIMBS), ...constant(FOLD), OP.mul, OP.add);
    if (index > 0) code.push(OP.get, column(index + LIMBS - 1), OP.const64, FOLD_SHIFT, OP.shiftLeft, OP.add);
    code.push(OP.set, column(index));
    if (index > 0) carry(code, index - 1, true);
  }
  // What is over ten limbs now is small. It comes back as well, and runs out within three limbs.
  carry(code, LIMBS - 1, false);
  code.push(
    OP.get,
    column(LIMBS),
    OP.get,
    column(2 * LIMBS - 1),
    OP.const64,
    FOLD_SHIFT,
    OP.shiftLeft,
    OP.add,
    OP.set,
    column(LIMBS),
  );
  code.push(OP.get, column(0), OP.get, column(LIMBS), ...constant(FOLD), OP.mul, OP.add, OP.set, column(0));
  code.push(
    OP.get,
    column(1),
    OP.get,
    column(LIMBS),
    OP.const64,
    FOLD_SHIFT,
    OP.shiftLeft,
    OP.add,
    OP.set,
    column(1),
  );
  for (let index = 0; index < 3; index++) carry(code, index, true);
  for (let limb = 0; limb < LIMBS; limb++)
    code.push(OP.get, OUT, OP.get, column(limb), OP.store32, 2, 4 * limb);
  return code;
}

/**
 * The columns of the product: two limbs of the left operand at a time, which completes two columns, and these go to
 * memory. The others move down by two, so that in the end the upper half is left where it belongs.
 */
function columns(): number[] {
  const code: number[] = [...constant32(PRODUCT_AT), OP.set, RIGHT, OP.loop, NO_RESULT];
  for (const limb of [0, 1]) code.push(OP.get, LEFT, OP.load32, 2, 4 * limb, OP.set, left(limb));
  for (let index = 0; index <= LIMBS; index++) {
    const terms = [
      ...(index < LIMBS - 1 ? [[OP.get, column(LIMBS + index)]] : []),
      ...(index < LIMBS ? [[OP.get, left(0), OP.get, right(index), OP.mul]] : []),
      ...(index > 0 ? [[OP.get, left(1), OP.get, right(index - 1), OP.mul]] : []),
    ];
    const sum = terms.flatMap((term, at) => (at === 0 ? term : [...term, OP.add]));
    if (index < 2) code.push(OP.get, RIGHT, ...sum, OP.store64, 3, 8 * index);
    else code.push(...sum, OP.set, column(LIMBS + index - 2));
  }
  code.push(OP.get, LEFT, ...constant32(8), OP.add32, OP.set, LEFT);
  code.push(OP.get, RIGHT, ...constant32(16), OP.add32, OP.tee, RIGHT);
  code.push(...constant32(PRODUCT_AT + 8 * LIMBS), OP.lessThan32, OP.branchIf, 0, OP.end);
  return code;
}

/** Leaves a column its lowest bits; the others are added to the next column, or become it. */
function carry(code: number[], index: number, isAdded: boolean): void {
  const [from, to] = [column(index), column(index + 1)];
  code.push(OP.get, from, OP.const64, LIMB_BITS, OP.shiftRight);
  if (isAdded) code.push(OP.get, to, OP.add);
  code.push(OP.set, to, OP.get, from, ...constant(MASK), OP.and, OP.set, from);
}

function limbwise(operation: number): number[] {
  const code: number[] = [];
  for (let limb = 0; limb < LIMBS; limb++) {
    const at = [OP.load32, 2, 4 * limb];
    code.push(OP.get, OUT, OP.get, LEFT, ...at, OP.get, RIGHT, ...at, operation, OP.store32, 2, 4 * limb);
  }
  return code;
}
