/** `npm run test:faults`: the fault suite. */

import { randomBytes } from "node:crypto";
import { exitCodeOf, terminal } from "./command.ts";
import { helpText, parseCommandLine } from "./faults/command-line.ts";
import { faultTable, missing, summary } from "./faults/report.ts";
import { runSuite } from "./faults/suite.ts";
import { startWorld } from "./faults/world.ts";
import { ChainBinaryMissingError } from "./local/chain/anvil.ts";

// The SDK's advice to move to Node.js 22 is for us, not for whoever starts this.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";

async function main(args: readonly string[]): Promise<number> {
  const options = parseCommandLine(args, () => randomBytes(4).readUInt32BE());
  if (options === "help") {
    process.stdout.write(`${helpText}\n`);
    return 0;
  }
  const begun = performance.now();
  const progress = (what: string) => process.stderr.write(`${what}\n`);
  progress(`Seed ${options.seed}`);
  const world = await startWorld(progress);
  try {
    const result = await runSuite(world, { ...options, progress });
    const missed = missing(result);
    const isShort = result.random.length < options.purchases;
    const lines = [
      faultTable(result.outcomes),
      "",
      ...result.violations.map(
        ({ orderId, rule, evidence }) => `VIOLATION ${orderId ?? "(no order)"}: ${rule}\n  ${evidence}`,
      ),
      ...missed.map((name) => `NOT BROUGHT ABOUT: ${name}`),
      ...(isShort ? [`OUT OF TIME after ${result.random.length} of ${options.purchases} purchases`] : []),
      summary(result, options.seed, (performance.now() - begun) / 1_000),
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
    return result.violations.length > 0 || missed.length > 0 || isShort ? 1 : 0;
  } finally {
    await world.close();
  }
}

process.exitCode = await exitCodeOf(() => main(process.argv.slice(2)), terminal, [ChainBinaryMissingError]);
