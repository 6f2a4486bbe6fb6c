/**
 * Standard output, a line at a time. `process.stdout` is a stream: what it loads for the first line takes longer than
 * everything else of an unpaid request. Nor `console`, whose lines Lambda prefixes: CloudWatch finds metrics only in
 * lines that are JSON.
 */

import { writeSync } from "node:fs";

const STANDARD_OUTPUT = 1;

export function writeLine(line: string): void {
  const bytes = Buffer.from(`${line}\n`);
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(STANDARD_OUTPUT, bytes, written);
  } catch {
    // A pipe that is full for the moment: the stream waits.
    process.stdout.write(bytes.subarray(written));
  }
}
