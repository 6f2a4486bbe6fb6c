/** Finds anvil, runs it on loopback, and makes sure that it never outlives this process. */

import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { PortTakenError } from "../listen.ts";

/** How long anvil may take until it listens. It usually needs 0.1 s. */
const startTimeoutMs = 15_000;

const packaged = "@foundry-rs/anvil-linux-amd64/package.json";

/**
 * Stops anvil when this process ends in any way, a SIGKILL included: the shell's standard input is a pipe that only
 * we hold open. Closing its own output leaves anvil as the only writer, so the end of output means that anvil ended.
 */
const lifeline = `"$@" </dev/null & anvil=$!
exec >/dev/null 2>&1
read -r _
kill "$anvil"
wait "$anvil"`;

/** No anvil to run. Its message is a sentence that tells a person what to do. */
export class ChainBinaryMissingError extends Error {
  override readonly name = "ChainBinaryMissingError";

  constructor() {
    super(
      "The local chain needs anvil: on Linux x64 run `npm install` with optional dependencies, elsewhere install Foundry so that `anvil` is on your PATH.",
    );
  }
}

export interface Anvil {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * The anvil to run: npm's package if it is installed, else the first one in `path`.
 *
 * @param path directories as in the PATH variable
 * @param resolve finds an installed package's file, or throws
 * @throws ChainBinaryMissingError
 */
export function findAnvil(
  path = process.env["PATH"] ?? "",
  resolve: (specifier: string) => string = createRequire(import.meta.url).resolve,
): string {
  const candidates = path.split(delimiter).map((directory) => join(directory, "anvil"));
  try {
    candidates.unshift(join(dirname(resolve(packaged)), "bin", "anvil"));
  } catch {
    // The package is for Linux x64 only, and npm leaves it out elsewhere.
  }
  const found = candidates.find(isExecutable);
  if (found === undefined) throw new ChainBinaryMissingError();
  return found;
}

/**
 * Runs anvil until `close()`; with a `--state` argument it writes its state once more while it closes.
 *
 * @param port 0 picks a free one
 * @param args further arguments for anvil
 * @throws ChainBinaryMissingError
 * @throws PortTakenError
 */
export async function runAnvil(port: number, args: readonly string[]): Promise<Anvil> {
  const command = [findAnvil(), "--host", "127.0.0.1", "--port", String(port), ...args];
  // In a process group of its own, or Ctrl-C would end the chain before the servers that still write to it.
  const child = spawn("sh", ["-c", lifeline, "sh", ...command], { detached: true });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  try {
    const url = await listeningUrl(child, port);
    return {
      url,
      async close() {
        child.stdin.end();
        await ended;
      },
    };
  } catch (error) {
    child.stdin.end();
    await ended;
    throw error;
  }
}

/** Reads what anvil prints and passes none of it on: the banner holds keys, and a line follows for each request. */
function listeningUrl(child: { stdin: Writable; stdout: Readable; stderr: Readable }, port: number) {
  return new Promise<string>((resolve, reject) => {
    let output = "";
    let errors = "";
    const timer = setTimeout(() => fail("it did not start in time"), startTimeoutMs);
    const fail = (why: string): void => {
      clearTimeout(timer);
      reject(new Error(`The local chain did not start: ${why}`));
    };
    // Writing to a shell that has already ended is reported as an error; its end is handled below.
    child.stdin.on("error", () => undefined);
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
    });
    child.stdout.setEncoding("utf8").on("data", function onOutput(text: string) {
      output += text;
      const address = /^Listening on (127\.0\.0\.1:\d+)$/m.exec(output)?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      child.stdout.off("data", onOutput).resume();
      resolve(`http://${address}`);
    });
    child.stdout.once("end", () => {
      if (errors.includes("in use")) {
        clearTimeout(timer);
        reject(new PortTakenError("the local chain", port));
      } else fail(errors.trim());
    });
  });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
