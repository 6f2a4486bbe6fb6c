/** What is for sale, as `GET /v1/plans` lists it: plans at fixed prices, and data by the megabyte. */

import type { Catalog } from "../../protocol/catalog.ts";
import type { AcceptedNetwork } from "../../protocol/config.ts";
import type { Metered } from "../../protocol/metered.ts";
import { formatUsdc } from "../../protocol/money.ts";
import { regionLimits } from "../../protocol/pricing.ts";

export function plansView({ plans, metered, topUps }: Catalog, networks: readonly AcceptedNetwork[]): object {
  return {
    currency: "USDC",
    chains: networks.map(({ chain }) => chain.chain),
    plans: Object.entries(plans).map(([id, plan]) => ({
      plan: id,
      title: plan.title,
      amount_usdc: formatUsdc(plan.price),
      data_mb: plan.dataMb,
      days: plan.days,
      coverage: plan.coverage,
    })),
    metered: metered === undefined ? null : meteredView(metered),
    top_ups:
      topUps?.map(({ dataMb, price }) => ({ data_mb: dataMb, amount_usdc: formatUsdc(price) })) ?? null,
  };
}

/** The rates are where a price begins; with `?dry_run` a request is told what it comes to. */
function meteredView(metered: Metered): object {
  const { starter, minimum, regions, carriers } = metered;
  return {
    starter: { data_mb: starter.dataMb, amount_usdc: formatUsdc(starter.price) },
    minimum_usdc: formatUsdc(minimum),
    regions: Object.entries(regions).map(([region, { coverage, perMb }]) => {
      const limits = regionLimits(metered, coverage);
      return {
        region,
        usdc_per_mb: perMb,
        max_data_mb: limits.maxDataMb,
        carriers: limits.carriers,
        coverage,
      };
    }),
    carriers: Object.entries(carriers).map(([carrier, { perMb }]) => ({ carrier, usdc_per_mb: perMb })),
  };
}
