/** What is deployed, as far as alarms and graphs look at it, and CloudWatch's metrics of it. */

import type { Duration } from "aws-cdk-lib";
import type { IDistributionRef } from "aws-cdk-lib/aws-cloudfront";
import { MathExpression, Metric } from "aws-cdk-lib/aws-cloudwatch";
import type { Table } from "aws-cdk-lib/aws-dynamodb";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { IQueue } from "aws-cdk-lib/aws-sqs";

export interface ScheduledFunction {
  readonly handler: IFunction;
  /** What a run failed on. */
  readonly deadLetters: IQueue;
  readonly every: Duration;
}

export interface WatchedOrigin {
  /** By the name that an alarm calls it; the scheduled ones are added. */
  readonly functions: Readonly<Record<string, IFunction>>;
  readonly scheduled: Readonly<Record<string, ScheduledFunction>>;
  readonly workQueue: IQueue;
  readonly workDeadLetters: IQueue;
  readonly table: Table;
  readonly apiId: string;
}

export interface WatchedEdge {
  readonly distribution: IDistributionRef;
  readonly viewerRequest: IFunction;
  /** `visibilityConfig.metricName` of the web ACL. */
  readonly webAclMetric: string;
}

export interface AwsReading {
  readonly statistic: string;
  readonly period: Duration;
  readonly label?: string;
}

/** CloudFront and all that is attached to it report here. */
export const EDGE_REGION = "us-east-1";

/** Operations on the table that the origin uses; DynamoDB counts by operation. */
const TABLE_OPERATIONS = ["GetItem", "PutItem", "UpdateItem", "Query"] as const;

/** Fewer requests in a period make no share: one failure of two is no half of anything. */
export const SHARE_FROM_REQUESTS = 20;

export function functionMetric(target: IFunction, metricName: string, reading: AwsReading): Metric {
  return new Metric({
    namespace: "AWS/Lambda",
    metricName,
    dimensionsMap: { FunctionName: target.functionName },
    ...reading,
  });
}

export function queueMetric(queue: IQueue, metricName: string, reading: AwsReading): Metric {
  return new Metric({
    namespace: "AWS/SQS",
    metricName,
    dimensionsMap: { QueueName: queue.queueName },
    ...reading,
  });
}

/** Summed over the operations. */
export function tableMetric(
  table: Table,
  metricName: "ThrottledRequests" | "SystemErrors",
  reading: AwsReading,
): MathExpression {
  const ofOperation = (operation: string) =>
    new Metric({
      namespace: "AWS/DynamoDB",
      metricName,
      dimensionsMap: { TableName: table.tableName, Operation: operation },
      ...reading,
    });
  // Metrics of one graph share their ids.
  const idOf = (operation: string) => `${operation.toLowerCase()}${metricName}`;
  return new MathExpression({
    // SUM skips the operations without data, where a plus would have none then.
    expression: `SUM([${TABLE_OPERATIONS.map(idOf).join(", ")}])`,
    usingMetrics: Object.fromEntries(
      TABLE_OPERATIONS.map((operation) => [idOf(operation), ofOperation(operation)]),
    ),
    period: reading.period,
    label: reading.label ?? metricName,
  });
}

export function apiMetric(apiId: string, metricName: string, reading: AwsReading): Metric {
  return new Metric({ namespace: "AWS/ApiGateway", metricName, dimensionsMap: { ApiId: apiId }, ...reading });
}

/** Percent of the API's requests; 0 while there are few. */
export function apiFaultShare(apiId: string, period: Duration): MathExpression {
  return new MathExpression({
    expression: `IF(requests >= ${SHARE_FROM_REQUESTS}, 100 * faults / requests, 0)`,
    usingMetrics: {
      faults: apiMetric(apiId, "5xx", { statistic: "Sum", period }),
      requests: apiMetric(apiId, "Count", { statistic: "SampleCount", period }),
    },
    period,
    label: "5xx, percent",
  });
}

export function distributionMetric(
  { distribution }: WatchedEdge,
  metricName: string,
  reading: AwsReading,
): Metric {
  return new Metric({
    namespace: "AWS/CloudFront",
    metricName,
    dimensionsMap: { DistributionId: distribution.distributionRef.distributionId, Region: "Global" },
    region: EDGE_REGION,
    ...reading,
  });
}

/** Percent of the distribution's requests; 0 while there are few. */
export function edgeFaultShare(edge: WatchedEdge, period: Duration): MathExpression {
  return new MathExpression({
    expression: `IF(requests >= ${SHARE_FROM_REQUESTS}, faults, 0)`,
    usingMetrics: {
      faults: distributionMetric(edge, "5xxErrorRate", { statistic: "Average", period }),
      requests: distributionMetric(edge, "Requests", { statistic: "Sum", period }),
    },
    period,
    label: "5xx, percent",
  });
}

/** A replica is called by the region that it was copied from. @param region where it runs */
export function replicaMetric(
  { viewerRequest }: WatchedEdge,
  metricName: string,
  region: string,
  reading: AwsReading,
): Metric {
  return new Metric({
    namespace: "AWS/Lambda",
    metricName,
    dimensionsMap: { FunctionName: `${EDGE_REGION}.${viewerRequest.functionName}` },
    region,
    ...reading,
  });
}

/** For a web ACL of CloudFront there is no dimension `Region`. */
export function webAclMetric({ webAclMetric }: WatchedEdge, metricName: string, reading: AwsReading): Metric {
  return new Metric({
    namespace: "AWS/WAFV2",
    metricName,
    dimensionsMap: { WebACL: webAclMetric, Rule: "ALL" },
    region: EDGE_REGION,
    ...reading,
  });
}
