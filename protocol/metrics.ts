/** Every metric that is written or looked at: one closed list, so that no alarm watches a name that nobody writes. */

import { type MetricDefinition, metricsOfEdge } from "./edge-metrics.ts";

export const metrics = {
  ...metricsOfEdge,
  /** `State`: what a purchase became. */
  Purchases: { unit: "Count", dimensions: ["State"], side: "origin", title: "Purchases by state" },
  /** From the settlement to the goods. */
  ProvisioningLatency: {
    unit: "Milliseconds",
    dimensions: [],
    side: "origin",
    title: "From settlement to goods",
  },
  SupplierFailures: {
    unit: "Count",
    dimensions: ["Reason"],
    side: "origin",
    title: "Supplier's refusals and faults",
  },
  Refunds: {
    unit: "Count",
    dimensions: ["Outcome"],
    side: "origin",
    title: "Refunds: due, returned, refunded, blocked, lost",
  },
  UnmatchedTransfers: {
    unit: "Count",
    dimensions: ["Chain"],
    side: "origin",
    title: "Transfers that match nothing",
  },
  OriginErrors: { unit: "Count", dimensions: [], side: "origin", title: "Errors of the origin's own" },
  SweepFailures: {
    unit: "Count",
    dimensions: [],
    side: "origin",
    title: "Purchases that a sweep could not move",
  },
  /** Age of the oldest purchase that is not at rest. Written at each watch, also when it is 0. */
  OldestUnfinished: { unit: "Seconds", dimensions: [], side: "origin", title: "Oldest unfinished purchase" },
  /** Whole and broken USDC. Written at each watch. */
  RefundWallet: { unit: "None", dimensions: ["Chain"], side: "origin", title: "Refund wallet, USDC" },
  /** US dollars. Written at each watch. */
  SupplierBalance: { unit: "None", dimensions: [], side: "origin", title: "Supplier credit, US dollars" },
  /** Usage records that don't count. */
  RefusedUsageRecords: {
    unit: "Count",
    dimensions: [],
    side: "origin",
    title: "Usage records that don't count",
  },
  /** Buyers who contest what was counted. */
  Disputes: { unit: "Count", dimensions: [], side: "origin", title: "Disputes" },
  /** eSIMs of one plan that are ready to be handed out. */
  PoolLevel: { unit: "Count", dimensions: ["Plan"], side: "origin", title: "eSIMs in the pool" },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof metrics;
