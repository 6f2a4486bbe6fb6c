/** `npm run bench`: what the gateway costs, against the least that it could cost and against what else there is. */

import { helpText, parseCommandLine } from "./bench/command-line.ts";
import { OURS } from "./bench/edge/contestants.ts";
import { measureEdge } from "./bench/edge/measure.ts";
import { FULL, QUICK } from "./bench/edge/plan.ts";
import { ContestantError } from "./bench/edge/run.ts";
import {
  FULL as FULL_ORIGIN,
  measureOrigin,
  poolWriteUnits,
  QUICK as QUICK_ORIGIN,
} from "./bench/origin/measure.ts";
import { reportJson, reportText } from "./bench/report.ts";
import { judge } from "./bench/targets.ts";
import { exitCodeOf, terminal } from "./command.ts";
import { ChainBinaryMissingError } from "./local/chain/anvil.ts";

// The SDK's advice to move to Node.js 22 is for us, not for whoever starts this.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";

/** What a shell expects of a program that Ctrl-C ended before it was done. */
const INTERRUPTED_EXIT_CODE = 130;

// What was started ends with this process, on its exit.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(INTERRUPTED_EXIT_CODE));
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseCommandLine(args);
  if (options === "help") {
    process.stdout.write(`${helpText}\n`);
    return 0;
  }
  const { json, quick } = options;
  const progress = (what: string) => process.stderr.write(`${what}\n`);
  const origin = await measureOrigin(quick ? QUICK_ORIGIN : FULL_ORIGIN, progress);
  const edge = await measureEdge(quick ? QUICK : FULL, progress);
  const verdicts = judge({
    figures: edge.samples.figures(),
    rejections: edge.rejections.get(OURS),
    poolWriteUnits: poolWriteUnits(origin),
  });
  const run = { edge, origin, verdicts, quick };
  process.stdout.write(`${json ? JSON.stringify(reportJson(run)) : reportText(run)}\n`);
  return verdicts.every(({ ok }) => ok) ? 0 : 1;
}

const mendable = [ContestantError, ChainBinaryMissingError];
process.exitCode = await exitCodeOf(() => main(process.argv.slice(2)), terminal, mendable);
