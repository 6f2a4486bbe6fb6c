/** What the local stack is, for a person and for a script. */

import type { Stack, StackLogEvent } from "../local/stack/start-stack.ts";

/** One JSON object: where everything is, and a key with money to spend on it. */
export function stackJson(stack: Stack): Record<string, unknown> {
  return {
    gateway: stack.url,
    origin: stack.originUrl,
    facilitator: stack.facilitator.url,
    supplier: stack.supplier.url,
    dynamodb: stack.dynamo.url,
    table: stack.dynamo.table,
    chains: stack.chains.map(({ network, rpcUrl }) => ({
      chain: network.chain,
      chainId: network.chainId,
      network: network.caip2,
      rpcUrl,
      usdc: network.usdc.address,
    })),
    payerKey: stack.secrets.payerKey,
  };
}

export function stackText(stack: Stack): string {
  const rows: readonly (readonly [string, string])[] = [
    ["gateway", stack.url],
    ["origin", stack.originUrl],
    ["facilitator", stack.facilitator.url],
    ["supplier", stack.supplier.url],
    ["dynamodb", stack.dynamo.url],
    ["table", stack.dynamo.table],
    ...stack.chains.map(({ network, rpcUrl }) => [`chain ${network.chainId}`, rpcUrl] as const),
  ];
  return rows.map(([name, url]) => `  ${name.padEnd(14)}${url}`).join("\n");
}

/** The steps of a purchase that happen out of the agent's sight, in words. Undefined for what a person need not see. */
export function logLine(event: StackLogEvent): string | undefined {
  switch (event.event) {
    case "payment_settled":
      return `Verified and settled in ${event.ms} ms: ${event.transaction}`;
    case "settlement_unknown":
      return `The settlement's outcome is unknown (${event.fault}); the origin finds out`;
    case "purchase_claimed":
      return `Claimed as ${event.order}`;
    case "purchase_moved":
      if (event.state === "ordered") return "Ordered at the supplier; waiting for the profile";
      if (event.state === "delivered") return "Provisioned";
      return `The purchase is ${event.state}`;
    case "internal_error":
      return `Internal error at the ${event.at}: ${event.error}`;
    default:
      return undefined;
  }
}
