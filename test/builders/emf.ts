/** CloudWatch's rules for the embedded metric format, as far as ours could break them. */

import * as v from "valibot";
import { METRIC_NAMESPACE } from "../../protocol/edge-metrics.ts";
import { type MetricName, metrics } from "../../protocol/metrics.ts";

/** CloudWatch refuses control characters, a colon in front, and blank values. */
const dimensionValue = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(1_024),
  v.regex(/^(?!:)[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/),
);

const names = Object.keys(metrics).filter((name): name is MetricName => Object.hasOwn(metrics, name));

const directiveSchema = v.strictObject({
  Namespace: v.literal(METRIC_NAMESPACE),
  Dimensions: v.pipe(v.array(v.pipe(v.array(v.string()), v.maxLength(30))), v.length(1)),
  Metrics: v.pipe(
    v.array(v.strictObject({ Name: v.picklist(names), Unit: v.string() })),
    v.minLength(1),
    v.maxLength(100),
  ),
});

const documentSchema = v.looseObject({
  _aws: v.strictObject({
    Timestamp: v.pipe(v.number(), v.integer(), v.minValue(1)),
    CloudWatchMetrics: v.pipe(v.array(directiveSchema), v.minLength(1)),
  }),
});

export interface WrittenMetric {
  readonly name: MetricName;
  readonly value: number;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** The metrics that CloudWatch takes out of a log line; none from a line that is no such document. @throws where it is malformed */
export function metricsIn(line: string): readonly WrittenMetric[] {
  const document: unknown = JSON.parse(line);
  if (!v.is(v.looseObject({ _aws: v.unknown() }), document)) return [];
  const { _aws, ...targets } = v.parse(documentSchema, document);
  return _aws.CloudWatchMetrics.flatMap(({ Dimensions: [keys = []], Metrics }) =>
    Metrics.map(({ Name: name, Unit: unit }) => {
      const definition = metrics[name];
      if (unit !== definition.unit) throw new Error(`${name} is written in ${unit}`);
      const expected = ["Service", ...definition.dimensions].sort().join();
      if ([...keys].sort().join() !== expected) throw new Error(`${name} is written with ${keys.join()}`);
      const value = v.parse(v.pipe(v.number(), v.finite()), targets[name]);
      return {
        name,
        value,
        dimensions: Object.fromEntries(keys.map((key) => [key, v.parse(dimensionValue, targets[key])])),
      };
    }),
  );
}
