/** Lines on standard output, in a process of their own: none lost, none torn, in their order. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";

const ADAPTER = new URL("../../edge/adapters/standard-output.ts", import.meta.url).href;

/** Standard output of a program that has `writeLine`, which is read from only after a while. */
async function outputOf(program: string, readAfterMs: number): Promise<readonly string[]> {
  const source = `const { writeLine } = await import(${JSON.stringify(ADAPTER)}); ${program}`;
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

const lines = (count: number) => Array.from({ length: count }, (_, index) => `${index} ${"ü".repeat(200)}`);
const write = (count: number, mayWait: string) =>
  `for (let i = 0; i < ${count}; i++) writeLine(i + " " + "ü".repeat(200), ${mayWait});`;

test.each([
  ["at once", "false"],
  ["after the turn", "true"],
  ["now and then at once", "i % 7 > 0"],
])("are all there when they are written %s", async (_, mayWait) => {
  expect(await outputOf(write(300, mayWait), 0)).toEqual([...lines(300), ""]);
});

test("wait in their order for a reader that is slow, on a pipe that does not", async () => {
  // To ask for the stream is what makes the descriptor one that never waits.
  const program = `process.stdout.writableLength; ${write(3_000, "i % 2 > 0")}`;
  expect(await outputOf(program, 1_500)).toEqual([...lines(3_000), ""]);
});

test("that may wait come out after what the turn still does, and before the next turn's", async () => {
  const program = `
    writeLine("first", true);
    process.stdout.write("still this turn\\n");
    setImmediate(() => process.stdout.write("next turn\\n"));
  `;
  expect(await outputOf(program, 0)).toEqual(["still this turn", "first", "next turn", ""]);
});
