/**
 * SHA-256 and HMAC-SHA-256 of our own. To load node:crypto costs a cold process more than all of an unpaid request, and
 * that is all it would be loaded for; it is the oracle in the tests.
 *
 * Every instruction takes the same time whatever the bytes are, so a secret does not show in it.
 */

import { BLOCK_BYTES, DIGEST_AT, initialState, MESSAGE_AT, sha256Module } from "./sha256-code.ts";
import { type Compiled, start } from "./webassembly/start.ts";

const DIGEST_BYTES = 32;

/** What is copied into the module's memory at once: whole blocks, and room for the padding after them. */
const PIECE_BYTES = 512 * BLOCK_BYTES;

/** Between the message and the end of its last block: one byte of padding at least, and the length in bits. */
const MIN_PADDING = 9;

interface Machine {
  readonly state: Int32Array;
  readonly memory: Uint8Array;
  readonly view: DataView;
  readonly compress: Compiled;
  readonly finish: Compiled;
  readonly initial: Int32Array;
}

let machine: Machine | undefined;

export function sha256(message: Uint8Array): Uint8Array {
  machine ??= createMachine();
  return digest(machine, machine.initial, 0, message);
}

/** SHA-256 keyed as RFC 2104 says. The key's own blocks are taken in once. */
export function hmacSha256(secret: Uint8Array): (message: Uint8Array) => Uint8Array {
  const key = secret.length > BLOCK_BYTES ? sha256(secret) : secret;
  const [inner, outer] = [stateAfter(padded(key, 0x36)), stateAfter(padded(key, 0x5c))];
  return (message) => {
    machine ??= createMachine();
    return digest(machine, outer, BLOCK_BYTES, digest(machine, inner, BLOCK_BYTES, message));
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
  compress(MESSAGE_AT, MESSAGE_AT + BLOCK_BYTES);
  return state.slice();
}

/** @param from the state after `before` bytes, which are whole blocks */
function digest(
  { state, memory, view, compress, finish }: Machine,
  from: Int32Array,
  before: number,
  message: Uint8Array,
): Uint8Array {
  state.set(from);
  let at = 0;
  for (; message.length - at > PIECE_BYTES; at += PIECE_BYTES) {
    memory.set(message.subarray(at, at + PIECE_BYTES), MESSAGE_AT);
    compress(MESSAGE_AT, MESSAGE_AT + PIECE_BYTES);
  }
  memory.set(at === 0 ? message : message.subarray(at), MESSAGE_AT);
  const messageEnd = MESSAGE_AT + message.length - at;
  const blocks = Math.ceil((message.length - at + MIN_PADDING) / BLOCK_BYTES);
  const end = MESSAGE_AT + blocks * BLOCK_BYTES;
  memory.fill(0, messageEnd, end);
  memory[messageEnd] = 0x80;
  view.setBigUint64(end - 8, BigInt(before + message.length) * 8n);
  compress(MESSAGE_AT, end);
  finish();
  return memory.slice(DIGEST_AT, DIGEST_AT + DIGEST_BYTES);
}

function createMachine(): Machine {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const bytes = typeof EDGE402_SHA256 === "string" ? Buffer.from(EDGE402_SHA256, "base64") : sha256Module();
  const find = start(bytes, memory);
  return {
    state: new Int32Array(memory.buffer, 0, DIGEST_BYTES / 4),
    memory: new Uint8Array(memory.buffer),
    view: new DataView(memory.buffer),
    compress: find("compress"),
    finish: find("finish"),
    initial: initialState(),
  };
}
