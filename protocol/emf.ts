/** CloudWatch's embedded metric format: metrics that ride in a log line, so that writing one costs no call. */

import {
  type EdgeMetricName,
  METRIC_NAMESPACE,
  type MetricDefinition,
  metricsOfEdge,
} from "./edge-metrics.ts";
import type { MetricName, metrics } from "./metrics.ts";

/** One value of one metric, with exactly the dimensions that its definition names. */
export type MetricDatum = {
  readonly [Name in MetricName]: {
    readonly name: Name;
    readonly value: number;
    readonly dimensions: Readonly<Record<(typeof metrics)[Name]["dimensions"][number], string>>;
  };
}[MetricName];

/** One that the edge writes. */
export type EdgeMetricDatum = Extract<MetricDatum, { readonly name: EdgeMetricName }>;

/** A metric that counts what it is written for. */
export function count<Name extends MetricName>(
  name: Name,
  dimensions: Readonly<Record<(typeof metrics)[Name]["dimensions"][number], string>>,
) {
  return { name, value: 1, dimensions };
}

/**
 * The members of a JSON log line from which CloudWatch takes metrics. Every metric of one line, and every dimension,
 * must have a name of its own.
 *
 * @param data at least one
 * @param service the value of the dimension `Service`
 * @param at Unix milliseconds
 * @returns JSON without the braces around it
 */
export function embeddedMetrics(data: readonly EdgeMetricDatum[], service: string, at: number): string {
  const values: Record<string, string | number> = { Service: service };
  for (const { name, value, dimensions } of data) {
    Object.assign(values, dimensions);
    values[name] = value;
  }
  const directives = data.map(({ name }) => directiveOf(name)).join();
  return `"_aws":{"Timestamp":${at},"CloudWatchMetrics":[${directives}]},${JSON.stringify(values).slice(1, -1)}`;
}

/** JSON, which is the same each time. */
const directiveTexts = new Map<EdgeMetricName, string>();

function directiveOf(name: EdgeMetricName): string {
  const known = directiveTexts.get(name);
  if (known !== undefined) return known;
  const { unit, dimensions }: MetricDefinition = metricsOfEdge[name];
  const directive = {
    Namespace: METRIC_NAMESPACE,
    Dimensions: [["Service", ...dimensions]],
    Metrics: [{ Name: name, Unit: unit }],
  };
  const text = JSON.stringify(directive);
  directiveTexts.set(name, text);
  return text;
}
