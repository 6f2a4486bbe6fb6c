/**
 * Which other package keeps the promise of a line whose own can't be had. Pure.
 *
 * It works in every country that the line was sold for, on the carrier's network where one was asked for, holds as much
 * data for as many days, or more, and costs us no more than what the line was sold for.
 */

import type { Catalog } from "../../protocol/catalog.ts";
import { entry } from "../../protocol/entry.ts";
import type { Metered, MeteredPackage } from "../../protocol/metered.ts";
import { parseMeteredName } from "../../protocol/metered-name.ts";
import type { Usdc } from "../../protocol/money.ts";
import type { EsimLine } from "../../protocol/offer.ts";
import { compareCosts, costFloor, serves } from "../../protocol/pricing.ts";
import { wholesaleCost, wholesalePrice } from "../../protocol/wholesale.ts";

export interface Alternate {
  readonly packageCode: string;
  /** US dollars × 10,000. */
  readonly wholesale: bigint;
}

/** What the buyer was told of the line. */
interface Promised {
  readonly coverage: readonly string[];
  readonly operator: string | null;
  readonly dataMb: number;
  readonly days: number;
  /** The least that a package may be sold for. */
  readonly floor: (candidate: MeteredPackage) => Usdc;
}

/**
 * The smallest that does, the cheapest of one size; undefined where there is none.
 *
 * @param tried packages that can't be had
 */
export function alternateFor(
  catalog: Catalog,
  line: Pick<EsimLine, "plan" | "packageCode" | "price">,
  tried: readonly string[],
): Alternate | undefined {
  const promised = promiseOf(catalog, line);
  if (promised === undefined) return undefined;
  const { coverage, operator, dataMb, days, floor } = promised;
  const [best] = packagesOf(catalog)
    .filter((candidate) => !tried.includes(candidate.packageCode))
    .filter((candidate) => candidate.dataMb >= dataMb && candidate.days >= days)
    .filter((candidate) => coverage.every((country) => serves(candidate, country, operator)))
    .filter((candidate) => floor(candidate) <= line.price)
    .toSorted((a, b) => a.dataMb - b.dataMb || compareCosts(a, b));
  if (best === undefined) return undefined;
  return { packageCode: best.packageCode, wholesale: wholesalePrice(best.wholesaleUsd) };
}

/** Undefined for what the catalog does not have any more: nobody can say what was promised. */
function promiseOf(
  catalog: Catalog,
  { plan: name, packageCode }: Pick<EsimLine, "plan" | "packageCode">,
): Promised | undefined {
  const asked = parseMeteredName(name);
  if (asked === undefined) {
    const plan = entry(catalog.plans, name);
    return plan && { ...plan, operator: null, floor: ({ wholesaleUsd }) => wholesaleCost(wholesaleUsd) };
  }
  const { metered } = catalog;
  const region = metered && entry(metered.regions, asked.region);
  const sold = metered?.packages.find((candidate) => candidate.packageCode === packageCode);
  if (metered === undefined || region === undefined || sold === undefined) return undefined;
  const operator = operatorOf(metered, asked.carrier);
  if (operator === undefined) return undefined;
  const { dataMb, days } = sold;
  const floor = (candidate: MeteredPackage) => costFloor(metered, candidate);
  return { coverage: region.coverage, operator, dataMb, days, floor };
}

function operatorOf({ carriers }: Metered, carrier: string | null): string | null | undefined {
  return carrier === null ? null : entry(carriers, carrier)?.operator;
}

/** All that the merchant buys. What only a plan names has no list of operators, and serves no carrier. */
function packagesOf({ plans, metered }: Catalog): readonly MeteredPackage[] {
  const listed = metered?.packages ?? [];
  const others = Object.values(plans)
    .filter(({ packageCode }) => listed.every((item) => item.packageCode !== packageCode))
    .map(({ packageCode, dataMb, days, coverage, wholesaleUsd }) => ({
      packageCode,
      dataMb,
      days,
      coverage,
      operators: {},
      wholesaleUsd,
    }));
  return [...listed, ...others];
}
