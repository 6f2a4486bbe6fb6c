/** The command line of `npm run test:faults`. */

import { parseArgs } from "node:util";
import { UsageError } from "../command.ts";

export interface FaultOptions {
  readonly seed: number;
  /** Of the random run. */
  readonly purchases: number;
  /** Of the faults that are brought about by themselves, each how many-th. */
  readonly everyNth: number;
}

const DEFAULT_PURCHASES = 2_000;

/** What the test suite runs. */
export const SHORT: Omit<FaultOptions, "seed"> = { purchases: 30, everyNth: 4 };

const MAX_PURCHASES = 100_000;
const MAX_SEED = 2 ** 32 - 1;

export const helpText = `Breaks the running system in every way that we know, and checks that nobody lost money.

  npm run test:faults                    every fault by itself, then ${DEFAULT_PURCHASES} purchases under random faults
  npm run test:faults -- --short         every fourth fault, then ${SHORT.purchases} purchases
  npm run test:faults -- --seed 7        the faults of an earlier run again

  --purchases N    how many purchases the random run makes, 0 for none (default: ${DEFAULT_PURCHASES})
  --seed N         what the random run is drawn from (default: a new one; it is printed)
  --short          every fourth fault, and ${SHORT.purchases} purchases unless --purchases says otherwise
  --help           this text

What is checked is read from the chains, the table and the supplier, after the faults have stopped and the system was
left alone. The exit status is 1 if any promise was broken, or a fault could not be brought about.`;

const options = {
  purchases: { type: "string" },
  seed: { type: "string" },
  short: { type: "boolean" },
  help: { type: "boolean" },
} as const;

/** @param newSeed used where none is given @throws UsageError */
export function parseCommandLine(args: readonly string[], newSeed: () => number): FaultOptions | "help" {
  const values = read(args);
  if (values.help === true) return "help";
  const standard = values.short === true ? SHORT : { purchases: DEFAULT_PURCHASES, everyNth: 1 };
  return {
    ...standard,
    purchases: count("--purchases", values.purchases, MAX_PURCHASES) ?? standard.purchases,
    seed: count("--seed", values.seed, MAX_SEED) ?? newSeed(),
  };
}

function read(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "The command line can't be read.");
  }
}

function count(name: string, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : -1;
  if (value < 0 || value > max) throw new UsageError(`${name} is a number from 0 to ${max}.`);
  return value;
}
