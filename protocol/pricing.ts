/**
 * What metered data costs and which of the supplier's packages delivers it. One pure function: the edge asks it before it
 * names a price, the origin before it delivers.
 */

import type { Catalog } from "./catalog.ts";
import { entry } from "./entry.ts";
import type { Metered, MeteredPackage } from "./metered.ts";
import { USDC_DECIMALS, type Usdc, usdc } from "./money.ts";
import { fail, ok, type Result } from "./result.ts";
import { wholesaleCost, wholesalePrice, withMargin } from "./wholesale.ts";

export interface MeteredAsk {
  readonly region: string;
  /** Megabytes of 1,048,576 bytes, a whole number from 1. */
  readonly dataMb: number;
  /** Null: any network of the region will do. */
  readonly carrier: string | null;
}

export interface MeteredPrice {
  readonly price: Usdc;
  /** What is bought for it. It may hold more than was asked for. */
  readonly package: MeteredPackage;
}

export type MeteredRefusal = "region_unknown" | "carrier_unknown" | "package_unavailable";

/**
 * The price by the rates, but never under the minimum, nor under what the supplier charges plus the margin; and never
 * lower for more data.
 */
export function meteredPrice(catalog: Catalog, ask: MeteredAsk): Result<MeteredPrice, MeteredRefusal> {
  const { metered } = catalog;
  const region = metered && entry(metered.regions, ask.region);
  if (metered === undefined || region === undefined) return fail("region_unknown");
  const carrier = ask.carrier === null ? null : entry(metered.carriers, ask.carrier);
  if (carrier === undefined) return fail("carrier_unknown");

  const tiers = tiersOf(metered.packages, region.coverage, carrier?.operator ?? null);
  const chosen = tiers.find(({ dataMb }) => dataMb >= ask.dataMb);
  if (chosen === undefined) return fail("package_unavailable");
  const byRate = ratePrice(metered, (carrier ?? region).perMb, ask.dataMb);
  // Smaller packages that cost more count too: else a buyer of less would pay more.
  const floors = tiers.slice(0, tiers.indexOf(chosen) + 1).map((tier) => costFloor(metered, tier));
  return ok({ price: dearest([byRate, metered.minimum, ...floors]), package: chosen });
}

/** The packages that serve a region and an operator: of each size the cheapest, the smallest size first. */
function tiersOf(
  packages: readonly MeteredPackage[],
  coverage: readonly string[],
  operator: string | null,
): readonly MeteredPackage[] {
  const serving = packages
    .filter((item) => coverage.every((country) => serves(item, country, operator)))
    .toSorted((a, b) => a.dataMb - b.dataMb || compareCosts(a, b));
  return serving.filter(({ dataMb }, index) => serving[index - 1]?.dataMb !== dataMb);
}

export function serves(
  { coverage, operators }: MeteredPackage,
  country: string,
  operator: string | null,
): boolean {
  if (!coverage.includes(country)) return false;
  return operator === null || (entry(operators, country) ?? []).includes(operator);
}

/** Equal costs by name, so that edge and origin choose the same. */
export function compareCosts(a: MeteredPackage, b: MeteredPackage): number {
  const [costA, costB] = [wholesaleCost(a.wholesaleUsd), wholesaleCost(b.wholesaleUsd)];
  if (costA !== costB) return costA < costB ? -1 : 1;
  return a.packageCode < b.packageCode ? -1 : 1;
}

/** What the supplier charges, plus the margin. */
export function costFloor({ marginPercent }: Metered, { wholesaleUsd }: MeteredPackage): Usdc {
  return withMargin(wholesalePrice(wholesaleUsd), marginPercent);
}

function ratePrice({ starter }: Metered, perMb: string, dataMb: number): Usdc {
  const beyond = BigInt(Math.max(0, dataMb - starter.dataMb));
  const { numerator, denominator } = parseRate(perMb);
  return usdc(starter.price + roundedUp(numerator * beyond, denominator));
}

/** Atomic units a megabyte, as a fraction: rates may be finer than USDC. */
function parseRate(perMb: string): { readonly numerator: bigint; readonly denominator: bigint } {
  const [whole = "", fraction = ""] = perMb.split(".");
  return {
    numerator: BigInt(whole + fraction) * 10n ** BigInt(USDC_DECIMALS),
    denominator: 10n ** BigInt(fraction.length),
  };
}

function roundedUp(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}

function dearest(amounts: readonly Usdc[]): Usdc {
  return usdc(amounts.reduce<bigint>((most, amount) => (amount > most ? amount : most), 0n));
}

/** The carriers that can be had in a region, and the most data on any network there. */
export function regionLimits(
  { packages, carriers }: Metered,
  coverage: readonly string[],
): { readonly maxDataMb: number; readonly carriers: readonly string[] } {
  const most = (operator: string | null) => tiersOf(packages, coverage, operator).at(-1)?.dataMb ?? 0;
  const served = Object.entries(carriers).filter(([, { operator }]) => most(operator) > 0);
  return { maxDataMb: most(null), carriers: served.map(([name]) => name) };
}
