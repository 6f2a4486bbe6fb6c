/** Whether the durations fit into one another, and into the limits of what runs them. */

import type { AcceptedNetwork } from "../../protocol/config.ts";
import type { Merchant } from "../../protocol/merchant.ts";
import type { Chain } from "../../protocol/network.ts";
import type { Fault } from "./fault.ts";

/** Between the gateway's own deadline and the one at which Lambda@Edge ends it. Milliseconds. */
const EDGE_MARGIN_MS = 300;

/** Agents, AgentCore's among them, hang up after this long. Milliseconds. */
const AGENT_PATIENCE_MS = 30_000;
/** The network's share of that. Milliseconds. */
const TRANSIT_MS = 1_500;

/** A call to the supplier or the chain that began in time may take this much longer. Milliseconds. */
const LAST_CALL_MS = 5_000;

/** With fewer, a reorganised chain can take back what was delivered for it. Blocks. */
const MIN_CONFIRMATIONS = 12;

/** Seconds between blocks, rounded up where they vary. */
const BLOCK_SECONDS: Readonly<Record<Chain, number>> = {
  polygon: 3,
  base: 2,
  arbitrum: 0.3,
  "base-sepolia": 2,
};

export function timingFaults({ config, deployment }: Merchant): Fault[] {
  const { edgeMs, originMs } = config.budgets;
  const faults: Fault[] = [];
  const edgeLimitMs = deployment.edge.timeoutSeconds * 1_000 - EDGE_MARGIN_MS;
  if (edgeMs > edgeLimitMs) {
    faults.push({
      path: "budgets.edgeMs",
      problem: `Lambda@Edge ends the function after ${deployment.edge.timeoutSeconds} s, in the middle of a settlement`,
      fix: `write at most ${edgeLimitMs}, or raise deploy.edge.timeoutSeconds`,
    });
  }
  const agentLimitMs = AGENT_PATIENCE_MS - TRANSIT_MS - edgeMs;
  if (originMs > agentLimitMs) {
    faults.push({
      path: "budgets.originMs",
      problem: `with ${edgeMs} ms at the edge, agents that wait ${AGENT_PATIENCE_MS / 1_000} s hang up before the answer`,
      fix: `write at most ${agentLimitMs}`,
    });
  }
  const claimSeconds = Math.ceil((edgeMs + originMs + LAST_CALL_MS) / 1_000);
  if (config.unclaimedAfterSeconds < claimSeconds) {
    faults.push({
      path: "unclaimedAfterSeconds",
      problem: "payments would be given back while their requests are still under way",
      fix: `write at least ${claimSeconds}`,
    });
  }
  return [...faults, ...config.networks.flatMap(proofFaults(config.unclaimedAfterSeconds))];
}

function proofFaults(unclaimedAfterSeconds: number) {
  return ({ chain, confirmations }: AcceptedNetwork, index: number): Fault[] => {
    const path = `networks.${index}.confirmations`;
    if (confirmations < MIN_CONFIRMATIONS && !chain.testnet) {
      const problem = "a reorganised chain could take a proven payment back";
      return [{ path, problem, fix: `write at least ${MIN_CONFIRMATIONS}` }];
    }
    const seconds = Math.ceil(confirmations * BLOCK_SECONDS[chain.chain]);
    if (seconds < unclaimedAfterSeconds) return [];
    return [
      {
        path,
        problem: `they take about ${seconds} s, and a payment that nobody claimed is given back after ${unclaimedAfterSeconds} s`,
        fix: "write fewer, or raise unclaimedAfterSeconds",
      },
    ];
  };
}
