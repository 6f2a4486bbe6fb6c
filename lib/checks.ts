/**
 * What a configuration can't be deployed with though it is well formed: it would lose money, or not work. Pure, so it
 * asks nobody; `npm run doctor` asks the world.
 */

import type { Merchant } from "../protocol/merchant.ts";
import { addressFaults } from "./checks/addresses.ts";
import type { Fault } from "./checks/fault.ts";
import { hostFaults } from "./checks/hosts.ts";
import { priceFaults, resourceFaults } from "./checks/prices.ts";
import { timingFaults } from "./checks/timings.ts";
import { usageKeyFaults } from "./checks/usage-keys.ts";
import { worldFaults } from "./checks/worlds.ts";

export { describeFault, type Fault } from "./checks/fault.ts";

/** The faults of a paywall in front of any origin. */
export function checkPaywall(merchant: Merchant): readonly Fault[] {
  const { config, input, deployment } = merchant;
  const mtlsFaults: Fault[] =
    config.settle === "origin-response" && deployment.originMtls !== undefined
      ? [
          {
            path: "deploy.originMtls",
            problem: "CloudFront shows no client certificate where a function runs on the origin's answers",
            fix: "leave it out, or settle elsewhere",
          },
        ]
      : [];
  return [
    ...addressFaults(config, input.networks),
    ...hostFaults(merchant),
    ...worldFaults(merchant),
    ...priceFaults(config),
    ...timingFaults(merchant),
    ...usageKeyFaults(config),
    ...mtlsFaults,
  ];
}

/** The faults of the whole deployment: gateway and eSIM store. */
export function checkMerchant(merchant: Merchant): readonly Fault[] {
  return [...checkPaywall(merchant), ...checkDeployable(merchant)];
}

/** What the eSIM store could not run with, wherever it runs. */
export function checkDeployable({ config }: Merchant): readonly Fault[] {
  const faults = resourceFaults(config);
  if (config.settle !== "origin-response") return faults;
  return [
    ...faults,
    {
      path: "settle",
      problem:
        "the eSIM store takes part in payments; origin-response is for an origin that knows nothing of them",
      fix: 'write "edge" or "origin", or put X402Paywall in front of an origin of your own',
    },
  ];
}
