/** Everything that a deployment is built from, read and checked: the merchant's file and the secrets. */

import * as v from "valibot";
import { ConfigError } from "../protocol/config.ts";
import { type Merchant, parseMerchant } from "../protocol/merchant.ts";
import { checkMerchant, describeFault } from "./checks.ts";
import { readMerchantFile } from "./merchant-file.ts";
import { sampleEnvironment } from "./sample.ts";
import { type DeploymentSecrets, readSecrets, SecretsError } from "./secrets.ts";

export const CONFIG_FILE = "edge402.config.ts";
export const SAMPLE_FILE = "edge402.sample.config.ts";

/** All that is wrong, one line each, without a value of any secret. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`edge402 can't be deployed like this:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
    this.faults = faults;
  }
}

export interface Sources {
  /** Another file than `edge402.config.ts`; from the command line. */
  readonly config: unknown;
  /** "true" for the sample; likewise. */
  readonly sample: unknown;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Prepared {
  readonly merchant: Merchant;
  readonly secrets: DeploymentSecrets;
  readonly sample: boolean;
}

const sourcesSchema = v.object({
  config: v.optional(v.pipe(v.string(), v.minLength(1))),
  sample: v.optional(v.picklist(["true", "false"]), "false"),
});

/** @throws RefusedError */
export async function prepare({ env, ...context }: Sources): Promise<Prepared> {
  const asked = v.safeParse(sourcesSchema, context);
  if (!asked.success) throw new RefusedError(["-c takes config=PATH and sample=true"]);
  const sample = asked.output.sample === "true";
  const file = asked.output.config ?? (sample ? SAMPLE_FILE : CONFIG_FILE);

  const faults: string[] = [];
  const merchant = await readMerchant(file, faults);
  const secrets = readSecretsOf(sample ? sampleEnvironment() : env, faults);
  if (merchant === undefined || secrets === undefined || faults.length > 0) throw new RefusedError(faults);
  return { merchant, secrets, sample };
}

async function readMerchant(file: string, faults: string[]): Promise<Merchant | undefined> {
  try {
    const merchant = parseMerchant(await readMerchantFile(file));
    faults.push(...checkMerchant(merchant).map(describeFault));
    return merchant;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    faults.push(...error.faults);
    return undefined;
  }
}

function readSecretsOf(env: Sources["env"], faults: string[]): DeploymentSecrets | undefined {
  try {
    return readSecrets(env);
  } catch (error) {
    if (!(error instanceof SecretsError)) throw error;
    faults.push(...error.faults);
    return undefined;
  }
}
