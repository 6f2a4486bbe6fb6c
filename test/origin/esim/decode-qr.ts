/** Reads an undamaged QR code (level M, versions 2 to 6) back into its text, for tests. */

type Rows = readonly (readonly boolean[])[];

const FORMAT_MASK = 0b101_0100_0001_0010;

const masks: readonly ((row: number, column: number) => boolean)[] = [
  (r, c) => (r + c) % 2 === 0,
  (r) => r % 2 === 0,
  (_r, c) => c % 3 === 0,
  (r, c) => (r + c) % 3 === 0,
  (r, c) => (Math.floor(r / 2) + Math.floor(c / 3)) % 2 === 0,
  (r, c) => ((r * c) % 2) + ((r * c) % 3) === 0,
  (r, c) => (((r * c) % 2) + ((r * c) % 3)) % 2 === 0,
  (r, c) => (((r + c) % 2) + ((r * c) % 3)) % 2 === 0,
];

/** At error correction level M: data codewords in a block, and blocks. */
const blocksOfVersion: Readonly<Record<number, readonly [number, number]>> = {
  2: [28, 1],
  3: [44, 1],
  4: [32, 2],
  5: [43, 2],
  6: [27, 4],
};

export function decodeQr(rows: Rows): string {
  const size = rows.length;
  const dark = (row: number, column: number) => rows[row]?.[column] === true;
  const formatBits = [0, 1, 2, 3, 4, 5, 7, 8]
    .map((column) => dark(8, column))
    .concat([7, 5, 4, 3, 2, 1, 0].map((row) => dark(row, 8)));
  const format = toNumber(formatBits) ^ FORMAT_MASK;
  const mask = masks[(format >> 10) & 0b111];
  const blocks = blocksOfVersion[(size - 17) / 4];
  if (mask === undefined || blocks === undefined) throw new Error("not a QR code that this can read");
  if (format >> 13 !== 0b00) throw new Error("not error correction level M");

  const bits = path(size).map(([row, column]) => dark(row, column) !== mask(row, column));
  const codewords = Array.from({ length: bits.length >> 3 }, (_, i) =>
    toNumber(bits.slice(i * 8, i * 8 + 8)),
  );
  const [perBlock, blockCount] = blocks;
  const data = Array.from({ length: perBlock * blockCount }, (_, i) => {
    const block = Math.floor(i / perBlock);
    return codewords[(i % perBlock) * blockCount + block] ?? 0;
  });
  const stream = data.map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return readSegments(stream);
}

const ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/** The text of all segments; writers switch modes in the middle of a text to save space. */
function readSegments(stream: string): string {
  let at = 0;
  const take = (bits: number) => {
    at += bits;
    return Number.parseInt(stream.slice(at - bits, at), 2);
  };
  let text = "";
  for (;;) {
    const mode = at + 4 > stream.length ? 0 : take(4);
    if (mode === 0b0000) return text;
    if (mode === 0b0001) {
      let count = take(10);
      for (; count >= 3; count -= 3) text += String(take(10)).padStart(3, "0");
      if (count > 0) text += String(take(count === 2 ? 7 : 4)).padStart(count, "0");
    } else if (mode === 0b0010) {
      let count = take(9);
      for (; count >= 2; count -= 2) {
        const pair = take(11);
        text += ALPHANUMERIC.charAt(Math.floor(pair / 45)) + ALPHANUMERIC.charAt(pair % 45);
      }
      if (count === 1) text += ALPHANUMERIC.charAt(take(6));
    } else if (mode === 0b0100) {
      const bytes = Array.from({ length: take(8) }, () => take(8));
      text += Buffer.from(bytes).toString("utf8");
    } else {
      throw new Error(`unknown mode ${mode}`);
    }
  }
}

/** Every data module in reading order: two columns at a time, upwards and downwards in turn, from the right. */
function path(size: number): [number, number][] {
  const found: [number, number][] = [];
  let upwards = true;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right -= 1;
    for (let step = 0; step < size; step++) {
      const row = upwards ? size - 1 - step : step;
      for (const column of [right, right - 1])
        if (!isFunctionModule(size, row, column)) found.push([row, column]);
    }
    upwards = !upwards;
  }
  return found;
}

function isFunctionModule(size: number, row: number, column: number): boolean {
  const inFinder = (row < 9 && (column < 9 || column >= size - 8)) || (row >= size - 8 && column < 9);
  const inTiming = row === 6 || column === 6;
  const inAlignment = Math.abs(row - (size - 7)) <= 2 && Math.abs(column - (size - 7)) <= 2;
  return inFinder || inTiming || inAlignment;
}

function toNumber(bits: readonly boolean[]): number {
  return bits.reduce((value, bit) => value * 2 + (bit ? 1 : 0), 0);
}
