/**
 * SHA-256 and HMAC-SHA-256 of our own. To load node:crypto costs a cold process more than all of an unpaid request, and
 * that is all it would be loaded for; it is the oracle in the tests.
 *
 * Every instruction takes the same time whatever the bytes are, so a secret does not show in it.
 */

import type { Hex } from "./hex.ts";
import { lazily } from "./lazily.ts";
import { BLOCK_BYTES, DIGEST_AT, INITIAL_AT, MESSAGE_AT, sha256Module } from "./sha256-code.ts";
import { type Compiled, start } from "./webassembly/start.ts";

const DIGEST_BYTES = 32;

/** What is copied into the module's memory at once: whole blocks, and room for the padding after them. */
const PIECE_BYTES = 512 * BLOCK_BYTES;

/** Between the message and the end of its last block: one byte of padding at least, and the length in bits. */
const MIN_PADDING = 9;

/** Characters, of which each may become three bytes. */
const MAX_TEXT = PIECE_BYTES / 4;

/** One memory, seen in several ways. A Buffer knows texts, and does everything else more slowly than plain bytes. */
interface Machine {
  readonly state: Int32Array;
  readonly initial: Int32Array;
  readonly bytes: Uint8Array;
  readonly digest: Uint8Array;
  readonly numbers: DataView;
  readonly texts: Buffer;
  readonly compress: Compiled;
}

const machine = lazily(createMachine);

export function sha256(message: Uint8Array): Uint8Array {
  return digest(message).digest.slice();
}

/** Of bytes, or of a text in UTF-8. */
export function sha256Hex(message: Uint8Array | string): Hex {
  const { texts } = digest(message);
  return `0x${texts.toString("hex", DIGEST_AT, DIGEST_AT + DIGEST_BYTES)}`;
}

/** SHA-256 keyed as RFC 2104 says. The key's own blocks are taken in once. */
export function hmacSha256(secret: Uint8Array): (message: Uint8Array) => Uint8Array {
  const key = secret.length > BLOCK_BYTES ? sha256(secret) : secret;
  const [inner, outer] = [stateAfter(padded(key, 0x36)), stateAfter(padded(key, 0x5c))];
  return (message) => {
    const hashed = digest(message, inner, BLOCK_BYTES).digest;
    return digest(hashed, outer, BLOCK_BYTES).digest.slice();
  };
}

function padded(key: Uint8Array, byte: number): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES).fill(byte);
  key.forEach((value, at) => {
    block[at] = value ^ byte;
  });
  return block;
}

function stateAfter(block: Uint8Array): Int32Array {
  const { state, bytes, compress, initial } = machine();
  state.set(initial);
  bytes.set(block, MESSAGE_AT);
  compress(MESSAGE_AT, MESSAGE_AT + BLOCK_BYTES, 0);
  return state.slice();
}

/** The message's digest, which is left in memory. @param from the state after `before` bytes, which are whole blocks */
function digest(message: Uint8Array | string, from?: Int32Array, before = 0): Machine {
  if (typeof message === "string" && message.length > MAX_TEXT) {
    return digest(Buffer.from(message, "utf8"), from, before);
  }
  const own = machine();
  const { state, bytes, numbers, texts, compress, initial } = own;
  state.set(from ?? initial);
  let done = 0;
  let left = 0;
  if (typeof message === "string") {
    left = texts.write(message, MESSAGE_AT, "utf8");
  } else {
    for (; message.length - done > PIECE_BYTES; done += PIECE_BYTES) {
      bytes.set(message.subarray(done, done + PIECE_BYTES), MESSAGE_AT);
      compress(MESSAGE_AT, MESSAGE_AT + PIECE_BYTES, 0);
    }
    left = message.length - done;
    bytes.set(done === 0 ? message : message.subarray(done), MESSAGE_AT);
  }
  const end = MESSAGE_AT + Math.ceil((left + MIN_PADDING) / BLOCK_BYTES) * BLOCK_BYTES;
  bytes.fill(0, MESSAGE_AT + left, end);
  bytes[MESSAGE_AT + left] = 0x80;
  const bits = (before + done + left) * 8;
  numbers.setUint32(end - 8, Math.floor(bits / 2 ** 32));
  numbers.setUint32(end - 4, bits);
  compress(MESSAGE_AT, end, 0);
  return own;
}

function createMachine(): Machine {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { buffer } = memory;
  const code = typeof EDGE402_SHA256 === "string" ? Buffer.from(EDGE402_SHA256, "base64") : sha256Module();
  return {
    state: new Int32Array(buffer, 0, DIGEST_BYTES / 4),
    initial: new Int32Array(buffer, INITIAL_AT, DIGEST_BYTES / 4),
    bytes: new Uint8Array(buffer),
    digest: new Uint8Array(buffer, DIGEST_AT, DIGEST_BYTES),
    numbers: new DataView(buffer),
    texts: Buffer.from(buffer),
    compress: start(code, memory)("compress"),
  };
}
