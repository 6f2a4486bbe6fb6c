/** All stacks of an assembly with their values worked out for this machine: the place that models are read from. */

import * as v from "valibot";
import { LOCAL_ACCOUNT } from "../aws/credentials.ts";
import { AssemblyError } from "./assembly-error.ts";
import { resolve, type Scope } from "./intrinsics.ts";
import { localName, type Place, type QueueUrl } from "./local-names.ts";
import type { Resource, TemplateStack } from "./read-assembly.ts";

export interface PlacedResource extends Place {
  readonly assets: ReadonlyMap<string, string>;
  readonly resource: Resource;
}

export interface Templates {
  /** Every resource of a type, in every stack. */
  all(type: string): readonly PlacedResource[];
  /** A resource's `Ref`, or its attribute. @throws AssemblyError */
  ref(placed: PlacedResource): string;
  attribute(placed: PlacedResource, name: string): string;
  /**
   * A resource's properties, worked out and of this shape.
   *
   * @param unplayed names of properties that make no difference on this machine; they are not looked at
   * @throws AssemblyError
   */
  parse<Schema extends v.GenericSchema>(
    placed: PlacedResource,
    schema: Schema,
    unplayed?: readonly string[],
  ): v.InferOutput<Schema>;
}

const WRITER = "Custom::CrossRegionExportWriter";
const READER = "Custom::CrossRegionExportReader";
const VERSION = "AWS::Lambda::Version";

const writerSchema = v.object({ WriterProps: v.object({ exports: v.record(v.string(), v.unknown()) }) });
const versionSchema = v.object({ FunctionName: v.object({ Ref: v.string() }) });

export function createTemplates(stacks: readonly TemplateStack[], queueUrl: QueueUrl): Templates {
  const placedIn = (stack: TemplateStack) =>
    [...stack.resources].map(
      ([logicalId, resource]): PlacedResource => ({
        stack: stack.name,
        region: stack.region,
        assets: stack.assets,
        logicalId,
        resource,
      }),
    );
  const everything = stacks.flatMap(placedIn);

  const find = (stack: string, logicalId: string): PlacedResource => {
    const found = everything.find((placed) => placed.stack === stack && placed.logicalId === logicalId);
    if (found === undefined) throw new AssemblyError(`${stack} has no resource ${logicalId}`);
    return found;
  };
  const nameOf = (placed: PlacedResource) => localName(placed, placed.resource, queueUrl);

  const ref = (placed: PlacedResource): string => {
    if (placed.resource.type !== VERSION) return nameOf(placed).ref;
    const { FunctionName } = v.parse(versionSchema, placed.resource.properties);
    return `${attribute(find(placed.stack, FunctionName.Ref), "Arn")}:1`;
  };
  const attribute = (placed: PlacedResource, name: string): string => {
    if (placed.resource.type === READER) return crossRegionExport(name);
    const value = nameOf(placed).attributes[name];
    if (value === undefined) {
      throw new AssemblyError(`${placed.stack}/${placed.logicalId} has no attribute ${name} on this machine`);
    }
    return value;
  };

  const text = (value: unknown, from: TemplateStack | PlacedResource): string =>
    v.parse(v.string(), resolve(value, scopeOf("name" in from ? from.name : from.stack, from.region)));
  const crossRegionExport = (name: string): string => {
    for (const writer of everything.filter(({ resource }) => resource.type === WRITER)) {
      const { exports } = v.parse(writerSchema, writer.resource.properties).WriterProps;
      if (Object.hasOwn(exports, name)) return text(exports[name], writer);
    }
    throw new AssemblyError(`no stack writes the cross-region export ${name}`);
  };
  const importValue = (name: string): string => {
    for (const stack of stacks) {
      if (stack.exports.has(name)) return text(stack.exports.get(name), stack);
    }
    throw new AssemblyError(`no stack exports ${name}`);
  };

  const scopeOf = (stack: string, region: string): Scope => {
    const pseudo: Readonly<Record<string, string>> = {
      "AWS::AccountId": LOCAL_ACCOUNT,
      "AWS::Partition": "aws",
      "AWS::Region": region,
      "AWS::StackName": stack,
      "AWS::URLSuffix": "amazonaws.com",
    };
    return {
      ref: (name) => pseudo[name] ?? ref(find(stack, name)),
      attribute: (logicalId, name) => attribute(find(stack, logicalId), name),
      importValue,
    };
  };

  return {
    all: (type) => everything.filter(({ resource }) => resource.type === type),
    ref,
    attribute,
    parse(placed, schema, unplayed = []) {
      const where = `${placed.stack}/${placed.logicalId}`;
      const looked = Object.entries(placed.resource.properties).filter(([name]) => !unplayed.includes(name));
      const properties = resolve(Object.fromEntries(looked), scopeOf(placed.stack, placed.region));
      const parsed = v.safeParse(schema, properties);
      if (parsed.success) return parsed.output;
      const faults = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? "it"}: ${issue.message}`);
      throw new AssemblyError(`${where} is not as this machine can play it. ${faults.join("; ")}`);
    },
  };
}
