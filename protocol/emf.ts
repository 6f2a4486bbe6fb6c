/** CloudWatch's embedded metric format: metrics that ride in a log line, so that writing one costs no call. */

import { METRIC_NAMESPACE, type MetricDefinition, type MetricName, metrics } from "./metrics.ts";

/** One value of one metric, with exactly the dimensions that its definition names. */
export type MetricDatum = {
  readonly [Name in MetricName]: {
    readonly name: Name;
    readonly value: number;
    readonly dimensions: Readonly<Record<(typeof metrics)[Name]["dimensions"][number], string>>;
  };
}[MetricName];

/** A metric that counts what it is written for. */
export function count<Name extends MetricName>(
  name: Name,
  dimensions: Readonly<Record<(typeof metrics)[Name]["dimensions"][number], string>>,
) {
  return { name, value: 1, dimensions };
}

/**
 * What to add to a JSON log line so that CloudWatch takes the metrics out of it; nothing where there are none. Every
 * metric of one line, and every dimension, must have a name of its own.
 *
 * @param service the value of the dimension `Service`
 * @param at Unix milliseconds
 */
export function embeddedMetrics(
  data: readonly MetricDatum[],
  service: string,
  at: number,
): Readonly<Record<string, unknown>> {
  if (data.length === 0) return {};
  const directives: object[] = [];
  const values: Record<string, string | number> = {};
  for (const { name, value, dimensions } of data) {
    const definition: MetricDefinition = metrics[name];
    directives.push({
      Namespace: METRIC_NAMESPACE,
      Dimensions: [["Service", ...definition.dimensions]],
      Metrics: [{ Name: name, Unit: definition.unit }],
    });
    Object.assign(values, dimensions);
    values[name] = value;
  }
  return { _aws: { Timestamp: at, CloudWatchMetrics: directives }, Service: service, ...values };
}
