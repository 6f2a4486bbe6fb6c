/** What edge402 promises of its own weight, judged against floor and peers of the same run. */

import type { Rejection, Rejections } from "./edge/check.ts";
import { FLOOR_402, FLOOR_PAID, OURS, peers } from "./edge/contestants.ts";
import type { Figures, Metric } from "./edge/figures.ts";
import { best, ratio } from "./statistics.ts";

export interface Verdict {
  readonly target: string;
  /** Null where it could not be measured, which is a miss. */
  readonly value: number | null;
  readonly limit: number;
  readonly unit: "×" | "bytes" | "calls" | "write units";
  readonly ok: boolean;
}

export interface Judged {
  readonly figures: Figures;
  /** Our own answers to payments with which something is wrong. */
  readonly rejections: Pick<Rejections, "forged" | "underpaid" | "expired"> | undefined;
  /** Of one purchase from a pool; null where it was not measured. */
  readonly poolWriteUnits: number | null;
}

const MAX_BUNDLE_BYTES = 100_000;
const MAX_POOL_WRITE_UNITS = 4;

export function judge({ figures, rejections, poolWriteUnits }: Judged): readonly Verdict[] {
  const ours = (metric: Metric) => figures(OURS, metric);
  const overPeers = (metric: Metric) => ratio(ours(metric), best(peers.map((peer) => figures(peer, metric))));
  return [
    verdict(
      "cold start to the first 402, of the floor's",
      ratio(ours("coldUnpaidCpu"), figures(FLOOR_402, "coldUnpaidCpu")),
      2.5,
      "×",
    ),
    verdict("cold start to the first 402, of the best peer's", overPeers("coldUnpaidCpu"), 0.15, "×"),
    verdict("cold start to the first paid, of the best peer's", overPeers("coldPaidCpu"), 0.35, "×"),
    verdict("warm unpaid request, of the best peer's", overPeers("hotUnpaidCpu"), 0.5, "×"),
    verdict("warm paid request, of the best peer's", overPeers("hotPaidCpu"), 1, "×"),
    verdict(
      "warm paid request, of the floor's",
      ratio(ours("hotPaidCpu"), figures(FLOOR_PAID, "hotPaidCpu")),
      2.5,
      "×",
    ),
    verdict("facilitator calls for a forged payment", callsFor(rejections?.forged), 0, "calls"),
    verdict("facilitator calls for an expired payment", callsFor(rejections?.expired), 0, "calls"),
    verdict("facilitator calls for an underpaid payment", callsFor(rejections?.underpaid), 0, "calls"),
    verdict("bundle", ours("bytes"), MAX_BUNDLE_BYTES, "bytes"),
    verdict("memory after 1,000 paid requests, of the best peer's", overPeers("memory"), 0.6, "×"),
    verdict(
      "DynamoDB write units of a purchase from a pool",
      poolWriteUnits,
      MAX_POOL_WRITE_UNITS,
      "write units",
    ),
  ];
}

function verdict(target: string, value: number | null, limit: number, unit: Verdict["unit"]): Verdict {
  return { target, value, limit, unit, ok: value !== null && value <= limit };
}

/** Null for one that was not rejected. */
function callsFor(rejection: Rejection | undefined): number | null {
  return rejection?.outcome === "asked_to_pay" ? rejection.facilitatorCalls : null;
}
