/**
 * Standard output, in lines. `process.stdout` is a stream: what it loads for the first line takes longer than everything
 * else of an unpaid request. Nor `console`, whose lines Lambda prefixes: CloudWatch finds metrics only in lines that are
 * JSON.
 */

import { writeSync } from "node:fs";

const STANDARD_OUTPUT = 1;

/** Characters that may wait. */
const MAX_WAITING = 8_192;

let waiting = "";
let isDue = false;

/**
 * Lines come out in the order in which they are written here.
 *
 * @param mayWait until the request has been answered: to write costs the payer more time than to put an answer together.
 * Lambda's runtime asks for the next event, before which it may be frozen, in a later turn than this one's last.
 */
export function writeLine(line: string, mayWait: boolean): void {
  waiting += `${line}\n`;
  if (!mayWait || waiting.length > MAX_WAITING) {
    flush();
  } else if (!isDue) {
    isDue = true;
    setImmediate(flushLater);
  }
}

function flushLater(): void {
  isDue = false;
  flush();
}

/** Once the pipe was full the stream takes everything: it keeps the order while it waits. */
let isFull = false;

function flush(): void {
  const text = waiting;
  waiting = "";
  if (text === "") return;
  let written = 0;
  try {
    // As text it need not be copied first, and it is almost always taken whole.
    if (!isFull) written = writeSync(STANDARD_OUTPUT, text);
  } catch {
    isFull = true;
  }
  if (written === text.length) return;
  const rest = Buffer.from(text).subarray(written);
  if (rest.length === 0) return;
  isFull = true;
  process.stdout.write(rest);
}
