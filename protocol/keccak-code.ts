/** Keccak's permutation as WebAssembly (FIPS 202). */

import { assemble, type Code, constant, constant32, NO_RESULT, OP, unsigned } from "./webassembly/module.ts";

const LANES = 25;
const ROUNDS = 24;

/** In memory: the state first, then each round's constant. */
const LANE_BYTES = 8;
export const STATE_BYTES = 200;
const CONSTANTS_AT = STATE_BYTES;

/** `permute(0)` works on the state at offset 0. */
export function keccakModule(): Uint8Array {
  const bytes = new Uint8Array(BigUint64Array.from(roundConstants()).buffer);
  return assemble([permutation()], { at: CONSTANTS_AT, bytes });
}

/** The bits of a linear feedback shift register, seven a round, at the positions 2^j − 1 (FIPS 202, algorithm 5). */
function roundConstants(): readonly bigint[] {
  let register = 1;
  return Array.from({ length: ROUNDS }, () => {
    let constant = 0n;
    for (let j = 0; j < 7; j++) {
      if (register & 1) constant |= 1n << BigInt(2 ** j - 1);
      register = (register << 1) ^ (register >> 7 ? 0x171 : 0);
    }
    return constant;
  });
}

/** Keccak-f[1600] on the state at offset 0 (FIPS 202, section 3.2). */
function permutation(): Code {
  const round = 0;
  const lane = (index: number) => 3 + index;
  const moved = (index: number) => 3 + LANES + index;
  const parity = (x: number) => 3 + 2 * LANES + (x % 5);
  const each = Array.from({ length: LANES }, (_, index) => index);
  const code: number[] = [];
  for (const i of each) code.push(OP.const32, 0, OP.load64, 3, ...unsigned(i * LANE_BYTES), OP.set, lane(i));
  code.push(OP.loop, NO_RESULT);
  // Theta: to each lane the parities of two columns.
  for (let x = 0; x < 5; x++) {
    code.push(OP.get, lane(x));
    for (let y = 1; y < 5; y++) code.push(OP.get, lane(x + 5 * y), OP.xor);
    code.push(OP.set, parity(x));
  }
  for (const i of each) {
    code.push(OP.get, parity(i + 1), OP.const64, 1, OP.rotateLeft, OP.get, parity(i + 4), OP.xor);
    code.push(OP.get, lane(i), OP.xor, OP.set, lane(i));
  }
  // Rho and pi: each lane turned, and put elsewhere.
  code.push(OP.get, lane(0), OP.set, moved(0));
  for (let step = 0, x = 1, y = 0; step < 24; step++) {
    const turn = (((step + 1) * (step + 2)) / 2) % 64;
    const from = lane(x + 5 * y);
    [x, y] = [y, (2 * x + 3 * y) % 5];
    code.push(OP.get, from, ...constant(turn), OP.rotateLeft, OP.set, moved(x + 5 * y));
  }
  // Chi: to each lane what its two neighbours in the row say. The constant is −1, for there is no "not".
  for (const i of each) {
    const inRow = (by: number) => moved(i - (i % 5) + ((i + by) % 5));
    code.push(OP.get, inRow(1), OP.const64, 0x7f, OP.xor, OP.get, inRow(2), OP.and);
    code.push(OP.get, moved(i), OP.xor, OP.set, lane(i));
  }
  // Iota: the round's constant, whose offset is the round's number.
  code.push(OP.get, lane(0), OP.get, round, OP.load64, 3, ...unsigned(CONSTANTS_AT), OP.xor, OP.set, lane(0));
  code.push(OP.get, round, ...constant32(LANE_BYTES), OP.add32, OP.tee, round);
  code.push(...constant32(ROUNDS * LANE_BYTES), OP.lessThan32, OP.branchIf, 0, OP.end);
  for (const i of each) code.push(OP.const32, 0, OP.get, lane(i), OP.store64, 3, ...unsigned(i * LANE_BYTES));
  return { name: "permute", locals: 2 * LANES + 5, body: code };
}
