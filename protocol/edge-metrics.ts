/** The metrics that the edge writes, in a file of their own: its bundle need not hold the origin's. */

export const METRIC_NAMESPACE = "edge402";

export type MetricUnit = "Count" | "Milliseconds" | "Seconds" | "None";

export interface MetricDefinition {
  readonly unit: MetricUnit;
  /** Names of the dimensions that it is always written with, besides `Service`. */
  readonly dimensions: readonly string[];
  /** For the dashboard. */
  readonly title: string;
}

export const metricsOfEdge = {
  /** 402 answers that named a price. */
  Challenges: { unit: "Count", dimensions: [], title: "Challenges" },
  /** `Outcome`: settled, verified, unknown, spent, looked_up, refused, unavailable. */
  Payments: { unit: "Count", dimensions: ["Outcome"], title: "Payments by outcome" },
  SettleLatency: {
    unit: "Milliseconds",
    dimensions: ["Chain"],
    title: "Settlement time at the edge",
  },
  /** Settlements that the edge handed on unresolved. */
  UnknownOutcomes: { unit: "Count", dimensions: ["Chain"], title: "Unresolved settlements" },
  EdgeErrors: { unit: "Count", dimensions: [], title: "Errors of the edge's own" },
} as const satisfies Record<string, MetricDefinition>;

export type EdgeMetricName = keyof typeof metricsOfEdge;
