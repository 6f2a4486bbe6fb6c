/** Test money and real money must not meet: a testnet's USDC costs nothing, and goods, endpoints and facilitators do. */

import type { Merchant } from "../../protocol/merchant.ts";
import type { Fault } from "./fault.ts";

/** Endpoints name their test networks. */
const TESTNET_NAME = /sepolia|amoy|mumbai|goerli|fuji|testnet/i;

/** The x402 project's public facilitator settles on testnets alone. */
const TESTNET_FACILITATORS: readonly string[] = ["x402.org", "www.x402.org"];

const REAL_SUPPLIER = "api.esimaccess.com";

export function worldFaults({ config, deployment }: Merchant): Fault[] {
  const endpoints = config.networks.flatMap(({ chain, rpcUrl }, index) => {
    const path = `networks.${index}.rpcUrl`;
    const { hostname, pathname } = new URL(rpcUrl);
    const namesTestnet = TESTNET_NAME.test(hostname + pathname);
    if (namesTestnet && !chain.testnet) {
      return [{ path, problem: "a testnet's endpoint", fix: `write one of ${chain.label}` }];
    }
    if (!namesTestnet && /mainnet/i.test(hostname + pathname) && chain.testnet) {
      return [{ path, problem: "a mainnet's endpoint", fix: `write one of ${chain.label}` }];
    }
    return [];
  });
  const isTest = config.networks.some(({ chain }) => chain.testnet);
  const faults: Fault[] = [...endpoints];
  if (!isTest && TESTNET_FACILITATORS.includes(new URL(config.facilitatorUrl).hostname)) {
    faults.push({
      path: "facilitatorUrl",
      problem: "this facilitator settles on testnets alone",
      fix: "leave it out for Coinbase's, or write one that settles on your networks",
    });
  }
  const sellsPlans = Object.keys(config.catalog.plans).length > 0;
  if (isTest && sellsPlans && new URL(deployment.supplierUrl).hostname === REAL_SUPPLIER) {
    faults.push({
      path: "deploy.supplierUrl",
      problem: "anybody could buy real eSIMs with a testnet's worthless coins",
      fix: "write the address of a supplier simulator, or take mainnets",
    });
  }
  return faults;
}
