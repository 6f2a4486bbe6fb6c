/** `npm start`: the main job, end to end, on this machine. */

import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { endings } from "./agent/outcome.ts";
import { progressLine, resultJson, resultText } from "./agent/print.ts";
import { USAGE_EXIT_CODE, UsageError } from "./command.ts";
import { ChainBinaryMissingError } from "./local/chain/anvil.ts";
import { PortTakenError } from "./local/listen.ts";
import { type Stack, type StackLogEvent, startStack } from "./local/stack/start-stack.ts";
import { SupplierMemoryError } from "./local/supplier/memory.ts";
import { waterfall } from "./local/telemetry/waterfall.ts";
import { helpText, parseCommandLine, type StartOptions } from "./start/command-line.ts";
import { logLine, stackJson, stackText } from "./start/describe.ts";
import { buyOnce } from "./start/purchase.ts";

// The SDK's advice to move to Node.js 22 is for us, not for whoever starts this.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";

const PARENT_CHECK_MS = 500;
/** What a shell expects of a program that Ctrl-C ended before it was done. */
const INTERRUPTED_EXIT_CODE = 130;

/** Steps go where they don't mix with the JSON line. */
function say(options: StartOptions, line: string): void {
  (options.json ? process.stderr : process.stdout).write(`${line}\n`);
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseCommandLine(args);
  if (options === "help") {
    process.stdout.write(`${helpText}\n`);
    return 0;
  }
  const stopped = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM"), parentGone()]).then(
    () => INTERRUPTED_EXIT_CODE,
  );
  let answered: string | null = null;
  const stack = await startStack({
    chains: options.chains,
    port: options.port,
    assembly: options.assembly,
    ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    progress: (what) => say(options, what),
    traces: true,
    log: (event) => {
      sayLog(options, event);
      if (event.event === "content_returned") answered = event.trace_id ?? null;
    },
  });
  try {
    if (options.json && !options.once) {
      process.stdout.write(`${JSON.stringify(stackJson(stack))}\n`);
      say(options, "The stack is up until Ctrl-C.");
    } else {
      const exitCode = await Promise.race([demonstrate(stack, options), stopped]);
      sayTrace(stack, options, answered);
      if (options.once || exitCode === INTERRUPTED_EXIT_CODE) return exitCode;
      say(
        options,
        "\nThe stack stays up until Ctrl-C. To buy from it with its payer's key, which holds test money:",
      );
      const agent = `npm run agent -- --url ${stack.url}/report`;
      say(options, `  AGENT_PRIVATE_KEY=${stack.secrets.payerKey} ${agent}`);
    }
    await stopped;
    return 0;
  } finally {
    await stack.close();
  }
}

async function demonstrate(stack: Stack, options: StartOptions): Promise<number> {
  say(options, `The stack is up:\n${stackText(stack)}\n`);
  const result = await buyOnce(stack, (event) => say(options, progressLine(event)));
  if (options.json) {
    const purchase: unknown = JSON.parse(resultJson(result));
    process.stdout.write(`${JSON.stringify({ ...stackJson(stack), purchase })}\n`);
  } else {
    say(options, resultText(result));
  }
  return endings[result.outcome].exitCode;
}

/** Where the time of the purchase went. */
function sayTrace({ traces }: Stack, options: StartOptions, traceId: string | null): void {
  if (options.json || traces === null || traceId === null) return;
  say(options, `\nTrace ${traceId}:\n${waterfall(traces.trace(traceId))}`);
}

function sayLog(options: StartOptions, event: StackLogEvent): void {
  const line = options.verbose ? JSON.stringify(event) : logLine(event);
  if (line !== undefined) say(options, line);
}

/** npm does not hand on the signal that ends it: without this, ending npm would leave the stack behind. */
async function parentGone(): Promise<void> {
  const parent = process.ppid;
  while (process.ppid === parent) await sleep(PARENT_CHECK_MS, undefined, { ref: false });
}

/** Faults that a person can mend get a sentence; anything else is a bug and shows where it is. */
function explain(error: unknown): number {
  const mendable =
    error instanceof UsageError ||
    error instanceof PortTakenError ||
    error instanceof ChainBinaryMissingError ||
    error instanceof SupplierMemoryError;
  if (!mendable) throw error;
  process.stderr.write(`${error.message}\n`);
  if (!(error instanceof UsageError)) return 1;
  process.stderr.write("See npm start -- --help.\n");
  return USAGE_EXIT_CODE;
}

process.exitCode = await main(process.argv.slice(2)).catch(explain);
