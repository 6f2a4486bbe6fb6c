/** `edge402.config.ts`: the one file a merchant edits. What the functions read, and how they are deployed. */

import * as v from "valibot";
import { type Config, ConfigError, type ConfigInput, configSchema } from "./config.ts";
import { type Deployment, deploymentSchema } from "./deployment.ts";
import { describeIssue } from "./schema.ts";

/** What a merchant writes. */
export type MerchantInput = ConfigInput & { readonly deploy?: v.InferInput<typeof deploymentSchema> };

export interface Merchant {
  readonly config: Config;
  readonly deployment: Deployment;
  /** What `config` was parsed from: what the bundles are built from. */
  readonly input: ConfigInput;
}

/** Gives `edge402.config.ts` its types; parsing happens where it is read. */
export function defineConfig(input: MerchantInput): MerchantInput {
  return input;
}

const merchantSchema = v.looseObject({ deploy: v.optional(v.unknown(), {}) });

/** @throws ConfigError naming every fault with its path */
export function parseMerchant(merchant: unknown): Merchant {
  const split = v.safeParse(merchantSchema, merchant);
  if (!split.success) throw new ConfigError(split.issues.map(describeIssue));
  const { deploy, ...input } = split.output;
  const config = v.safeParse(configSchema, input);
  const deployment = v.safeParse(deploymentSchema, deploy);
  if (config.success && deployment.success && v.is(configSchema, input)) {
    return { config: config.output, deployment: deployment.output, input };
  }
  throw new ConfigError([
    ...(config.issues ?? []).map(describeIssue),
    ...(deployment.issues ?? []).map((issue) => `deploy.${describeIssue(issue)}`),
  ]);
}
