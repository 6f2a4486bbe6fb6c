/** `npm run webhook` as a function: from arguments and environment to lines and the exit code. */

import { randomUUID } from "node:crypto";
import { readKeys, SecretsError } from "../../lib/secrets.ts";
import { notificationUrl } from "../../origin/access.ts";
import { createEsimAccess } from "../../origin/supplier/esim-access.ts";
import type { SaveWebhookResult } from "../../origin/supplier/lifecycle.ts";
import { hexToBytes } from "../../protocol/hex.ts";
import { exitCodeOf, MendableError, type Output } from "../command.ts";
import { readConfigFile } from "../doctor/config-file.ts";
import { type Environment, supplierSecret } from "../doctor/environment.ts";
import { helpText, parseCommandLine } from "./command-line.ts";

/** The supplier calls the gateway before it answers. Milliseconds. */
const SUPPLIER_DEADLINE_MS = 20_000;

/** Characters of the secret that are shown: enough to tell two of them apart. */
const SHOWN = 4;

/** Runs the command and returns its exit code. */
export async function runWebhook(
  args: readonly string[],
  environment: Environment,
  output: Output,
): Promise<number> {
  const work = async () => {
    const command = parseCommandLine(args);
    output.out(command.kind === "help" ? helpText : await save(command.configFile, environment));
    return 0;
  };
  return exitCodeOf(work, output, [SecretsError]);
}

/** @returns what was saved */
async function save(configFile: string, environment: Environment): Promise<string> {
  const read = await readConfigFile(configFile);
  if (!read.ok) throw new MendableError([`${configFile} can't be used:`, ...read.reason].join("\n  "));
  const { config, deployment } = read.value;
  if (config.settle === "origin-response") {
    throw new MendableError('With settle: "origin-response" there is no store that could be notified.');
  }
  const [current] = readKeys(environment);
  if (current === undefined) throw new MendableError("There is no key.");
  const secret = supplierSecret(environment);
  if ("missing" in secret) throw new MendableError(`Not set: ${secret.missing.join(", ")}.`);

  const url = notificationUrl(config.publicUrl, hexToBytes(current.access));
  const supplier = createEsimAccess({
    baseUrl: deployment.supplierUrl,
    ...secret,
    fetch,
    now: Date.now,
    randomId: randomUUID,
    deadlineMs: SUPPLIER_DEADLINE_MS,
  });
  const saved = await supplier.saveWebhook(url);
  if (saved.kind !== "saved") {
    throw new MendableError(
      `The supplier did not take ${shown(url)}: ${reasonOf(saved)}. Is the gateway deployed, with this key?`,
    );
  }
  return `Saved with key ${current.id}: ${shown(url)}`;
}

/** The address without most of its secret. */
function shown(url: string): string {
  return `${url.slice(0, url.lastIndexOf("/") + 1 + SHOWN)}…`;
}

function reasonOf(result: Exclude<SaveWebhookResult, { kind: "saved" }>): string {
  return result.kind === "refused" ? `${result.reason} (${result.code})` : result.detail;
}
