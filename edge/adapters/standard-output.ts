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

function flush(): void {
  if (waiting === "") return;
  const bytes = Buffer.from(waiting);
  waiting = "";
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(STANDARD_OUTPUT, bytes, written);
  } catch {
    // A pipe that is full for the moment: the stream waits.
    process.stdout.write(bytes.subarray(written));
  }
}
