/** How the catalog differs from the supplier's packages. Pure. */

import type { SupplierPackage } from "../../origin/supplier/port.ts";
import type { Catalog } from "../../protocol/catalog.ts";
import { formatUsdc, type Usdc } from "../../protocol/money.ts";
import { formatWholesale, wholesaleCost, wholesalePrice } from "../../protocol/wholesale.ts";

/** A plan or a metered package: something of the catalog that is bought as a package. */
export interface Entry {
  /** Where it is in the configuration, such as `catalog.plans.us-7day`. */
  readonly path: string;
  readonly packageCode: string;
  readonly wholesaleUsd: string;
  readonly dataMb: number;
  readonly days: number;
  readonly coverage: readonly string[];
  /** By country. */
  readonly operators: Readonly<Record<string, readonly string[]>>;
  /** What it is sold for; null where the price follows the cost. */
  readonly price: Usdc | null;
}

export type Difference = { readonly entry: Entry } & (
  | { readonly kind: "gone" }
  /** `underCost`: it is sold for less than it costs now. */
  | { readonly kind: "price"; readonly now: string; readonly underCost: boolean }
  | { readonly kind: "other"; readonly what: string }
);

const BYTES_PER_MB = 1_048_576n;

/** Days in a unit of the supplier's. */
const UNIT_DAYS: Readonly<Record<string, number>> = { DAY: 1, MONTH: 30 };

export function entriesOf({ plans, metered }: Catalog): readonly Entry[] {
  return [
    ...Object.entries(plans).map(([name, plan]) => ({
      ...plan,
      path: `catalog.plans.${name}`,
      operators: {},
    })),
    ...(metered?.packages ?? []).map((item, index) => ({
      ...item,
      path: `catalog.metered.packages.${index}`,
      price: null,
    })),
  ];
}

export function compare(catalog: Catalog, packages: readonly SupplierPackage[]): readonly Difference[] {
  return entriesOf(catalog).flatMap((entry): Difference[] => {
    const found = packages.find(({ packageCode }) => packageCode === entry.packageCode);
    if (found === undefined) return [{ entry, kind: "gone" }];
    return [
      ...priceDifference(entry, found),
      ...otherDifferences(entry, found).map((what) => ({ entry, kind: "other" as const, what })),
    ];
  });
}

function priceDifference(entry: Entry, { unitPrice }: SupplierPackage): Difference[] {
  const now = formatWholesale(unitPrice);
  const underCost = entry.price !== null && entry.price < wholesaleCost(now);
  if (unitPrice === wholesalePrice(entry.wholesaleUsd) && !underCost) return [];
  return [{ entry, kind: "price", now, underCost }];
}

function otherDifferences(entry: Entry, found: SupplierPackage): readonly string[] {
  const differences: string[] = [];
  const bytes = BigInt(entry.dataMb) * BYTES_PER_MB;
  if (found.volumeBytes !== bytes) {
    differences.push(`holds ${found.volumeBytes / BYTES_PER_MB} MB, not ${entry.dataMb}`);
  }
  const days = found.duration * (UNIT_DAYS[found.durationUnit] ?? Number.NaN);
  if (days !== entry.days) {
    differences.push(`lasts ${found.duration} ${found.durationUnit}, not ${entry.days} DAY`);
  }
  const lost = entry.coverage.filter((country) => !found.locations.includes(country));
  if (lost.length > 0) differences.push(`does not work in ${lost.join(", ")}`);
  const more = found.locations.filter((country) => !entry.coverage.includes(country));
  if (more.length > 0) differences.push(`works also in ${more.join(", ")}`);
  for (const [country, operators] of Object.entries(entry.operators)) {
    const there = found.operators.filter(({ location }) => location === country).map(({ name }) => name);
    const missing = operators.filter((operator) => !there.includes(operator));
    if (missing.length > 0) differences.push(`does not work on ${missing.join(", ")} in ${country}`);
  }
  return differences;
}

/** One line. */
export function describeDifference(difference: Difference): string {
  const { path, packageCode, wholesaleUsd, price } = difference.entry;
  const place = `${path} (${packageCode})`;
  switch (difference.kind) {
    case "gone":
      return `${place}: the supplier has no such package`;
    case "price": {
      const moved = `${place}: costs $${difference.now}, not $${wholesaleUsd}`;
      if (!difference.underCost || price === null) return moved;
      return `${place}: costs $${difference.now} and is sold for ${formatUsdc(price)} USDC, under cost`;
    }
    case "other":
      return `${place}: ${difference.what}`;
  }
}
