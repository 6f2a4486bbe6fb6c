/** The doctor as a command: from arguments and environment to the table and the exit code. */

import { randomBytes } from "node:crypto";
import { KMSClient } from "@aws-sdk/client-kms";
import { createKmsSigner } from "../../origin/signer/kms.ts";
import type { Merchant } from "../../protocol/merchant.ts";
import { exitCodeOf, FAILED_EXIT_CODE, type Output } from "../command.ts";
import { checksAfter } from "./after/after.ts";
import { checksBefore } from "./before/before.ts";
import { type Check, failed, passed, runChecks } from "./check.ts";
import { type DoctorCommand, helpText, parseCommandLine } from "./command-line.ts";
import { readConfigFile } from "./config-file.ts";
import type { Environment } from "./environment.ts";
import { isHealthy, reportJson, reportText } from "./report.ts";

/** One call to AWS KMS, looking for credentials included. Milliseconds. */
const KMS_DEADLINE_MS = 10_000;

/** Runs the command and returns its exit code. */
export async function runDoctor(
  args: readonly string[],
  environment: Environment,
  output: Output,
): Promise<number> {
  return exitCodeOf(async () => {
    const command = parseCommandLine(args);
    if (command.kind === "help") {
      output.out(helpText);
      return 0;
    }
    const results = await runChecks(await checksOf(command, environment));
    output.out(command.json ? reportJson(results) : reportText(results));
    return isHealthy(results) ? 0 : FAILED_EXIT_CODE;
  }, output);
}

type CheckCommand = Extract<DoctorCommand, { kind: "check" }>;

/** A configuration with faults can't be asked about anything else. */
async function checksOf(command: CheckCommand, environment: Environment): Promise<readonly Check[]> {
  const read = await readConfigFile(command.configFile);
  const configuration: Check = {
    name: "configuration",
    run: async () =>
      read.ok
        ? passed(contentsOf(read.value))
        : failed(
            read.reason.join("\n"),
            `Mend these in ${command.configFile}; nothing else is checked until then.`,
          ),
  };
  if (!read.ok) return [configuration];
  const merchant = read.value;
  const { url, originUrl, refundWallet } = command;
  const checks =
    url === null
      ? checksBefore(merchant, environment, refundWallet, {
          now: Date.now,
          randomBytes,
          walletOfKey: (keyId) => walletOfKey(keyId, merchant.deployment.originRegion),
        })
      : checksAfter({ ...merchant, url, originUrl, now: Date.now, randomBytes });
  return [configuration, ...checks];
}

function contentsOf({ config }: Merchant): string {
  const { plans, resources } = config.catalog;
  const chains = config.networks.map(({ chain }) => chain.chain).join(", ");
  const counts = `plans: ${Object.keys(plans).length}, resources: ${Object.keys(resources).length}`;
  return `${counts}, paid on ${chains}`;
}

async function walletOfKey(keyId: string, region: string) {
  const client = new KMSClient({ region });
  try {
    return await createKmsSigner({ client, keyId, deadlineMs: KMS_DEADLINE_MS }).address();
  } finally {
    client.destroy();
  }
}
