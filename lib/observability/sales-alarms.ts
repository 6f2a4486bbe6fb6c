/** Alarms on sales that go wrong: unresolved settlements, refunds instead of goods, and what the supplier refuses. */

import {
  type AlarmDefinition,
  type OriginWatched,
  QUIET_IS_GOOD,
  SILENCE_IS_THE_FAULT,
} from "./alarm-definition.ts";

/** In five minutes. The claims of payments that came unresolved from the edge, whichever region it ran in. */
const UNRESOLVED_SETTLEMENTS = 5;

/** In fifteen minutes. One supplier's order may fail by itself; five are an outage, and buyers get nothing. */
const MANY_REFUNDS = 5;

/** Milliseconds. A profile takes up to 30 s, and the request answers 202 after 23 s. */
const SLOW_PROVISIONING_MS = 20_000;

const AT_ONCE = { periodMinutes: 5, periods: [1, 1] } as const;
const LASTING = { periodMinutes: 5, periods: [3, 3] } as const;
const REPEATED = { periodMinutes: 5, periods: [2, 3] } as const;

export const salesAlarms: readonly AlarmDefinition<OriginWatched>[] = [
  {
    id: "settlements-unresolved",
    title: "Settlements end unresolved",
    severity: "page",
    watched: { of: "service", metric: "Purchases", dimensions: { State: "settling" } },
    statistic: "Sum",
    goesOff: ">=",
    threshold: UNRESOLVED_SETTLEMENTS,
    ...REPEATED,
    missing: QUIET_IS_GOOD,
    why: "The facilitator is slow or failing; the origin finds each one out on chain, at the price of time.",
  },
  {
    id: "refunds-many",
    title: "Many sales end in refunds",
    severity: "page",
    watched: { of: "service", metric: "Refunds", dimensions: { Outcome: "due" } },
    statistic: "Sum",
    goesOff: ">=",
    threshold: MANY_REFUNDS,
    periodMinutes: 15,
    periods: [1, 1],
    missing: QUIET_IS_GOOD,
    why: "Buyers pay and get their money back instead of goods, and the wallet empties.",
  },
  {
    id: "supplier-refuses",
    title: "The supplier refuses our account",
    severity: "page",
    watched: { of: "service", metric: "SupplierFailures", dimensions: { Reason: "access_denied" } },
    statistic: "Sum",
    goesOff: ">=",
    threshold: 1,
    ...AT_ONCE,
    missing: QUIET_IS_GOOD,
    why: "The access code, its secret or our address is not taken, so every sale ends in a refund.",
  },
  {
    id: "supplier-out-of-credit",
    title: "The supplier's credit is used up",
    severity: "page",
    watched: { of: "service", metric: "SupplierFailures", dimensions: { Reason: "insufficient_balance" } },
    statistic: "Sum",
    goesOff: ">=",
    threshold: 1,
    ...AT_ONCE,
    missing: QUIET_IS_GOOD,
    why: "Every sale of a plan ends in a refund until it is topped up.",
  },
  {
    id: "price-moved",
    title: "The supplier's price is not the catalog's",
    severity: "ticket",
    watched: { of: "service", metric: "SupplierFailures", dimensions: { Reason: "price_moved" } },
    statistic: "Sum",
    goesOff: ">=",
    threshold: 1,
    ...AT_ONCE,
    missing: QUIET_IS_GOOD,
    why: "The order is refused rather than bought too dear, so that plan sells nothing but refunds.",
  },
  {
    id: "provisioning-slow",
    title: "Goods come slowly",
    severity: "ticket",
    watched: { of: "service", metric: "ProvisioningLatency" },
    statistic: "p95",
    goesOff: ">=",
    threshold: SLOW_PROVISIONING_MS,
    ...LASTING,
    missing: QUIET_IS_GOOD,
    why: "Buyers are about to get 202 and poll; after a minute they get refunds.",
  },
  {
    id: "pool-empty",
    title: "A plan's pool stays empty",
    severity: "ticket",
    watched: { of: "service", metric: "PoolLevel" },
    statistic: "Maximum",
    goesOff: "<",
    threshold: 1,
    ...LASTING,
    missing: SILENCE_IS_THE_FAULT,
    why: "Refills fail, or it is too small for its sales; the plan sells at the supplier's speed meanwhile.",
  },
  {
    id: "usage-disputed",
    title: "A buyer contests an eSIM's usage",
    severity: "ticket",
    watched: { of: "service", metric: "Disputes" },
    statistic: "Sum",
    goesOff: ">=",
    threshold: 1,
    ...AT_ONCE,
    missing: QUIET_IS_GOOD,
    why: "The eSIM is suspended and nothing counts, until a person has looked at the records.",
  },
  {
    id: "usage-refused",
    title: "Usage records don't verify",
    severity: "ticket",
    watched: { of: "service", metric: "RefusedUsageRecords" },
    statistic: "Sum",
    goesOff: ">=",
    threshold: 1,
    ...AT_ONCE,
    missing: QUIET_IS_GOOD,
    why: "Somebody forges records, or the issuer has a key that is not configured, and usage no longer counts.",
  },
];
