/** Standard output, of a process of its own: nothing lost, nothing torn, all in its order. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";

const ADAPTER = new URL("../../edge/adapters/standard-output.ts", import.meta.url).href;

/** Standard output of a program that has `writeOut`, which is read from only after a while. */
async function outputOf(program: string, readAfterMs: number): Promise<readonly string[]> {
  const source = `const { writeOut } = await import(${JSON.stringify(ADAPTER)}); ${program}`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  await sleep(readAfterMs);
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  await closed;
  expect(child.exitCode).toBe(0);
  return Buffer.concat(chunks).toString().split("\n");
}

const LINE = "ü".repeat(200);
const write = (count: number) =>
  `for (let i = 0; i < ${count}; i++) writeOut(i + " " + "${LINE}" + String.fromCharCode(10));`;
const lines = (count: number) => [...Array.from({ length: count }, (_, index) => `${index} ${LINE}`), ""];

test("holds every text, whatever it is written in", async () => {
  expect(await outputOf(write(300), 0)).toEqual(lines(300));
});

test("waits in its order for a reader that is slow, on a pipe that does not", async () => {
  // To ask for the stream is what makes the descriptor one that never waits.
  expect(await outputOf(`process.stdout.writableLength; ${write(3_000)}`, 1_500)).toEqual(lines(3_000));
});
