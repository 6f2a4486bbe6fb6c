/**
 * What CloudFront refuses only at deployment, or worse, only at run time, and CDK does not look at: checked at
 * synthesis, on every behavior and whoever attached the function.
 */

import { Stack } from "aws-cdk-lib";
import { CfnDistribution } from "aws-cdk-lib/aws-cloudfront";
import { CfnFunction, CfnVersion } from "aws-cdk-lib/aws-lambda";
import type { IConstruct } from "constructs";
import * as v from "valibot";

export interface EdgeLimits {
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
}

/** At origin events: Lambda@Edge's quotas. Those at viewer events are the merchant's to set, as AWS names two. */
const ORIGIN_EVENT_LIMITS: EdgeLimits = { memoryMb: 10_240, timeoutSeconds: 30 };

/** What a function has where its template says nothing. */
const DEFAULTS: EdgeLimits = { memoryMb: 128, timeoutSeconds: 3 };

const eventTypeSchema = v.picklist([
  "viewer-request",
  "viewer-response",
  "origin-request",
  "origin-response",
]);

const behaviorSchema = v.object({
  pathPattern: v.optional(v.string(), "*"),
  lambdaFunctionAssociations: v.optional(
    v.array(v.object({ eventType: eventTypeSchema, lambdaFunctionArn: v.unknown() })),
    [],
  ),
  functionAssociations: v.optional(v.array(v.object({ eventType: eventTypeSchema })), []),
});

const configSchema = v.object({
  defaultCacheBehavior: behaviorSchema,
  cacheBehaviors: v.optional(v.array(behaviorSchema), []),
});

const referenceSchema = v.object({ Ref: v.string() });

type Behavior = v.InferOutput<typeof behaviorSchema>;

/** All that is wrong with the distributions within a construct, one sentence each. */
export function edgeFaults(scope: IConstruct, viewerLimits: EdgeLimits): string[] {
  const distributions = scope.node.findAll().filter((each) => each instanceof CfnDistribution);
  return [...new Set(distributions.flatMap((each) => faultsOf(each, viewerLimits)))];
}

function faultsOf(distribution: CfnDistribution, viewerLimits: EdgeLimits): string[] {
  const stack = Stack.of(distribution);
  const config = v.parse(configSchema, stack.resolve(distribution.distributionConfig));
  return [config.defaultCacheBehavior, ...config.cacheBehaviors].flatMap((behavior) => [
    ...conflicts(behavior),
    ...behavior.lambdaFunctionAssociations.flatMap(({ eventType, lambdaFunctionArn }) => {
      const lambda = functionOf(stack, lambdaFunctionArn);
      if (lambda === undefined) return [];
      const limits = eventType.startsWith("viewer") ? viewerLimits : ORIGIN_EVENT_LIMITS;
      return excessesOf(stack, lambda, limits).map((excess) => `The function at ${eventType} ${excess}.`);
    }),
  ]);
}

/** CloudFront Functions and Lambda@Edge can't both be at a behavior's viewer events, not even one at each. */
function conflicts({ pathPattern, lambdaFunctionAssociations, functionAssociations }: Behavior): string[] {
  const lambdas = lambdaFunctionAssociations.filter(({ eventType }) => eventType.startsWith("viewer"));
  if (lambdas.length === 0 || functionAssociations.length === 0) return [];
  return [
    `The behavior ${pathPattern} has Lambda@Edge and CloudFront Functions at viewer events; CloudFront takes one kind.`,
  ];
}

/** The function behind a version of this stack; one that is imported is not seen. */
function functionOf(stack: Stack, versionArn: unknown): CfnFunction | undefined {
  const constructs = stack.node.findAll();
  const version = constructs.find(
    (each): each is CfnVersion => each instanceof CfnVersion && isReference(stack, versionArn, each),
  );
  if (version === undefined) return undefined;
  const name: unknown = stack.resolve(version.functionName);
  return constructs.find(
    (each): each is CfnFunction => each instanceof CfnFunction && isReference(stack, name, each),
  );
}

function isReference(stack: Stack, value: unknown, to: CfnVersion | CfnFunction): boolean {
  return v.is(referenceSchema, value) && value.Ref === stack.resolve(to.logicalId);
}

function excessesOf(stack: Stack, lambda: CfnFunction, { memoryMb, timeoutSeconds }: EdgeLimits): string[] {
  const memory = lambda.memorySize ?? DEFAULTS.memoryMb;
  const timeout = lambda.timeout ?? DEFAULTS.timeoutSeconds;
  const unsupported: readonly (readonly [string, unknown])[] = [
    ["a VPC", lambda.vpcConfig],
    ["layers", lambda.layers],
    ["X-Ray tracing", lambda.tracingConfig],
    ["a dead-letter queue", lambda.deadLetterConfig],
  ];
  return [
    ...(memory > memoryMb ? [`has ${memory} MB of memory, and may have ${memoryMb}`] : []),
    ...(timeout > timeoutSeconds ? [`may run for ${timeout} s, and is ended after ${timeoutSeconds} s`] : []),
    ...(lambda.architectures?.includes("arm64") === true ? ["is built for arm64"] : []),
    ...unsupported
      .filter(([, value]) => stack.resolve(value) !== undefined)
      .map(([what]) => `has ${what}, which Lambda@Edge does not take`),
  ];
}
