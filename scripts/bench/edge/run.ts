/** Runs one contestant in a fresh process, by itself, and reads what it reports. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import * as v from "valibot";
import type { Contestant } from "./contestants.ts";
import { type Job, type Report, reportSchema } from "./measured/job.ts";

/** A run takes seconds; under a small share of the processor up to twenty. */
const TIMEOUT_MS = 120_000;

export class ContestantError extends Error {
  override readonly name = "ContestantError";
}

/** How many requests, and under which limits. */
export type Course = Pick<Job, "young" | "warmUp" | "hot" | "group">;

/** Nothing but the first request. */
export const ONCE: Course = { young: 0, warmUp: 0, hot: 0, group: null };

/**
 * @param child the built measured program
 * @param headers the payment's, none for an unpaid request
 * @throws ContestantError when it fails, or answers requests that are the same differently
 */
export async function run(
  child: string,
  { name, bundle, host }: Contestant,
  headers: Readonly<Record<string, string>>,
  course = ONCE,
): Promise<Report> {
  const job: Job = { bundle, host, headers, ...course };
  // What a person's shell adds to Node.js would be measured with it.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const started = spawn(process.execPath, [child, JSON.stringify(job)], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    env,
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  const kill = () => started.kill("SIGKILL");
  process.once("exit", kill);
  const [, output, errors, reports] = started.stdio;
  if (output === null || errors === null || !(reports instanceof Readable))
    throw new Error("a pipe is missing");
  // What a gateway logs goes down a pipe, as on Lambda, and is read.
  output.resume();
  const [report, complaint] = await Promise.all([text(reports), text(errors), once(started, "close")]);
  process.off("exit", kill);
  if (started.exitCode !== 0) throw new ContestantError(`${name} failed: ${complaint.slice(0, 2_000)}`);
  return v.parse(reportSchema, JSON.parse(report));
}
