/**
 * WebAssembly modules, written out instruction by instruction: functions over one memory, which take offsets in it and
 * return nothing. For the little arithmetic that would cost several times as much in JavaScript.
 *
 * To write one out takes a cold process longer than to compile it, so synth does it for the functions that it builds.
 */

/** Instructions: those that need an operand take it from the byte after them, numbers in groups of seven bits. */
export const OP = {
  loop: 0x03,
  end: 0x0b,
  branchIf: 0x0d,
  /** Another function of the module, by its index. */
  call: 0x10,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  /** 32 bits as they are. */
  loadWord: 0x28,
  load64: 0x29,
  /** A signed 32-bit integer, made 64 bits long. */
  load32: 0x34,
  storeWord: 0x36,
  store64: 0x37,
  /** The lower 32 bits. */
  store32: 0x3e,
  const32: 0x41,
  const64: 0x42,
  lessThan32: 0x48,
  add32: 0x6a,
  and32: 0x71,
  or32: 0x72,
  xor32: 0x73,
  /** Zeros come in. */
  shiftRight32: 0x76,
  rotateLeft32: 0x77,
  rotateRight32: 0x78,
  add: 0x7c,
  sub: 0x7d,
  mul: 0x7e,
  and: 0x83,
  xor: 0x85,
  shiftLeft: 0x86,
  /** Keeps the sign. */
  shiftRight: 0x87,
  rotateLeft: 0x89,
} as const;

const [I32, I64] = [0x7f, 0x7e];

/** A loop that leaves nothing on the stack. */
export const NO_RESULT = 0x40;

export interface Code {
  readonly name: string;
  /** @default 3 */
  readonly parameters?: 3 | 5;
  /** Variables, after the parameters. */
  readonly locals: number;
  /** Of each variable. @default 64 */
  readonly bits?: 32 | 64;
  readonly body: readonly number[];
}

/** What lies in memory from the start. */
export interface Data {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** A module's bytes. Parameters are used or not; one page of memory is enough for what is here. */
export function assemble(codes: readonly Code[], data?: Data): Uint8Array {
  const [ofFunction, ofMemory] = [0, 2];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    // Two types; one memory from outside; the functions' types; their names; their code.
    ...section(1, [
      [0x60, 3, I32, I32, I32, 0],
      [0x60, 5, I32, I32, I32, I32, I32, 0],
    ]),
    ...section(2, [[...text("js"), ...text("memory"), ofMemory, 0, 1]]),
    ...section(
      3,
      codes.map(({ parameters }) => [parameters === 5 ? 1 : 0]),
    ),
    ...section(
      7,
      codes.map(({ name }, index) => [...text(name), ofFunction, index]),
    ),
    ...section(
      10,
      codes.map(({ locals, bits, body }) => sized([1, locals, bits === 32 ? I32 : I64, ...body, OP.end])),
    ),
    ...(data === undefined
      ? []
      : section(11, [[0, ...constant32(data.at), OP.end, ...sized([...data.bytes])]])),
  ]);
}

/** Puts a number on the stack as 64 bits. */
export function constant(value: number): readonly number[] {
  return [OP.const64, ...signed(value)];
}

/** The same as 32 bits. */
export function constant32(value: number): readonly number[] {
  return [OP.const32, ...signed(value)];
}

/** A signed 32-bit integer. */
function signed(value: number): readonly number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    // The seventh bit is the sign.
    if (rest >= -0x40 && rest < 0x40) return [...bytes, rest & 0x7f];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** An offset, as loads and stores take it. */
export function unsigned(value: number): readonly number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

function section(id: number, items: readonly (readonly number[])[]): number[] {
  return [id, ...sized([items.length, ...items.flat()])];
}

function text(name: string): number[] {
  return sized([...Buffer.from(name)]);
}

function sized(bytes: readonly number[]): number[] {
  return [...unsigned(bytes.length), ...bytes];
}
