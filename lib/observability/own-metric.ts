/** Our own metrics as CloudWatch knows them: by the names, units and dimensions of `protocol/metrics.ts`. */

import type { Duration } from "aws-cdk-lib";
import { type IMetric, Metric, SearchExpression } from "aws-cdk-lib/aws-cloudwatch";
import type { Config } from "../../protocol/config.ts";
import { METRIC_NAMESPACE, type MetricDefinition } from "../../protocol/edge-metrics.ts";
import { type MetricName, metrics } from "../../protocol/metrics.ts";

export interface Reading {
  readonly statistic: string;
  readonly period: Duration;
  /** @default the stack's */
  readonly region?: string;
  /** @default CloudWatch's own */
  readonly label?: string;
}

/** @throws Error where the dimensions are not those that it is written with: such a metric never has data */
export function ownMetric(
  service: string,
  name: MetricName,
  dimensions: Readonly<Record<string, string>>,
  reading: Reading,
): Metric {
  const definition: MetricDefinition = metrics[name];
  if (Object.keys(dimensions).sort().join() !== [...definition.dimensions].sort().join()) {
    throw new Error(
      `${name} is written with the dimensions ${definition.dimensions.join(", ") || "Service alone"}`,
    );
  }
  return new Metric({
    namespace: METRIC_NAMESPACE,
    metricName: name,
    dimensionsMap: { Service: service, ...dimensions },
    ...reading,
  });
}

/** One for each chain, or for each plan with a pool, or the only one. */
export function seriesOf(
  name: MetricName,
  { networks, catalog }: Config,
): readonly { readonly name: string; readonly dimensions: Readonly<Record<string, string>> }[] {
  const { dimensions }: MetricDefinition = metrics[name];
  if (dimensions.includes("Chain")) {
    return networks.map(({ chain: { chain } }) => ({ name: chain, dimensions: { Chain: chain } }));
  }
  if (dimensions.includes("Plan")) {
    const pooled = Object.entries(catalog.plans).filter(([, { pool }]) => (pool?.size ?? 0) > 0);
    return pooled.map(([plan]) => ({ name: plan, dimensions: { Plan: plan } }));
  }
  return [{ name: "", dimensions: {} }];
}

/** No search can quote these. Without the service's name it finds every gateway of the account. */
const UNQUOTABLE = /['"\\]/;

/** For graphs: every combination of dimension values that has data. */
export function everySeries(service: string, name: MetricName, reading: Reading): IMetric {
  const { dimensions }: MetricDefinition = metrics[name];
  const schema = [METRIC_NAMESPACE, "Service", ...dimensions].join(",");
  const ofService = UNQUOTABLE.test(service) ? "" : ` Service="${service}"`;
  const { statistic, period, region, label = "" } = reading;
  const query = `{${schema}} MetricName="${name}"${ofService}`;
  return new SearchExpression({
    expression: `SEARCH('${query}', '${statistic}', ${period.toSeconds()})`,
    label,
    period,
    ...(region === undefined ? {} : { searchRegion: region }),
  });
}
