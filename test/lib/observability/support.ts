/** A stack at the origin and one at the edge, with bare stand-ins for all that alarms and graphs look at. */

import { App, Duration, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Distribution } from "aws-cdk-lib/aws-cloudfront";
import { HttpOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import { AttributeType, Table } from "aws-cdk-lib/aws-dynamodb";
import { Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import * as v from "valibot";
import { EdgeAlarms, Observability } from "../../../lib/observability/observability.ts";
import type { WatchedEdge, WatchedOrigin } from "../../../lib/observability/watched.ts";
import { type Merchant, type MerchantInput, parseMerchant } from "../../../protocol/merchant.ts";
import { acceptedInput, configInput } from "../../builders/config.ts";

export const EMAIL = "operator@shop.test";

/** One plan is sold from a pool, one has its pool emptied, one has none. */
function pooledCatalog(): MerchantInput["catalog"] {
  const { catalog } = configInput();
  const [plan] = Object.values(catalog.plans);
  if (plan === undefined) throw new Error("a catalog has a plan");
  const [pooled, emptied] = [10, 0].map((size) => ({ ...plan, pool: { size } }));
  if (pooled === undefined || emptied === undefined) throw new Error("two plans were made");
  return { ...catalog, plans: { ...catalog.plans, pooled, emptied } };
}

export function merchantOf(overrides: Partial<MerchantInput> = {}): Merchant {
  return parseMerchant({
    ...configInput({ networks: [acceptedInput("base"), acceptedInput("polygon")], catalog: pooledCatalog() }),
    deploy: { name: "shop", originRegion: "eu-central-1", alarmEmail: EMAIL },
    ...overrides,
  });
}

/** Schedules with their minutes. */
export const SCHEDULES = { sweeper: 1, watcher: 5 } as const;

export function synthesize(merchant: Merchant): { origin: Template; edge: Template } {
  const app = new App();
  const atEdge = new Stack(app, "Edge", { env: { region: "us-east-1" }, crossRegionReferences: true });
  const { originRegion: region } = merchant.deployment;
  const atOrigin = new Stack(app, "Origin", { env: { region }, crossRegionReferences: true });
  const edge: WatchedEdge = {
    distribution: new Distribution(atEdge, "Distribution", {
      defaultBehavior: { origin: new HttpOrigin("origin.shop.test") },
    }),
    viewerRequest: bareFunction(atEdge, "ViewerRequest"),
    webAclMetric: "Gateway",
  };
  new EdgeAlarms(atEdge, "Alarms", { merchant, edge });
  new Observability(atOrigin, "Observability", { merchant, origin: bareOrigin(atOrigin), edge });
  return { origin: Template.fromStack(atOrigin), edge: Template.fromStack(atEdge) };
}

function bareOrigin(scope: Construct): WatchedOrigin {
  return {
    functions: { http: bareFunction(scope, "Http"), worker: bareFunction(scope, "Worker") },
    scheduled: Object.fromEntries(
      Object.entries(SCHEDULES).map(([name, minutes]) => [
        name,
        {
          handler: bareFunction(scope, name),
          deadLetters: new Queue(scope, `${name}DeadLetters`),
          every: Duration.minutes(minutes),
        },
      ]),
    ),
    workQueue: new Queue(scope, "Work"),
    workDeadLetters: new Queue(scope, "WorkDeadLetters"),
    table: new Table(scope, "Table", { partitionKey: { name: "pk", type: AttributeType.STRING } }),
    apiId: "api-id",
  };
}

function bareFunction(scope: Construct, id: string): LambdaFunction {
  return new LambdaFunction(scope, id, {
    runtime: Runtime.NODEJS_22_X,
    handler: "index.handler",
    code: Code.fromInline("exports.handler = async () => {};"),
  });
}

const metricSchema = v.object({
  Namespace: v.string(),
  MetricName: v.string(),
  Dimensions: v.optional(v.array(v.object({ Name: v.string(), Value: v.unknown() })), []),
});
export type SynthesizedMetric = v.InferOutput<typeof metricSchema>;

const alarmSchema = v.object({
  AlarmName: v.string(),
  AlarmDescription: v.string(),
  AlarmActions: v.array(v.unknown()),
  OKActions: v.array(v.unknown()),
  Threshold: v.number(),
  ComparisonOperator: v.string(),
  EvaluationPeriods: v.number(),
  DatapointsToAlarm: v.optional(v.number()),
  TreatMissingData: v.string(),
  Period: v.optional(v.number()),
  MetricName: v.optional(v.string()),
  Namespace: v.optional(v.string()),
  Dimensions: metricSchema.entries.Dimensions,
  Metrics: v.optional(
    v.array(
      v.object({
        Expression: v.optional(v.string(), ""),
        MetricStat: v.optional(v.object({ Metric: metricSchema, Period: v.number() })),
      }),
    ),
    [],
  ),
});
export type SynthesizedAlarm = v.InferOutput<typeof alarmSchema>;

export function alarmsIn(template: Template): readonly SynthesizedAlarm[] {
  return Object.values(template.findResources("AWS::CloudWatch::Alarm")).map(
    (resource) => v.parse(v.object({ Properties: alarmSchema }), resource).Properties,
  );
}

/** What an alarm looks at: its metric, or those that it computes with. */
export function metricsOf(alarm: SynthesizedAlarm): readonly SynthesizedMetric[] {
  const { MetricName, Namespace, Dimensions, Metrics } = alarm;
  if (MetricName !== undefined && Namespace !== undefined) return [{ MetricName, Namespace, Dimensions }];
  return Metrics.flatMap(({ MetricStat }) => (MetricStat === undefined ? [] : [MetricStat.Metric]));
}

const bodySchema = v.object({
  "Fn::Join": v.tuple([v.string(), v.array(v.union([v.string(), v.looseObject({})]))]),
});

const widgetsSchema = v.object({
  widgets: v.array(
    v.object({
      type: v.string(),
      properties: v.looseObject({
        title: v.optional(v.string(), ""),
        region: v.optional(v.string(), ""),
        metrics: v.optional(v.array(v.array(v.unknown())), []),
      }),
    }),
  ),
});
export type Widget = v.InferOutput<typeof widgetsSchema>["widgets"][number];

/** The dashboard's widgets, with what only CloudFormation knows written as `token`. */
export function widgetsIn(template: Template): readonly Widget[] {
  const [dashboard] = Object.values(template.findResources("AWS::CloudWatch::Dashboard"));
  const { DashboardBody } = v.parse(
    v.object({ Properties: v.object({ DashboardBody: bodySchema }) }),
    dashboard,
  ).Properties;
  const [, parts] = DashboardBody["Fn::Join"];
  const text = parts.map((part) => (typeof part === "string" ? part : "token")).join("");
  return v.parse(widgetsSchema, JSON.parse(text)).widgets;
}
