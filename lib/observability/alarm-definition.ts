/** What an alarm is, as data: what it watches, when it goes off, how urgent it is, and why it exists. */

import type { Merchant } from "../../protocol/merchant.ts";
import type { MetricName } from "../../protocol/metrics.ts";

/**
 * - `page`: money or goods are at stake now; somebody should look within minutes.
 * - `ticket`: nothing is lost yet; somebody should look within a working day.
 */
export type Severity = "page" | "ticket";

/** A metric of our own. Where it is written by chain, or by plan, there is one alarm for each chain, or pooled plan. */
interface OwnMetric {
  readonly of: "service";
  readonly metric: MetricName;
  /** Values of its dimensions other than `Service`, `Chain` and `Plan`. */
  readonly dimensions?: Readonly<Record<string, string>>;
}

export type OriginWatched =
  | OwnMetric
  /** One alarm for each function. */
  | { readonly of: "function"; readonly metric: "Errors" | "Throttles" }
  /** One alarm for each schedule, over the time of several runs. */
  | { readonly of: "schedule"; readonly metric: "Invocations" }
  | { readonly of: "work-queue"; readonly metric: "ApproximateAgeOfOldestMessage" }
  | { readonly of: "work-dead-letters"; readonly metric: "ApproximateNumberOfMessagesVisible" }
  /** One alarm for each schedule. */
  | { readonly of: "schedule-dead-letters"; readonly metric: "ApproximateNumberOfMessagesVisible" }
  | { readonly of: "table"; readonly metric: "ThrottledRequests" | "SystemErrors" }
  /** Percent of the requests, once there are enough to speak of a share. */
  | { readonly of: "api"; readonly metric: "5xx" };

export type EdgeWatched =
  | OwnMetric
  /** Percent of the requests, once there are enough to speak of a share. */
  | { readonly of: "distribution"; readonly metric: "5xxErrorRate" }
  /** Counts, over all regions: CloudFront reports them for the distribution. */
  | {
      readonly of: "distribution";
      readonly metric: "LambdaExecutionError" | "LambdaValidationError" | "LambdaLimitExceededErrors";
    }
  /** Of the copies that run in us-east-1. */
  | { readonly of: "edge-function"; readonly metric: "Duration" }
  | { readonly of: "web-acl"; readonly metric: "BlockedRequests" };

/** What an alarm makes of a period without data, and why that is right for it. */
export interface Missing {
  readonly treat: "breaching" | "notBreaching" | "ignore";
  readonly because: string;
}

export const QUIET_IS_GOOD: Missing = {
  treat: "notBreaching",
  because: "it is written only when something happens, so no data means that nothing did",
};

export const SILENCE_IS_THE_FAULT: Missing = {
  treat: "breaching",
  because: "it is written all the time, so no data means that its writer does not run",
};

export const LAST_LEVEL_STANDS: Missing = {
  treat: "ignore",
  because: "a source that can't be reached writes no level, and the last one that was seen still holds",
};

export interface AlarmDefinition<Watched = OriginWatched | EdgeWatched> {
  /** Kebab case; the anchor of its section in `docs/runbook.md`. */
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly watched: Watched;
  readonly statistic: "Sum" | "Maximum" | "Minimum" | "Average" | "SampleCount" | "p95";
  readonly goesOff: ">=" | "<";
  /** In the metric's unit; some depend on what is sold or on how it is deployed. */
  readonly threshold: number | ((merchant: Merchant) => number);
  readonly periodMinutes: number;
  /** So many of the last so many periods. */
  readonly periods: readonly [breaching: number, of: number];
  readonly missing: Missing;
  readonly why: string;
}
