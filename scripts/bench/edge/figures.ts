/** What is measured of each contestant. */

import { median } from "../statistics.ts";
import type { ContestantName } from "./contestants.ts";

export type Unit = "bytes" | "megabytes" | "ms" | "count";

/** By the name in the JSON. The order is the table's. */
export const metrics = {
  bytes: { title: "bundle", unit: "bytes" },
  gzipBytes: { title: "bundle, gzip", unit: "bytes" },
  emptyCpu: { title: "Node.js alone (not counted below), CPU", unit: "ms" },
  coldUnpaidCpu: { title: "cold start to the first 402, CPU", unit: "ms" },
  coldPaidCpu: { title: "cold start to the first paid, CPU", unit: "ms" },
  youngUnpaidCpu: { title: "unpaid, requests 2 to 20, CPU", unit: "ms" },
  hotUnpaidCpu: { title: "unpaid, warm, CPU", unit: "ms" },
  youngRejectedCpu: { title: "forged, requests 2 to 20, CPU", unit: "ms" },
  hotRejectedCpu: { title: "forged, warm, CPU", unit: "ms" },
  youngPaidCpu: { title: "paid, requests 2 to 20, CPU", unit: "ms" },
  hotPaidCpu: { title: "paid, warm, CPU", unit: "ms" },
  hotPaidWall: { title: "paid, warm, time", unit: "ms" },
  memory: { title: "resident after 1,000 paid", unit: "megabytes" },
  callsAtStart: { title: "facilitator calls at the start", unit: "count" },
  callsPerPaid: { title: "facilitator calls, each paid", unit: "count" },
  connections: { title: "connections for 1,000 paid", unit: "count" },
  slowUnpaidWall: { title: "first 402 under 7 % of a core, time", unit: "ms" },
  slowPaidWall: { title: "first paid under 7 % of a core, time", unit: "ms" },
  slowYoungPaidWall: { title: "paid requests 2 to 10 under 7 % of a core, time", unit: "ms" },
} as const satisfies Readonly<Record<string, { readonly title: string; readonly unit: Unit }>>;

export type Metric = keyof typeof metrics;

export interface Samples {
  add(contestant: ContestantName, metric: Metric, value: number): void;
  /** Every one, for whoever wants to see how far apart they are. */
  all(): Readonly<Record<string, Partial<Record<Metric, readonly number[]>>>>;
  figures(): Figures;
}

/** The median; null where it was not measured, or makes no sense. */
export type Figures = (contestant: ContestantName, metric: Metric) => number | null;

export function createSamples(): Samples {
  const kept = new Map<ContestantName, Map<Metric, number[]>>();
  return {
    add(contestant, metric, value) {
      const own = kept.get(contestant) ?? new Map<Metric, number[]>();
      kept.set(contestant, own);
      own.set(metric, [...(own.get(metric) ?? []), value]);
    },
    all: () => Object.fromEntries([...kept].map(([name, own]) => [name, Object.fromEntries(own)])),
    figures: () => (contestant, metric) => median(kept.get(contestant)?.get(metric) ?? []),
  };
}
