/** Every metric that is written or looked at: one closed list, so that no alarm watches a name that nobody writes. */

import { type MetricDefinition, metricsOfEdge } from "./edge-metrics.ts";

export const metricsOfOrigin = {
  /** `State`: what a purchase became. */
  Purchases: { unit: "Count", dimensions: ["State"], title: "Purchases by state" },
  /** From the settlement to the goods. */
  ProvisioningLatency: {
    unit: "Milliseconds",
    dimensions: [],
    title: "From settlement to goods",
  },
  SupplierFailures: {
    unit: "Count",
    dimensions: ["Reason"],
    title: "Supplier's refusals and faults",
  },
  Refunds: {
    unit: "Count",
    dimensions: ["Outcome"],
    title: "Refunds: due, returned, refunded, blocked, lost",
  },
  UnmatchedTransfers: {
    unit: "Count",
    dimensions: ["Chain"],
    title: "Transfers that match nothing",
  },
  OriginErrors: { unit: "Count", dimensions: [], title: "Errors of the origin's own" },
  SweepFailures: {
    unit: "Count",
    dimensions: [],
    title: "Purchases that a sweep could not move",
  },
  /** Age of the oldest purchase that is not at rest. Written at each watch, also when it is 0. */
  OldestUnfinished: { unit: "Seconds", dimensions: [], title: "Oldest unfinished purchase" },
  /** Whole and broken USDC. Written at each watch. */
  RefundWallet: { unit: "None", dimensions: ["Chain"], title: "Refund wallet, USDC" },
  /** US dollars. Written at each watch. */
  SupplierBalance: { unit: "None", dimensions: [], title: "Supplier credit, US dollars" },
  /** Usage records that don't count. */
  RefusedUsageRecords: {
    unit: "Count",
    dimensions: [],
    title: "Usage records that don't count",
  },
  /** Buyers who contest what was counted. */
  Disputes: { unit: "Count", dimensions: [], title: "Disputes" },
  /** eSIMs of one plan that are ready to be handed out. */
  PoolLevel: { unit: "Count", dimensions: ["Plan"], title: "eSIMs in the pool" },
} as const satisfies Record<string, MetricDefinition>;

export const metrics = { ...metricsOfEdge, ...metricsOfOrigin };

export type MetricName = keyof typeof metrics;
