/**
 * SHA-256 and HMAC-SHA-256 of our own. To load node:crypto costs a cold process more than all of an unpaid request, and
 * that is all it would be loaded for; it is the oracle in the tests.
 *
 * Every instruction takes the same time whatever the bytes are, so a secret does not show in it.
 */

import type { Hex } from "./hex.ts";
import { BLOCK_BYTES, DIGEST_AT, initialState, MESSAGE_AT, sha256Module } from "./sha256-code.ts";
import { type Compiled, start } from "./webassembly/start.ts";

const DIGEST_BYTES = 32;

/** What is copied into the module's memory at once: whole blocks, and room for the padding after them. */
const PIECE_BYTES = 512 * BLOCK_BYTES;

/** Between the message and the end of its last block: one byte of padding at least, and the length in bits. */
const MIN_PADDING = 9;

/** Of the eight that there are for it. */
const LENGTH_BYTES = 6;

/** Characters, of which each may become three bytes. */
const MAX_TEXT = PIECE_BYTES / 4;

interface Machine {
  readonly state: Int32Array;
  readonly memory: Buffer;
  readonly compress: Compiled;
  readonly initial: Int32Array;
}

let machine: Machine | undefined;

export function sha256(message: Uint8Array): Uint8Array {
  return digestOf(digest(message));
}

/** Of bytes, or of a text in UTF-8. */
export function sha256Hex(message: Uint8Array | string): Hex {
  const { memory } = digest(message);
  return `0x${memory.toString("hex", DIGEST_AT, DIGEST_AT + DIGEST_BYTES)}`;
}

/** SHA-256 keyed as RFC 2104 says. The key's own blocks are taken in once. */
export function hmacSha256(secret: Uint8Array): (message: Uint8Array) => Uint8Array {
  const key = secret.length > BLOCK_BYTES ? sha256(secret) : secret;
  const [inner, outer] = [stateAfter(padded(key, 0x36)), stateAfter(padded(key, 0x5c))];
  return (message) => {
    const hashed = digestOf(digest(message, inner, BLOCK_BYTES));
    return digestOf(digest(hashed, outer, BLOCK_BYTES));
  };
}

function padded(key: Uint8Array, byte: number): Uint8Array {
  return new Uint8Array(BLOCK_BYTES).map((_, at) => (key[at] ?? 0) ^ byte);
}

function stateAfter(block: Uint8Array): Int32Array {
  machine ??= createMachine();
  const { state, memory, compress, initial } = machine;
  state.set(initial);
  memory.set(block, MESSAGE_AT);
  compress(MESSAGE_AT, MESSAGE_AT + BLOCK_BYTES, 0);
  return state.slice();
}

/** The message's digest, which is left in memory. @param from the state after `before` bytes, which are whole blocks */
function digest(message: Uint8Array | string, from?: Int32Array, before = 0): Machine {
  if (typeof message === "string" && message.length > MAX_TEXT) {
    return digest(Buffer.from(message, "utf8"), from, before);
  }
  machine ??= createMachine();
  const { state, memory, compress, initial } = machine;
  state.set(from ?? initial);
  let done = 0;
  let left = 0;
  if (typeof message === "string") {
    left = memory.write(message, MESSAGE_AT, "utf8");
  } else {
    for (; message.length - done > PIECE_BYTES; done += PIECE_BYTES) {
      memory.set(message.subarray(done, done + PIECE_BYTES), MESSAGE_AT);
      compress(MESSAGE_AT, MESSAGE_AT + PIECE_BYTES, 0);
    }
    left = message.length - done;
    memory.set(done === 0 ? message : message.subarray(done), MESSAGE_AT);
  }
  const end = MESSAGE_AT + Math.ceil((left + MIN_PADDING) / BLOCK_BYTES) * BLOCK_BYTES;
  memory.fill(0, MESSAGE_AT + left, end);
  memory[MESSAGE_AT + left] = 0x80;
  // The length in bits, of 48 at most.
  memory.writeUIntBE((before + done + left) * 8, end - LENGTH_BYTES, LENGTH_BYTES);
  compress(MESSAGE_AT, end, 0);
  return machine;
}

function digestOf({ memory }: Machine): Uint8Array {
  return Uint8Array.prototype.slice.call(memory, DIGEST_AT, DIGEST_AT + DIGEST_BYTES);
}

function createMachine(): Machine {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const bytes = typeof EDGE402_SHA256 === "string" ? Buffer.from(EDGE402_SHA256, "base64") : sha256Module();
  return {
    state: new Int32Array(memory.buffer, 0, DIGEST_BYTES / 4),
    memory: Buffer.from(memory.buffer),
    compress: start(bytes, memory)("compress"),
    initial: initialState(),
  };
}
