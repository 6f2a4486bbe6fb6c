/** What `GET /report` sells: the plans compared by what their data and days cost. */

import type { Catalog } from "../protocol/catalog.ts";
import { formatUsdc, type Usdc, usdc } from "../protocol/money.ts";

const MB_PER_GB = 1_024n;

/** JSON text. @param now Unix milliseconds */
export function priceReport(catalog: Catalog, now: number): string {
  const plans = Object.entries(catalog.plans).map(([id, plan]) => ({
    plan: id,
    title: plan.title,
    price_usdc: formatUsdc(plan.price),
    usdc_per_gb: formatUsdc(per(plan.price * MB_PER_GB, BigInt(plan.dataMb))),
    usdc_per_day: formatUsdc(per(plan.price, BigInt(plan.days))),
    countries: plan.coverage.length,
  }));
  return JSON.stringify({
    report: "eSIM data prices by plan",
    generated_at: new Date(now).toISOString(),
    currency: "USDC",
    plans,
  });
}

/** Rounded up to an atomic unit, as prices are. */
function per(amount: bigint, count: bigint): Usdc {
  return usdc((amount + count - 1n) / count);
}
