/**
 * Alarms on the edge. CloudFront's own metrics cover the world and are read in us-east-1; ours, and the function's,
 * land in the region next to the edge location, so those alarms hear only what runs in us-east-1.
 */

import type { Merchant } from "../../protocol/merchant.ts";
import { type AlarmDefinition, type EdgeWatched, QUIET_IS_GOOD } from "./alarm-definition.ts";

/** Percent of the requests. The gateway's own 503 are among them: a facilitator that can't be reached. */
const EDGE_FAULTS_PERCENT = 5;

/** A crash is answered 502 or 503 and may come after a settlement, which the reconciler then gives back. */
const FUNCTION_FAULTS = 3;

/** Of the time that Lambda@Edge gives the function. */
const NEAR_LIMIT_SHARE = 0.9;

/** Milliseconds. With the default budgets a settlement has 2,500 ms at least; what takes longer ends unresolved. */
const SLOW_SETTLEMENT_MS = 2_000;

/** In five minutes and on one chain: more than passing trouble of a facilitator. */
const UNKNOWN_OUTCOMES = 5;

/** Requests in five minutes, as a multiple of what one address may send before it is refused. */
const BLOCKED_ADDRESSES = 5;

const AT_ONCE = { periodMinutes: 5, periods: [1, 1] } as const;
const LASTING = { periodMinutes: 5, periods: [3, 3] } as const;
const REPEATED = { periodMinutes: 5, periods: [2, 3] } as const;

const MS_PER_SECOND = 1_000;

export const edgeAlarms: readonly AlarmDefinition<EdgeWatched>[] = [
  {
    id: "edge-faults",
    title: "The gateway answers with errors",
    severity: "page",
    watched: { of: "distribution", metric: "5xxErrorRate" },
    statistic: "Average",
    goesOff: ">=",
    threshold: EDGE_FAULTS_PERCENT,
    ...REPEATED,
    missing: QUIET_IS_GOOD,
    why: "Agents can't buy: the function, the facilitator or the origin is down.",
  },
  {
    id: "edge-function-errors",
    title: "The gateway's function crashes",
    severity: "page",
    watched: { of: "distribution", metric: "LambdaExecutionError" },
    statistic: "Sum",
    goesOff: ">=",
    threshold: FUNCTION_FAULTS,
    ...AT_ONCE,
    missing: QUIET_IS_GOOD,
    why: "It broke or ran out of time, perhaps after it settled a payment.",
  },
  {
    id: "edge-function-invalid",
    title: "CloudFront refuses what the function answers",
    severity: "page",
    watched: { of: "distribution", metric: "LambdaValidationError" },
    statistic: "Sum",
    goesOff: ">=",
    threshold: FUNCTION_FAULTS,
    ...AT_ONCE,
    missing: QUIET_IS_GOOD,
    why: "An answer breaks one of CloudFront's rules, which only a deployment can change.",
  },
  {
    id: "edge-function-throttles",
    title: "The gateway's function is throttled",
    severity: "page",
    watched: { of: "distribution", metric: "LambdaLimitExceededErrors" },
    statistic: "Sum",
    goesOff: ">=",
    threshold: FUNCTION_FAULTS,
    ...AT_ONCE,
    missing: QUIET_IS_GOOD,
    why: "A region's concurrency is used up, and agents there get 503.",
  },
  {
    id: "edge-function-slow",
    title: "The gateway's function nears its time limit",
    severity: "ticket",
    watched: { of: "edge-function", metric: "Duration" },
    statistic: "Maximum",
    goesOff: ">=",
    threshold: ({ deployment }: Merchant) =>
      NEAR_LIMIT_SHARE * deployment.edge.timeoutSeconds * MS_PER_SECOND,
    ...LASTING,
    missing: QUIET_IS_GOOD,
    why: "The gateway's own budget should end it earlier; whatever Lambda ends may have settled a payment.",
  },
  {
    id: "edge-errors",
    title: "The gateway broke on a request",
    severity: "ticket",
    watched: { of: "service", metric: "EdgeErrors" },
    statistic: "Sum",
    goesOff: ">=",
    threshold: 1,
    ...AT_ONCE,
    missing: QUIET_IS_GOOD,
    why: "An error that the code did not expect, or a grant that the origin did not take.",
  },
  {
    id: "unknown-outcomes",
    title: "Settlements on one chain end unresolved",
    severity: "ticket",
    watched: { of: "service", metric: "UnknownOutcomes" },
    statistic: "Sum",
    goesOff: ">=",
    threshold: UNKNOWN_OUTCOMES,
    ...REPEATED,
    missing: QUIET_IS_GOOD,
    why: "Says on which chain the facilitator is slow or failing; settlements-unresolved hears all regions.",
  },
  {
    id: "settle-slow",
    title: "Settlements are slow",
    severity: "ticket",
    watched: { of: "service", metric: "SettleLatency" },
    statistic: "p95",
    goesOff: ">=",
    threshold: SLOW_SETTLEMENT_MS,
    ...LASTING,
    missing: QUIET_IS_GOOD,
    why: "They are about to end unresolved at the edge.",
  },
  {
    id: "waf-blocks",
    title: "AWS WAF refuses many requests",
    severity: "ticket",
    watched: { of: "web-acl", metric: "BlockedRequests" },
    statistic: "Sum",
    goesOff: ">=",
    threshold: ({ deployment }: Merchant) => BLOCKED_ADDRESSES * deployment.requestsPerFiveMinutes,
    ...REPEATED,
    missing: QUIET_IS_GOOD,
    why: "A flood, or a managed rule that takes agents for attackers.",
  },
];
