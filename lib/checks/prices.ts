/** What is for sale, and whether the merchant loses money on it. */

import type { Catalog } from "../../protocol/catalog.ts";
import type { Config } from "../../protocol/config.ts";
import type { Metered } from "../../protocol/metered.ts";
import { formatUsdc, type Usdc, usdc } from "../../protocol/money.ts";
import { meteredPrice, regionLimits } from "../../protocol/pricing.ts";
import { wholesaleCost } from "../../protocol/wholesale.ts";
import type { Fault } from "./fault.ts";

/** USDC 0.05. Below it, what a settlement and a supplier's order cost outweighs the price. */
const MIN_PLAN_PRICE: Usdc = usdc(50_000n);
/** USDC 0.01. */
const MIN_RESOURCE_PRICE: Usdc = usdc(10_000n);

/** Characters. */
const MAX_TOP_UP_URL = 100;

/** What the origin has behind a fixed price. It refuses to start with any other. */
const servedResources: readonly string[] = ["/report"];

export function priceFaults(config: Config): Fault[] {
  const { catalog } = config;
  const plans = Object.entries(catalog.plans).flatMap(([plan, { price, wholesaleUsd }]) => {
    const path = `catalog.plans.${plan}.price`;
    const wholesale = wholesaleCost(wholesaleUsd);
    if (price < wholesale) {
      const problem = `the supplier charges ${formatUsdc(wholesale)} for it`;
      return [{ path, problem, fix: "ask for more than that" }];
    }
    return belowMinimum(path, price, MIN_PLAN_PRICE);
  });
  const resources = Object.entries(catalog.resources).flatMap(([path, { price }]) =>
    belowMinimum(`catalog.resources.${path}.price`, price, MIN_RESOURCE_PRICE),
  );
  return [...plans, ...meteredFaults(catalog), ...topUpFaults(config), ...resources];
}

/** What they cost depends on the eSIM: the origin offers those that it would not lose money on. */
function topUpFaults({ catalog: { topUps = [] }, publicUrl }: Config): Fault[] {
  const prices = topUps.flatMap(({ price }, at) =>
    belowMinimum(`catalog.topUps.${at}.price`, price, MIN_PLAN_PRICE),
  );
  if (topUps.length === 0 || publicUrl.length <= MAX_TOP_UP_URL) return prices;
  const problem = "the challenge of a top-up, which repeats it, would be longer than clients read";
  return [
    ...prices,
    { path: "publicUrl", problem, fix: `choose one of at most ${MAX_TOP_UP_URL} characters` },
  ];
}

/** Prices never go under the cost, so what can be wrong is that an advertised price, region or carrier can't be had. */
function meteredFaults(catalog: Catalog): Fault[] {
  const { metered } = catalog;
  if (metered === undefined) return [];
  return [
    ...belowMinimum("catalog.metered.minimum", metered.minimum, MIN_PLAN_PRICE),
    ...Object.keys(metered.regions).flatMap((region) => regionFaults(catalog, metered, region)),
    ...carrierFaults(metered),
  ];
}

function regionFaults(catalog: Catalog, { starter }: Metered, region: string): Fault[] {
  const path = `catalog.metered.regions.${region}`;
  const priced = meteredPrice(catalog, { region, dataMb: starter.dataMb, carrier: null });
  if (!priced.ok) {
    const problem = "no package covers it with the starter's data";
    return [{ path, problem, fix: "list one in catalog.metered.packages, or leave the region out" }];
  }
  if (priced.value.price <= starter.price) return [];
  const problem = `the starter costs ${formatUsdc(priced.value.price)} here, by the supplier's price and the margin`;
  return [{ path, problem, fix: "ask for as much for the starter, or list a cheaper package" }];
}

function carrierFaults(metered: Metered): Fault[] {
  const served = Object.values(metered.regions).flatMap(
    ({ coverage }) => regionLimits(metered, coverage).carriers,
  );
  return Object.keys(metered.carriers)
    .filter((carrier) => !served.includes(carrier))
    .map((carrier) => ({
      path: `catalog.metered.carriers.${carrier}`,
      problem: "no package works on its network in all of a region",
      fix: "write its operator as the supplier does, here and in the packages, or leave it out",
    }));
}

function belowMinimum(path: string, price: Usdc, minimum: Usdc): Fault[] {
  if (price >= minimum) return [];
  return [{ path, problem: "the price is under the minimum", fix: `ask for ${formatUsdc(minimum)} or more` }];
}

export function resourceFaults({ catalog }: Config): Fault[] {
  return Object.keys(catalog.resources)
    .filter((path) => !servedResources.includes(path))
    .map((path) => ({
      path: `catalog.resources.${path}`,
      problem: "the origin has nothing behind this path",
      fix: "leave it out, or put X402Paywall in front of an origin of your own",
    }));
}
