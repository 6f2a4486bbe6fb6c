/** What is for sale, and whether the merchant loses money on it. */

import type { Config } from "../../protocol/config.ts";
import { formatUsdc, USDC_DECIMALS, type Usdc, usdc } from "../../protocol/money.ts";
import { wholesalePrice } from "../../protocol/wholesale.ts";
import type { Fault } from "./fault.ts";

/** USDC 0.05. Below it, what a settlement and a supplier's order cost outweighs the price. */
const MIN_PLAN_PRICE: Usdc = usdc(50_000n);
/** USDC 0.01. */
const MIN_RESOURCE_PRICE: Usdc = usdc(10_000n);

/** The supplier's dollars have four decimals, USDC has six. */
const ATOMIC_PER_WHOLESALE = 10n ** BigInt(USDC_DECIMALS - 4);

/** What the origin has behind a fixed price. It refuses to start with any other. */
const servedResources: readonly string[] = ["/report"];

export function priceFaults({ catalog }: Config): Fault[] {
  const plans = Object.entries(catalog.plans).flatMap(([plan, { price, wholesaleUsd }]) => {
    const path = `catalog.plans.${plan}.price`;
    const wholesale = usdc(wholesalePrice(wholesaleUsd) * ATOMIC_PER_WHOLESALE);
    if (price < wholesale) {
      const problem = `the supplier charges ${formatUsdc(wholesale)} for it`;
      return [{ path, problem, fix: "ask for more than that" }];
    }
    return belowMinimum(path, price, MIN_PLAN_PRICE);
  });
  const resources = Object.entries(catalog.resources).flatMap(([path, { price }]) =>
    belowMinimum(`catalog.resources.${path}.price`, price, MIN_RESOURCE_PRICE),
  );
  return [...plans, ...resources];
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
