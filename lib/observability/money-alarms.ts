/** Alarms on money: refunds, the wallet they come from, the supplier's credit, and payments that nobody can place. */

import type { Merchant } from "../../protocol/merchant.ts";
import { formatUsdc, type Usdc, usdc } from "../../protocol/money.ts";
import { wholesalePrice } from "../../protocol/wholesale.ts";
import {
  type AlarmDefinition,
  LAST_LEVEL_STANDS,
  type OriginWatched,
  QUIET_IS_GOOD,
  SILENCE_IS_THE_FAULT,
} from "./alarm-definition.ts";

/** Refunds of the dearest price that the wallet must be good for. A supplier's outage ends some purchases at once. */
const REFUNDS_IN_HAND = 10n;

/** Orders of the dearest plan that the supplier's credit must be good for. Topping it up takes hours. */
const ORDERS_IN_HAND = 20n;

/** The supplier's dollars have four decimals. */
const WHOLESALE_PER_DOLLAR = 10_000;

/** Seconds. Within ten minutes every purchase ends in goods or in a refund. */
const UNFINISHED_SECONDS = 600;

/**
 * An event that a person has to act on leaves one data point. So the alarm stays on for an hour after it, where it
 * would go out again before anybody has read the mail.
 */
const STAYS_ON = { periodMinutes: 5, periods: [1, 12] } as const;

const LEVEL = { periodMinutes: 5, periods: [2, 3] } as const;

/** Half an hour without a single value: no passing fault of an endpoint. */
const UNSEEN = { periodMinutes: 10, periods: [3, 3] } as const;

function refundReserve({ config: { catalog } }: Merchant): number {
  const prices = [...Object.values(catalog.plans), ...Object.values(catalog.resources)].map(
    ({ price }) => price,
  );
  return Number(formatUsdc(usdc(REFUNDS_IN_HAND * largest(prices))));
}

function supplierReserve({ config: { catalog } }: Merchant): number {
  const prices = Object.values(catalog.plans).map(({ wholesaleUsd }) => wholesalePrice(wholesaleUsd));
  return Number(ORDERS_IN_HAND * largest(prices)) / WHOLESALE_PER_DOLLAR;
}

function largest(amounts: readonly (bigint | Usdc)[]): bigint {
  return amounts.reduce<bigint>((most, amount) => (amount > most ? amount : most), 0n);
}

export const moneyAlarms: readonly AlarmDefinition<OriginWatched>[] = [
  {
    id: "refund-blocked",
    title: "A refund can't be paid",
    severity: "page",
    watched: { of: "service", metric: "Refunds", dimensions: { Outcome: "blocked" } },
    statistic: "Sum",
    goesOff: ">=",
    threshold: 1,
    ...STAYS_ON,
    missing: QUIET_IS_GOOD,
    why: "A buyer's money is with us, unearned: the wallet is too low or its key does not sign.",
  },
  {
    id: "refund-lost",
    title: "A refund's nonce was spent by something else",
    severity: "page",
    watched: { of: "service", metric: "Refunds", dimensions: { Outcome: "lost" } },
    statistic: "Sum",
    goesOff: ">=",
    threshold: 1,
    ...STAYS_ON,
    missing: QUIET_IS_GOOD,
    why: "Only the wallet's key can do that, so somebody used it by hand or has stolen it. No program can mend it.",
  },
  {
    id: "refund-wallet-low",
    title: "The refund wallet is low",
    severity: "page",
    watched: { of: "service", metric: "RefundWallet" },
    statistic: "Minimum",
    goesOff: "<",
    threshold: refundReserve,
    ...LEVEL,
    missing: LAST_LEVEL_STANDS,
    why: `Below ${REFUNDS_IN_HAND} refunds of the dearest price, a supplier's outage can leave buyers unpaid.`,
  },
  {
    id: "refund-wallet-unseen",
    title: "A chain's endpoint does not answer",
    severity: "page",
    watched: { of: "service", metric: "RefundWallet" },
    statistic: "SampleCount",
    goesOff: "<",
    threshold: 1,
    ...UNSEEN,
    missing: SILENCE_IS_THE_FAULT,
    why: "Without the chain no unresolved payment is resolved, no refund is confirmed and nothing is reconciled.",
  },
  {
    id: "supplier-balance-low",
    title: "The supplier's credit is low",
    severity: "page",
    watched: { of: "service", metric: "SupplierBalance" },
    statistic: "Minimum",
    goesOff: "<",
    threshold: supplierReserve,
    ...LEVEL,
    missing: LAST_LEVEL_STANDS,
    why: `Below ${ORDERS_IN_HAND} orders of the dearest plan, sales are about to become refunds.`,
  },
  {
    id: "supplier-balance-unseen",
    title: "The supplier does not answer",
    severity: "page",
    watched: { of: "service", metric: "SupplierBalance" },
    statistic: "SampleCount",
    goesOff: "<",
    threshold: 1,
    ...UNSEEN,
    missing: SILENCE_IS_THE_FAULT,
    why: "What is sold while the supplier is away is refunded a minute later.",
  },
  {
    id: "unmatched-transfers",
    title: "Money came that matches nothing",
    severity: "ticket",
    watched: { of: "service", metric: "UnmatchedTransfers" },
    statistic: "Sum",
    goesOff: ">=",
    threshold: 1,
    ...STAYS_ON,
    missing: QUIET_IS_GOOD,
    why: "A plain transfer says not what it is for, so only a person can give it back.",
  },
  {
    id: "stuck-purchase",
    title: "A purchase does not come to rest",
    severity: "page",
    watched: { of: "service", metric: "OldestUnfinished" },
    statistic: "Maximum",
    goesOff: ">=",
    threshold: UNFINISHED_SECONDS,
    ...LEVEL,
    missing: QUIET_IS_GOOD,
    why: "Its goods or its refund are promised within ten minutes. Silence is the alarm watch-silent.",
  },
];
