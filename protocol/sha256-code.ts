/**
 * SHA-256 as WebAssembly (FIPS 180-4): in JavaScript a cold process takes ten times as long for a block. Nothing is
 * unrolled: that would save a tenth of a microsecond a block, and cost each cold start more than a thousand blocks.
 */

import { assemble, constant32, type Data, NO_RESULT, OP, unsigned } from "./webassembly/module.ts";

const WORD_BYTES = 4;
const STATE_WORDS = 8;
const BLOCK_WORDS = 16;
export const BLOCK_BYTES = BLOCK_WORDS * WORD_BYTES;
const ROUNDS = 64;

/**
 * In memory: the state, the same as a digest, the words of a block's rounds, the rounds' constants, the state before the
 * first block, the message.
 */
export const DIGEST_AT = 32;
const WORDS_AT = 64;
const CONSTANTS_AT = WORDS_AT + ROUNDS * WORD_BYTES;
export const INITIAL_AT = CONSTANTS_AT + ROUNDS * WORD_BYTES;
export const MESSAGE_AT = 1_024;

/** Parameters: the block at hand, and the end of the last one. */
const [AT, END] = [0, 1];

/** Local variables, after the three parameters: the state's eight, two words at hand, and an offset. */
const [STATE, X, Y, OFFSET, LOCALS] = [3, 11, 12, 13, 11];

/**
 * `compress(from, to)` takes in the blocks between two offsets, and at least one, and writes the digest. The state is
 * words as the machine has them.
 */
export function sha256Module(): Uint8Array {
  const body = [...compression(), ...digest()];
  return assemble([{ name: "compress", locals: LOCALS, bits: 32, body }], constants());
}

/** Fractions of the first primes' cube roots, and of their square roots for the state before the first block. */
function constants(): Data {
  const ofRounds = primes(ROUNDS).map((prime) => fraction(Math.cbrt(prime)));
  const initial = primes(STATE_WORDS).map((prime) => fraction(Math.sqrt(prime)));
  const words = Int32Array.from([...ofRounds, ...initial]);
  return { at: CONSTANTS_AT, bytes: new Uint8Array(words.buffer) };
}

/** Its first 32 bits. A double has more than enough of them. */
function fraction(root: number): number {
  return Math.trunc((root % 1) * 2 ** 32);
}

function primes(count: number): readonly number[] {
  const found: number[] = [];
  for (let candidate = 2; found.length < count; candidate++) {
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate);
  }
  return found;
}

function compression(): number[] {
  const word = (offset: number) => [OP.loadWord, 2, ...unsigned(offset)];
  const from0 = [...constant32(0), OP.set, OFFSET, OP.loop, NO_RESULT];
  const code: number[] = [OP.loop, NO_RESULT];
  code.push(...from0, OP.get, OFFSET, OP.get, AT, OP.get, OFFSET, OP.add32, ...word(0), ...swapped());
  code.push(OP.storeWord, 2, ...unsigned(WORDS_AT), ...again(BLOCK_BYTES));
  // Each further word from those 16, 15, 7 and 2 places before it, the first of which is at hand.
  const earlier = (places: number) => [
    OP.get,
    OFFSET,
    ...word(WORDS_AT + (BLOCK_WORDS - places) * WORD_BYTES),
  ];
  code.push(...from0, ...earlier(15), OP.set, X, ...earlier(2), OP.set, Y, OP.get, OFFSET, ...earlier(16));
  code.push(...mixed(X, [7, 18], 3), OP.add32, ...earlier(7), OP.add32, ...mixed(Y, [17, 19], 10), OP.add32);
  code.push(OP.storeWord, 2, ...unsigned(WORDS_AT + BLOCK_WORDS * WORD_BYTES));
  code.push(...again((ROUNDS - BLOCK_WORDS) * WORD_BYTES));

  for (let index = 0; index < STATE_WORDS; index++) {
    code.push(...constant32(0), ...word(index * WORD_BYTES), OP.set, STATE + index);
  }
  const given = [OP.get, OFFSET, ...word(CONSTANTS_AT)];
  const scheduled = [OP.get, OFFSET, ...word(WORDS_AT)];
  code.push(...from0, ...round([...given, OP.add32, ...scheduled, OP.add32]), ...again(ROUNDS * WORD_BYTES));
  for (let index = 0; index < STATE_WORDS; index++) {
    code.push(...constant32(0), ...constant32(0), ...word(index * WORD_BYTES), OP.get, STATE + index);
    code.push(OP.add32, OP.storeWord, 2, ...unsigned(index * WORD_BYTES));
  }
  code.push(OP.get, AT, ...constant32(BLOCK_BYTES), OP.add32, OP.tee, AT, OP.get, END);
  code.push(OP.lessThan32, OP.branchIf, 0, OP.end);
  return code;
}

/** @param adding puts constant and word on top of a sum */
function round(adding: readonly number[]): readonly number[] {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = Array.from(
    { length: STATE_WORDS },
    (_, place) => STATE + place,
  );
  const choice = [OP.get, f, OP.get, g, OP.xor32, OP.get, e, OP.and32, OP.get, g, OP.xor32];
  const both = [OP.get, a, OP.get, b, OP.and32];
  const majority = [...both, OP.get, a, OP.get, b, OP.xor32, OP.get, c, OP.and32, OP.xor32];
  return [
    ...[OP.get, h, ...mixed(e, [6, 11, 25]), OP.add32, ...choice, OP.add32, ...adding, OP.tee, X],
    // What becomes a waits on the stack until all others have moved.
    ...[...mixed(a, [2, 13, 22]), OP.add32, ...majority, OP.add32],
    ...[OP.get, g, OP.set, h, OP.get, f, OP.set, g, OP.get, e, OP.set, f],
    ...[OP.get, d, OP.get, X, OP.add32, OP.set, e],
    ...[OP.get, c, OP.set, d, OP.get, b, OP.set, c, OP.get, a, OP.set, b, OP.set, a],
  ];
}

/** The exclusive or of a variable's rotations, and of its shift where there is one. */
function mixed(variable: number, rotations: readonly number[], shift?: number): readonly number[] {
  const terms = rotations.map((bits) => [OP.get, variable, ...constant32(bits), OP.rotateRight32]);
  if (shift !== undefined) terms.push([OP.get, variable, ...constant32(shift), OP.shiftRight32]);
  return terms.flatMap((term, index) => (index === 0 ? term : [...term, OP.xor32]));
}

/** The word on the stack with its bytes in reverse: messages begin with the highest one. */
function swapped(): readonly number[] {
  const [upper, lower] = [0x00ff00ff, 0xff00ff00 | 0];
  return [
    ...[OP.tee, X, ...constant32(8), OP.rotateLeft32, ...constant32(upper), OP.and32],
    ...[OP.get, X, ...constant32(8), OP.rotateRight32, ...constant32(lower), OP.and32, OP.or32],
  ];
}

/** The end of a loop over words, to an offset. */
function again(limit: number): readonly number[] {
  return [
    ...[OP.get, OFFSET, ...constant32(WORD_BYTES), OP.add32, OP.tee, OFFSET],
    ...[...constant32(limit), OP.lessThan32, OP.branchIf, 0, OP.end],
  ];
}

/** The state, highest byte first. */
function digest(): number[] {
  return [
    ...[...constant32(0), OP.set, OFFSET, OP.loop, NO_RESULT],
    ...[OP.get, OFFSET, OP.get, OFFSET, OP.loadWord, 2, 0, ...swapped()],
    ...[OP.storeWord, 2, ...unsigned(DIGEST_AT), ...again(STATE_WORDS * WORD_BYTES)],
  ];
}
