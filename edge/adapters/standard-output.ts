/**
 * Standard output. `process.stdout` is a stream: what it loads for the first line takes longer than everything else of an
 * unpaid request. Nor `console`, whose lines Lambda prefixes: CloudWatch finds metrics only in lines that are JSON.
 */

import { writeSync } from "node:fs";

const STANDARD_OUTPUT = 1;

/** Once the pipe was full the stream takes everything: it keeps the order while it waits. */
let isFull = false;

export function writeOut(text: string): void {
  let written = 0;
  try {
    // As text it need not be copied first, and it is almost always taken whole.
    if (!isFull) written = writeSync(STANDARD_OUTPUT, text);
  } catch {
    isFull = true;
  }
  if (written === Buffer.byteLength(text)) return;
  isFull = true;
  process.stdout.write(Buffer.from(text).subarray(written));
}
