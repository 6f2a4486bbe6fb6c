/** Builds the stacks of the sample, or of a variation of it, and reads what they became. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, type Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import * as v from "valibot";
import sample from "../../../edge402.sample.config.ts";
import { type BuildOptions, buildApp, type Stacks } from "../../../lib/app.ts";
import { sampleEnvironment } from "../../../lib/sample.ts";
import { readSecrets } from "../../../lib/secrets.ts";
import { type MerchantInput, parseMerchant } from "../../../protocol/merchant.ts";

export const sampleSecrets = readSecrets(sampleEnvironment());

export const certificateIn = (region: string) => `arn:aws:acm:${region}:123456789012:certificate/0a1b2c3d`;

export type Deploy = NonNullable<MerchantInput["deploy"]>;

export function merchantInput(deploy: Deploy = {}, config: Partial<MerchantInput> = {}): MerchantInput {
  return { ...sample, ...config, deploy: { ...sample.deploy, ...deploy } };
}

const assemblies = mkdtempSync(join(tmpdir(), "edge402-assemblies-"));
process.once("exit", () => rmSync(assemblies, { recursive: true, force: true }));

/** Its assembly goes with the process. */
export function temporaryApp(): App {
  return new App({ outdir: mkdtempSync(join(assemblies, "app-")) });
}

export function build(input: MerchantInput = merchantInput(), options: BuildOptions = {}): Stacks {
  return buildApp(temporaryApp(), parseMerchant(input), sampleSecrets, options);
}

const resourceSchema = v.object({
  Type: v.string(),
  Properties: v.optional(v.record(v.string(), v.unknown()), {}),
  DeletionPolicy: v.optional(v.string()),
  UpdateReplacePolicy: v.optional(v.string()),
});

const templateSchema = v.object({
  Resources: v.record(v.string(), resourceSchema),
  Outputs: v.optional(v.record(v.string(), v.object({ Value: v.unknown() })), {}),
  Rules: v.optional(v.record(v.string(), v.unknown()), {}),
});

export type Resource = v.InferOutput<typeof resourceSchema>;
export type PlainTemplate = v.InferOutput<typeof templateSchema>;

export function templateOf(stack: Stack): PlainTemplate {
  return v.parse(templateSchema, Template.fromStack(stack).toJSON());
}

/** Resources of a type, by their logical ids. */
export function ofType({ Resources }: PlainTemplate, type: string): [string, Resource][] {
  return Object.entries(Resources).filter(([, resource]) => resource.Type === type);
}

/** The one resource of a type whose logical id begins so. */
export function the(template: PlainTemplate, type: string, prefix = ""): Resource {
  const found = ofType(template, type).filter(([id]) => id.startsWith(prefix));
  const [first] = found;
  if (first === undefined || found.length > 1) {
    throw new Error(`expected one ${type} ${prefix}…, found ${found.map(([id]) => id).join(", ") || "none"}`);
  }
  return first[1];
}
