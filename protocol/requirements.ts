/** Payment requirements: the terms of an offer on one network, in each version's words. */

import type { AcceptedNetwork } from "./config.ts";
import { checksumAddress } from "./hex.ts";
import type { Usdc } from "./money.ts";

/** On which network, and to whom. */
export type Payee = Pick<AcceptedNetwork, "chain" | "payTo">;

export interface Terms {
  readonly price: Usdc;
  readonly description: string;
  readonly mimeType: string;
  /** The resource's URL, built from the configuration. */
  readonly resourceUrl: string;
  readonly maxTimeoutSeconds: number;
  /** Whether the payment is settled without being verified first. */
  readonly upfront: boolean;
}

/** x402 v2. `invoice` rides in `extra`, which clients echo whole; without it this is what a facilitator is told. */
export function requirementsV2({ chain, payTo }: Payee, terms: Terms, invoice?: string) {
  const { name, version, address } = chain.usdc;
  return {
    scheme: "exact",
    network: chain.caip2,
    amount: terms.price.toString(),
    asset: address,
    payTo: checksumAddress(payTo),
    maxTimeoutSeconds: terms.maxTimeoutSeconds,
    extra: {
      name,
      version,
      ...(terms.upfront ? { paymentFlow: "upfront" } : {}),
      ...(invoice === undefined ? {} : { invoice }),
    },
  };
}

/** x402 v1, or undefined on a network that has no v1 name. */
export function requirementsV1({ chain, payTo }: Payee, terms: Terms) {
  if (chain.v1Name === null) return undefined;
  const { name, version, address } = chain.usdc;
  return {
    scheme: "exact",
    network: chain.v1Name,
    maxAmountRequired: terms.price.toString(),
    resource: terms.resourceUrl,
    description: terms.description,
    mimeType: terms.mimeType,
    payTo: checksumAddress(payTo),
    maxTimeoutSeconds: terms.maxTimeoutSeconds,
    asset: address,
    extra: { name, version },
  };
}
