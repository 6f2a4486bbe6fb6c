/** The doctor's commands and checks run on a local stack: its configuration as a file, its secrets as an environment. */

import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import defaultConfig from "../../edge402.config.ts";
import { type Merchant, type MerchantInput, parseMerchant } from "../../protocol/merchant.ts";
import type { Target } from "../../scripts/doctor/after/target.ts";
import { type Check, type CheckResult, runChecks } from "../../scripts/doctor/check.ts";
import { runDoctor } from "../../scripts/doctor/command.ts";
import type { Environment } from "../../scripts/doctor/environment.ts";
import { addressOf } from "../../scripts/local/stack/secrets.ts";
import type { Stack } from "../../scripts/local/stack/start-stack.ts";

/** What a merchant would have written to get this stack. */
export function merchantInput(stack: Stack, overrides: Partial<MerchantInput> = {}): MerchantInput {
  return {
    ...defaultConfig,
    publicUrl: stack.url,
    networks: stack.chains.map(({ network, rpcUrl }) => ({
      chain: network.chain,
      payTo: addressOf(stack.secrets.merchantKey),
      rpcUrl,
    })),
    facilitatorUrl: stack.facilitator.url,
    deploy: { supplierUrl: stack.supplier.url },
    ...overrides,
  };
}

export function merchantOf(stack: Stack, overrides: Partial<MerchantInput> = {}): Merchant {
  return parseMerchant(merchantInput(stack, overrides));
}

export function environmentOf({ secrets }: Stack): Environment {
  return {
    EDGE402_CDP_KEY_ID: secrets.cdpKeyId,
    EDGE402_CDP_KEY_SECRET: secrets.cdpKeySecret,
    EDGE402_KEYS: `2:${randomBytes(32).toString("hex")},1:${randomBytes(32).toString("hex")}`,
    EDGE402_SUPPLIER_ACCESS_CODE: secrets.supplierAccessCode,
    EDGE402_SUPPLIER_SECRET_KEY: secrets.supplierSecretKey,
  };
}

/** The stack as a deployment to check; its own configuration unless the overrides say otherwise. */
export function targetOf(stack: Stack, overrides: Partial<Target> = {}): Target {
  return {
    ...merchantOf(stack),
    config: stack.config,
    url: stack.url,
    originUrl: stack.originUrl,
    now: Date.now,
    randomBytes,
    ...overrides,
  };
}

/** The results by the checks' names. */
export async function resultsOf(checks: readonly Check[]): Promise<ReadonlyMap<string, CheckResult>> {
  const results = await runChecks(checks);
  return new Map(results.map((result) => [result.name, result]));
}

/** Only these, so that a test waits for nothing else. */
export function only(checks: readonly Check[], ...names: readonly string[]): readonly Check[] {
  const found = checks.filter(({ name }) => names.includes(name));
  if (found.length !== names.length) throw new Error(`not all of ${names.join(", ")} are checked`);
  return found;
}

export interface ConfigFile {
  readonly path: string;
  remove(): Promise<void>;
}

export async function configFile(text: string): Promise<ConfigFile> {
  const folder = await mkdtemp(join(tmpdir(), "doctor-"));
  const path = join(folder, "edge402.config.mjs");
  writeFileSync(path, text);
  return { path, remove: () => rm(folder, { recursive: true }) };
}

export function configText(input: MerchantInput): string {
  return `export default ${JSON.stringify(input)};\n`;
}

export async function run(environment: Environment, ...args: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const exitCode = await runDoctor(args, environment, {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
  });
  return { exitCode, out: out.join("\n"), err: err.join("\n") };
}
