/** The command line of `npm run bench`. */

import { parseArgs } from "node:util";
import { UsageError } from "../command.ts";

export interface BenchOptions {
  readonly json: boolean;
  readonly quick: boolean;
}

export const helpText = `Measures the gateway against the least that it could cost, and against what else there is; and what a purchase costs
at the origin's table. Takes about four minutes, listens on 127.0.0.1 alone, and ends by itself.

  npm run bench               everything; one table, then each target
  npm run bench -- --quick    the same with few repetitions, in about a minute: good for a look, not for a verdict

  --json     one line of JSON, with every sample, instead of the table
  --quick    few repetitions
  --help     this text

Steps go to standard error. Exit codes:
  0  every target is met
  1  a target is missed, or something could not be measured
  2  the command line is wrong`;

const options = {
  json: { type: "boolean" },
  quick: { type: "boolean" },
  help: { type: "boolean" },
} as const;

/** @throws UsageError */
export function parseCommandLine(args: readonly string[]): BenchOptions | "help" {
  const values = read(args);
  if (values.help === true) return "help";
  return { json: values.json === true, quick: values.quick === true };
}

function read(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "The command line can't be read.");
  }
}
