/** Reads what `cdk synth` wrote: each stack's template, its region, and the folders of its assets. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { AssemblyError } from "./assembly-error.ts";

export interface Resource {
  readonly type: string;
  /** With intrinsic functions in them. */
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface TemplateStack {
  readonly name: string;
  readonly region: string;
  /** By logical id. */
  readonly resources: ReadonlyMap<string, Resource>;
  /** By the name of the export, with intrinsic functions in them. */
  readonly exports: ReadonlyMap<string, unknown>;
  /** Folders of assets, by the key under which `cdk deploy` would upload them. */
  readonly assets: ReadonlyMap<string, string>;
}

const stackArtifact = v.object({
  type: v.literal("aws:cloudformation:stack"),
  environment: v.pipe(v.string(), v.regex(/^aws:\/\/[^/]+\/[a-z]{2}(?:-[a-z]+)+-\d$/)),
  properties: v.object({ templateFile: v.string() }),
});

const assetArtifact = v.object({
  type: v.literal("cdk:asset-manifest"),
  properties: v.object({ file: v.string() }),
});

const manifestSchema = v.object({ artifacts: v.record(v.string(), v.looseObject({ type: v.string() })) });

const templateSchema = v.strictObject({
  Description: v.optional(v.string()),
  Resources: v.record(
    v.string(),
    v.looseObject({ Type: v.string(), Properties: v.optional(v.record(v.string(), v.unknown()), {}) }),
  ),
  Outputs: v.optional(
    v.record(
      v.string(),
      v.looseObject({ Value: v.unknown(), Export: v.optional(v.object({ Name: v.string() })) }),
    ),
    {},
  ),
  Parameters: v.optional(v.unknown()),
  Mappings: v.optional(v.unknown()),
  Conditions: v.optional(v.unknown()),
  Rules: v.optional(v.record(v.string(), v.unknown()), {}),
  Metadata: v.optional(v.unknown()),
});

const assetsSchema = v.object({
  files: v.record(
    v.string(),
    v.object({
      source: v.object({ path: v.string(), packaging: v.string() }),
      destinations: v.record(v.string(), v.object({ objectKey: v.string() })),
    }),
  ),
});

/** CDK's own, about the account's bootstrap stack. */
const BOOTSTRAP_RULE = "CheckBootstrapVersion";

/** @throws AssemblyError */
export function readAssembly(directory: string): readonly TemplateStack[] {
  const { artifacts } = parseFile(manifestSchema, join(directory, "manifest.json"));
  const assets = new Map(
    Object.values(artifacts).flatMap((artifact) =>
      v.is(assetArtifact, artifact) ? assetFolders(directory, artifact.properties.file) : [],
    ),
  );
  const stacks = Object.entries(artifacts).flatMap(([name, artifact]) => {
    if (artifact.type === "cdk:cloud-assembly") throw new AssemblyError(`${name}: stages are not played`);
    if (artifact.type !== "aws:cloudformation:stack") return [];
    const { environment, properties } = v.parse(stackArtifact, artifact);
    return [readStack(name, environment, join(directory, properties.templateFile), assets)];
  });
  if (stacks.length === 0) throw new AssemblyError("the assembly has no stack");
  return stacks;
}

function readStack(
  name: string,
  environment: string,
  file: string,
  assets: ReadonlyMap<string, string>,
): TemplateStack {
  const template = parseFile(templateSchema, file);
  for (const rule of Object.keys(template.Rules)) {
    if (rule !== BOOTSTRAP_RULE)
      throw new AssemblyError(`${name}: the rule ${rule} may forbid its deployment`);
  }
  const resources = Object.entries(template.Resources).map(
    ([id, { Type, Properties }]) => [id, { type: Type, properties: Properties }] as const,
  );
  const exported = Object.values(template.Outputs).flatMap(({ Value, Export }) =>
    Export === undefined ? [] : [[Export.Name, Value] as const],
  );
  return {
    name,
    region: environment.slice(environment.lastIndexOf("/") + 1),
    resources: new Map(resources),
    exports: new Map(exported),
    assets,
  };
}

function assetFolders(directory: string, file: string): (readonly [string, string])[] {
  const { files } = parseFile(assetsSchema, join(directory, file));
  return Object.values(files).flatMap(({ source, destinations }) =>
    source.packaging === "zip"
      ? Object.values(destinations).map(({ objectKey }) => [objectKey, join(directory, source.path)] as const)
      : [],
  );
}

function parseFile<Schema extends v.GenericSchema>(schema: Schema, file: string): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, JSON.parse(readFileSync(file, "utf8")));
  if (parsed.success) return parsed.output;
  const faults = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? "it"}: ${issue.message}`);
  throw new AssemblyError(`${file} is not as expected. ${faults.join("; ")}`);
}
