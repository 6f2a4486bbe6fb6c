/** From an alarm's definition to the metrics it watches: one, or one for each chain, plan, function or schedule. */

import { Duration } from "aws-cdk-lib";
import type { IMetric } from "aws-cdk-lib/aws-cloudwatch";
import type { Merchant } from "../../protocol/merchant.ts";
import type { MetricName } from "../../protocol/metrics.ts";
import type { AlarmDefinition, EdgeWatched, OriginWatched } from "./alarm-definition.ts";
import { ownMetric, seriesOf } from "./own-metric.ts";
import {
  apiFaultShare,
  distributionMetric,
  EDGE_REGION,
  edgeFaultShare,
  functionMetric,
  queueMetric,
  replicaMetric,
  tableMetric,
  type WatchedEdge,
  type WatchedOrigin,
  webAclMetric,
} from "./watched.ts";

export interface Instance {
  /** The chain, plan, function or schedule; empty where there is one only. */
  readonly name: string;
  readonly metric: IMetric;
}

/** A schedule has stopped when none of its last runs came: one may be late. */
const RUNS = 3;

export function originInstances(
  { watched, ...reading }: AlarmDefinition<OriginWatched>,
  merchant: Merchant,
  origin: WatchedOrigin,
): readonly Instance[] {
  const { statistic, periodMinutes } = reading;
  const period = Duration.minutes(periodMinutes);
  const scheduled = Object.entries(origin.scheduled);
  switch (watched.of) {
    case "service":
      return ownInstances(watched, merchant, { statistic, period });
    case "function": {
      const handlers = scheduled.map(([name, { handler }]) => [name, handler] as const);
      return [...Object.entries(origin.functions), ...handlers].map(([name, target]) => ({
        name,
        metric: functionMetric(target, watched.metric, { statistic, period }),
      }));
    }
    case "schedule":
      return scheduled.map(([name, { handler, every }]) => ({
        name,
        metric: functionMetric(handler, watched.metric, {
          statistic,
          period: Duration.minutes(Math.max(periodMinutes, RUNS * every.toMinutes())),
        }),
      }));
    case "work-queue":
      return [{ name: "", metric: queueMetric(origin.workQueue, watched.metric, { statistic, period }) }];
    case "work-dead-letters":
      return [
        { name: "", metric: queueMetric(origin.workDeadLetters, watched.metric, { statistic, period }) },
      ];
    case "schedule-dead-letters":
      return scheduled.map(([name, { deadLetters }]) => ({
        name,
        metric: queueMetric(deadLetters, watched.metric, { statistic, period }),
      }));
    case "table":
      return [{ name: "", metric: tableMetric(origin.table, watched.metric, { statistic, period }) }];
    case "api":
      return [{ name: "", metric: apiFaultShare(origin.apiId, period) }];
  }
}

export function edgeInstances(
  { watched, ...reading }: AlarmDefinition<EdgeWatched>,
  merchant: Merchant,
  edge: WatchedEdge,
): readonly Instance[] {
  const { statistic, periodMinutes } = reading;
  const period = Duration.minutes(periodMinutes);
  switch (watched.of) {
    case "service":
      return ownInstances(watched, merchant, { statistic, period });
    case "distribution":
      return [
        {
          name: "",
          metric:
            watched.metric === "5xxErrorRate"
              ? edgeFaultShare(edge, period)
              : distributionMetric(edge, watched.metric, { statistic, period }),
        },
      ];
    case "edge-function":
      return [{ name: "", metric: replicaMetric(edge, watched.metric, EDGE_REGION, { statistic, period }) }];
    case "web-acl":
      return [{ name: "", metric: webAclMetric(edge, watched.metric, { statistic, period }) }];
  }
}

function ownInstances(
  {
    metric,
    dimensions = {},
  }: { readonly metric: MetricName; readonly dimensions?: Readonly<Record<string, string>> },
  { config }: Merchant,
  reading: { readonly statistic: string; readonly period: Duration },
): readonly Instance[] {
  return seriesOf(metric, config).map(({ name, dimensions: ofSeries }) => ({
    name,
    metric: ownMetric(config.serviceName, metric, { ...dimensions, ...ofSeries }, reading),
  }));
}
