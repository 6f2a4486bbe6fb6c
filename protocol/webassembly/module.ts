/**
 * WebAssembly modules, written out instruction by instruction: functions over one memory, which take offsets in it and
 * return nothing. For the little arithmetic that would cost several times as much with BigInt.
 */

/** Instructions: those that need an operand take it from the byte after them, numbers in groups of seven bits. */
export const OP = {
  loop: 0x03,
  end: 0x0b,
  branchIf: 0x0d,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  load64: 0x29,
  /** A signed 32-bit integer, made 64 bits long. */
  load32: 0x34,
  store64: 0x37,
  /** The lower 32 bits. */
  store32: 0x3e,
  const32: 0x41,
  const64: 0x42,
  lessThan32: 0x48,
  add32: 0x6a,
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
  /** 64-bit variables, after the parameters. */
  readonly locals: number;
  readonly body: readonly number[];
}

/** Takes offsets, which are what its parameters are. */
export type Compiled = (...offsets: number[]) => void;

/**
 * Every function has three parameters, used or not.
 *
 * @param memory one page is enough for what is here
 * @returns finds a function by its name
 */
export function compile(codes: readonly Code[], memory: WebAssembly.Memory): (name: string) => Compiled {
  const [ofFunction, ofMemory] = [0, 2];
  const bytes = Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    // One type, (i32, i32, i32) → (); one memory from outside; functions of that type; their names; their code.
    ...section(1, [[0x60, 3, I32, I32, I32, 0]]),
    ...section(2, [[...text("js"), ...text("memory"), ofMemory, 0, 1]]),
    ...section(
      3,
      codes.map(() => [0]),
    ),
    ...section(
      7,
      codes.map(({ name }, index) => [...text(name), ofFunction, index]),
    ),
    ...section(
      10,
      codes.map(({ locals, body }) => sized([1, locals, I64, ...body, OP.end])),
    ),
  ]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { js: { memory } });
  return (name) => {
    const found = exports[name];
    if (!isFunction(found)) throw new Error(`the module has no ${name}`);
    return found;
  };
}

function isFunction(found: unknown): found is Compiled {
  return typeof found === "function";
}

/** Puts a number that is not negative on the stack. */
export function constant(value: number): readonly number[] {
  const bytes: number[] = [OP.const64];
  for (let rest = value; ; rest >>= 7) {
    // The seventh bit is the sign.
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

function sized(bytes: readonly number[]): number[] {
  const length: number[] = [];
  for (let rest = bytes.length; ; rest >>= 7) {
    if (rest < 0x80) return [...length, rest, ...bytes];
    length.push((rest & 0x7f) | 0x80);
  }
}
