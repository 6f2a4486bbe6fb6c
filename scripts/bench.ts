/** `npm run bench`: what the gateway costs, against the least that it could cost and against what else there is. */

import { helpText, parseCommandLine, UsageError } from "./bench/command-line.ts";
import { OURS } from "./bench/edge/contestants.ts";
import { measureEdge } from "./bench/edge/measure.ts";
import { FULL, QUICK } from "./bench/edge/plan.ts";
import { reportJson, reportText } from "./bench/report.ts";
import { judge } from "./bench/targets.ts";

const USAGE_EXIT_CODE = 2;

async function main(args: readonly string[]): Promise<number> {
  const options = parseCommandLine(args);
  if (options === "help") {
    process.stdout.write(`${helpText}\n`);
    return 0;
  }
  const { json, quick } = options;
  const progress = (what: string) => process.stderr.write(`${what}\n`);
  const edge = await measureEdge(quick ? QUICK : FULL, progress);
  const verdicts = judge({
    figures: edge.samples.figures(),
    rejections: edge.checks.get(OURS)?.rejections,
    poolWriteUnits: null,
  });
  const run = { edge, verdicts, quick };
  process.stdout.write(`${json ? JSON.stringify(reportJson(run)) : reportText(run)}\n`);
  return verdicts.every(({ ok }) => ok) ? 0 : 1;
}

/** Faults that a person can mend get a sentence; anything else is a bug and shows where it is. */
function explain(error: unknown): number {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  return USAGE_EXIT_CODE;
}

process.exitCode = await main(process.argv.slice(2)).catch(explain);
