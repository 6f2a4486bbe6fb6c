/** What is refused because this machine would play it wrongly, or AWS would not play it at all. */

import { describe, expect, test } from "vitest";
import { apiOf } from "../../../scripts/local/assembly/api.ts";
import { AssemblyError } from "../../../scripts/local/assembly/assembly-error.ts";
import { distributionOf } from "../../../scripts/local/assembly/distribution.ts";
import { eventSourcesOf, functionOf, schedulesOf } from "../../../scripts/local/assembly/functions.ts";
import { readAssembly } from "../../../scripts/local/assembly/read-assembly.ts";
import { checkResourceTypes } from "../../../scripts/local/assembly/resource-types.ts";
import { queuesOf, tablesOf } from "../../../scripts/local/assembly/stores.ts";
import { behavior, type Resource, resources, templatesOf, writeAssembly } from "./fixture.ts";

const isFree = (path: string) => path === "/v1/plans";

/** Reads everything of the fixture with `change` in it. */
function readChanged(change: (parts: ReturnType<typeof resources>) => void, more: object = {}): void {
  const parts = resources();
  change(parts);
  const written = writeAssembly(parts, more);
  checkResourceTypes(readAssembly(written.directory));
  const templates = templatesOf(written);
  distributionOf(templates, isFree);
  apiOf(templates);
  for (const { functionArn } of [...eventSourcesOf(templates), ...schedulesOf(templates)]) {
    functionOf(templates, functionArn);
  }
  queuesOf(templates);
  tablesOf(templates);
}

function set(stack: Record<string, Resource>, logicalId: string, properties: Record<string, unknown>): void {
  Object.assign(stack[logicalId]?.Properties ?? {}, properties);
}

function withDistribution(change: Record<string, unknown>) {
  return ({ edge }: ReturnType<typeof resources>) => {
    const config = edge["Site"]?.Properties["DistributionConfig"];
    Object.assign(Object(config), change);
  };
}

const withBehavior = (change: Record<string, unknown>) =>
  withDistribution({ DefaultCacheBehavior: { ...behavior, ...change } });

const CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6";
const ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3";

test("the fixture itself is taken", () => {
  expect(() => readChanged(() => {})).not.toThrow();
});

test("a cache on a path that is free and the same for everybody is taken", () => {
  const cached = { ...behavior, PathPattern: "/v1/plans", CachePolicyId: CACHING_OPTIMIZED };
  expect(() => readChanged(withDistribution({ CacheBehaviors: [cached] }))).not.toThrow();
});

describe("refused is", () => {
  test.each<[string, (parts: ReturnType<typeof resources>) => void, string]>([
    ["a cache on everything", withBehavior({ CachePolicyId: CACHING_OPTIMIZED }), "* has a cache"],
    [
      "a cache on an order's path",
      withDistribution({
        CacheBehaviors: [{ ...behavior, PathPattern: "/v1/orders/*", CachePolicyId: CACHING_OPTIMIZED }],
      }),
      "/v1/orders/* has a cache",
    ],
    [
      "forwarding the viewer's Host",
      withBehavior({ OriginRequestPolicyId: ALL_VIEWER }),
      "OriginRequestPolicyId",
    ],
    ["forwarding nothing", withBehavior({ OriginRequestPolicyId: undefined }), "OriginRequestPolicyId"],
    ["requests in the clear", withBehavior({ ViewerProtocolPolicy: "allow-all" }), "ViewerProtocolPolicy"],
    [
      "a CloudFront Function beside ours",
      withBehavior({ FunctionAssociations: [{ EventType: "viewer-request", FunctionARN: "arn" }] }),
      "FunctionAssociations",
    ],
    [
      "a function at an event that is not played",
      withBehavior({
        LambdaFunctionAssociations: [
          { EventType: "viewer-response", LambdaFunctionARN: { Ref: "GateVersion" } },
        ],
      }),
      "EventType",
    ],
    [
      "a function without a number",
      withBehavior({
        LambdaFunctionAssociations: [
          { EventType: "viewer-request", LambdaFunctionARN: { "Fn::GetAtt": ["Gate", "Arn"] } },
        ],
      }),
      "expected a numbered version",
    ],
    [
      "a set of methods that CloudFront has not",
      withBehavior({ AllowedMethods: ["GET", "POST"] }),
      "set of methods",
    ],
    [
      "an error page in the place of a 402",
      withDistribution({ CustomErrorResponses: [{ ErrorCode: 402, ResponsePagePath: "/402.html" }] }),
      "CustomErrorResponses",
    ],
    [
      "errors that are cached",
      withDistribution({ CustomErrorResponses: [{ ErrorCode: 404, ErrorCachingMinTTL: 10 }] }),
      "ErrorCachingMinTTL",
    ],
    ["a root object", withDistribution({ DefaultRootObject: "index.html" }), "DefaultRootObject"],
    [
      "an API without its address",
      ({ origin }) => set(origin, "Api", { DisableExecuteApiEndpoint: true }),
      "Api",
    ],
    ["a route of its own", ({ origin }) => set(origin, "Route", { RouteKey: "GET /report" }), "RouteKey"],
    [
      "an authorizer",
      ({ origin }) => set(origin, "Route", { AuthorizationType: "AWS_IAM" }),
      "AuthorizationType",
    ],
    ["a function in a VPC", ({ origin }) => set(origin, "Worker", { VpcConfig: {} }), "VpcConfig"],
    [
      "a function of another runtime",
      ({ origin }) => set(origin, "Worker", { Runtime: "python3.13" }),
      "Runtime",
    ],
    ["code that is not there", ({ origin }) => set(origin, "Worker", { Code: { S3Key: "x.zip" } }), "x.zip"],
    [
      "a table whose items expire by another attribute than the notifications'",
      ({ origin }) =>
        set(origin, "Table", { TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true } }),
      "TimeToLive",
    ],
    ["a queue that delays", ({ origin }) => set(origin, "Work", { DelaySeconds: 5 }), "DelaySeconds"],
    [
      "a schedule by the calendar",
      ({ origin }) => set(origin, "Every", { ScheduleExpression: "cron(0 12 * * ? *)" }),
      "cron(0 12 * * ? *)",
    ],
    [
      "a resource of an unknown type",
      ({ origin }) => {
        origin["Machine"] = { Type: "AWS::EC2::Instance", Properties: {} };
      },
      "shop-origin/Machine: AWS::EC2::Instance",
    ],
    [
      "a reference to what is not there",
      ({ origin }) => set(origin, "Mapping", { EventSourceArn: { "Fn::GetAtt": ["Gone", "Arn"] } }),
      "shop-origin has no resource Gone",
    ],
    [
      "a cross-region reference that nobody writes",
      ({ origin }) => set(origin, "Writer", { WriterProps: { exports: {} } }),
      "/cdk/exports/edge/ApiId",
    ],
  ])("%s", (_, change, message) => {
    expect(() => readChanged(change)).toThrow(AssemblyError);
    expect(() => readChanged(change)).toThrow(message);
  });

  test("a template whose rules may forbid its deployment, as the sample's do", () => {
    const rules = (Rules: object) => () => readChanged(() => {}, { Rules });
    expect(rules({ CheckBootstrapVersion: {} })).not.toThrow();
    expect(rules({ SampleIsNeverDeployed: {} })).toThrow("SampleIsNeverDeployed");
  });
});
