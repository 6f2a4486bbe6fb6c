/** The functions of an assembly and what calls them: queues, schedules, and the one that seeds a secret. */

import * as v from "valibot";
import { LOCAL_ACCOUNT } from "../aws/credentials.ts";
import { AssemblyError } from "./assembly-error.ts";
import type { PlacedResource, Templates } from "./templates.ts";

export interface FunctionModel {
  /** Without a version. */
  readonly arn: string;
  readonly name: string;
  readonly region: string;
  /** Where its bundle lies. */
  readonly directory: string;
  readonly handler: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
}

export interface EventSourceModel {
  readonly queueArn: string;
  readonly region: string;
  readonly functionArn: string;
  readonly batchSize: number;
  readonly reportsItemFailures: boolean;
}

export interface ScheduleModel {
  readonly everyMs: number;
  readonly functionArn: string;
  readonly ruleArn: string;
  readonly region: string;
}

/** A function to be run once at deployment, and what it is given. */
export interface SeedModel {
  readonly logicalId: string;
  readonly functionArn: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** What a function has where its template says nothing. */
const DEFAULT_TIMEOUT_SECONDS = 3;
const DEFAULT_MEMORY_MB = 128;

/** Without the properties that change what a function sees and that the runner does not play: a VPC, layers, disks. */
const functionSchema = v.strictObject({
  Code: v.object({ S3Key: v.string() }),
  Handler: v.string(),
  Runtime: v.picklist(["nodejs22.x", "nodejs24.x"]),
  Timeout: v.optional(v.number(), DEFAULT_TIMEOUT_SECONDS),
  MemorySize: v.optional(v.number(), DEFAULT_MEMORY_MB),
  Environment: v.optional(v.strictObject({ Variables: v.record(v.string(), v.string()) })),
});

const unplayedOfFunctions = [
  "Architectures",
  "DeadLetterConfig",
  "Description",
  "LoggingConfig",
  "Role",
  "Tags",
];

/** @param arn may have a version. @throws AssemblyError */
export function functionOf(templates: Templates, arn: string): FunctionModel {
  const placed = templates
    .all("AWS::Lambda::Function")
    .find((each) => [attributeArn(templates, each), `${attributeArn(templates, each)}:1`].includes(arn));
  if (placed === undefined) throw new AssemblyError(`there is no function ${arn}`);
  const { Code, Handler, Timeout, MemorySize, Environment } = templates.parse(
    placed,
    functionSchema,
    unplayedOfFunctions,
  );
  const directory = placed.assets.get(Code.S3Key);
  if (directory === undefined) throw new AssemblyError(`${placed.logicalId}: no asset ${Code.S3Key}`);
  return {
    arn: attributeArn(templates, placed),
    name: templates.ref(placed),
    region: placed.region,
    directory,
    handler: Handler,
    timeoutMs: Timeout * 1_000,
    memoryMb: MemorySize,
    environment: Environment?.Variables ?? {},
  };
}

function attributeArn(templates: Templates, placed: PlacedResource): string {
  return templates.attribute(placed, "Arn");
}

const mappingSchema = v.strictObject({
  BatchSize: v.number(),
  EventSourceArn: v.string(),
  FunctionName: v.string(),
  FunctionResponseTypes: v.optional(v.array(v.literal("ReportBatchItemFailures")), []),
});

export function eventSourcesOf(templates: Templates): readonly EventSourceModel[] {
  return templates.all("AWS::Lambda::EventSourceMapping").map((placed) => {
    const mapping = templates.parse(placed, mappingSchema);
    return {
      queueArn: mapping.EventSourceArn,
      region: placed.region,
      functionArn: arnNamed(templates, mapping.FunctionName),
      batchSize: mapping.BatchSize,
      reportsItemFailures: mapping.FunctionResponseTypes.length > 0,
    };
  });
}

function arnNamed(templates: Templates, name: string): string {
  const placed = templates.all("AWS::Lambda::Function").find((each) => templates.ref(each) === name);
  if (placed === undefined) throw new AssemblyError(`there is no function ${name}`);
  return attributeArn(templates, placed);
}

const ruleSchema = v.strictObject({
  ScheduleExpression: v.string(),
  State: v.literal("ENABLED"),
  Targets: v.tuple([
    v.strictObject({
      Arn: v.string(),
      Id: v.string(),
      DeadLetterConfig: v.optional(v.unknown()),
      RetryPolicy: v.optional(v.unknown()),
    }),
  ]),
});

export function schedulesOf(templates: Templates): readonly ScheduleModel[] {
  return templates.all("AWS::Events::Rule").map((placed) => {
    const {
      ScheduleExpression,
      Targets: [{ Arn: functionArn }],
    } = templates.parse(placed, ruleSchema);
    const everyMs = rateMs(ScheduleExpression);
    if (everyMs === undefined)
      throw new AssemblyError(`${placed.logicalId}: ${ScheduleExpression} is not played`);
    const { region, logicalId } = placed;
    const ruleArn = `arn:aws:events:${region}:${LOCAL_ACCOUNT}:rule/${logicalId}`;
    return { everyMs, functionArn, ruleArn, region };
  });
}

const UNIT_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** `rate(5 minutes)` in milliseconds, or undefined. */
export function rateMs(expression: string): number | undefined {
  const { value, unit } =
    /^rate\((?<value>[1-9]\d*) (?<unit>minute|hour|day)s?\)$/.exec(expression)?.groups ?? {};
  return unit === "minute" || unit === "hour" || unit === "day" ? Number(value) * UNIT_MS[unit] : undefined;
}

const seedSchema = v.objectWithRest({ ServiceToken: v.string() }, v.string());
const providerSchema = v.looseObject({
  Environment: v.looseObject({ Variables: v.looseObject({ USER_ON_EVENT_FUNCTION_ARN: v.string() }) }),
});

/** CDK's provider, which stands between CloudFormation and our function, is skipped: it calls AWS's own SDK of the runtime. */
export function seedsOf(templates: Templates): readonly SeedModel[] {
  return templates.all("Custom::SecretValue").map((placed) => {
    const { ServiceToken, ...properties } = templates.parse(placed, seedSchema);
    const provider = templates
      .all("AWS::Lambda::Function")
      .find((each) => attributeArn(templates, each) === ServiceToken);
    if (provider === undefined) throw new AssemblyError(`${placed.logicalId} has no provider`);
    const { Variables } = templates.parse(provider, providerSchema, unplayedOfFunctions).Environment;
    const { logicalId } = placed;
    return { logicalId, functionArn: Variables.USER_ON_EVENT_FUNCTION_ARN, properties };
  });
}
