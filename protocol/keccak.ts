/**
 * Keccak-256 as Ethereum has it: Keccak's own padding, which SHA-3 changed later. Its permutation is in WebAssembly,
 * since JavaScript has no 64-bit words; @noble/hashes is the oracle in the tests.
 */

import { keccakModule, STATE_BYTES } from "./keccak-code.ts";
import { lazily } from "./lazily.ts";
import { type Compiled, start } from "./webassembly/start.ts";

/** Bytes that are taken in between two permutations. */
const RATE = 136;
const DIGEST_BYTES = 32;

interface Sponge {
  readonly state: Uint8Array;
  readonly permute: Compiled;
}

const sponge = lazily(createSponge);

export function keccak256(message: Uint8Array): Uint8Array {
  const { state, permute } = sponge();
  state.fill(0);
  let at = 0;
  if (message.length < RATE) {
    // Nearly all messages. Onto zeros they are copied, which a cold process does faster than byte by byte.
    state.set(message);
    at = message.length;
  } else {
    for (const byte of message) {
      state[at] = (state[at] ?? 0) ^ byte;
      if (++at === RATE) {
        permute(0);
        at = 0;
      }
    }
  }
  state[at] = (state[at] ?? 0) ^ 0x01;
  state[RATE - 1] = (state[RATE - 1] ?? 0) ^ 0x80;
  permute(0);
  return state.slice(0, DIGEST_BYTES);
}

function createSponge(): Sponge {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const bytes = typeof EDGE402_KECCAK === "string" ? Buffer.from(EDGE402_KECCAK, "base64") : keccakModule();
  return { state: new Uint8Array(memory.buffer, 0, STATE_BYTES), permute: start(bytes, memory)("permute") };
}
