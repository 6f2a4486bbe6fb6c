/** How a purchase can end, and the exit code that tells a shell so. The one table of both. */

export interface Ending {
  readonly exitCode: number;
  readonly meaning: string;
}

export const endings = {
  bought: { exitCode: 0, meaning: "bought: paid for and delivered" },
  free: { exitCode: 0, meaning: "free: the server asked for no payment" },
  price_over_limit: { exitCode: 3, meaning: "the price is over --max-amount; nothing was signed" },
  no_acceptable_offer: {
    exitCode: 4,
    meaning: "no offer this agent would sign (chain, asset, scheme, terms); nothing was signed",
  },
  payment_rejected: { exitCode: 5, meaning: "the payment was rejected" },
  insufficient_funds: { exitCode: 6, meaning: "the wallet does not hold enough USDC" },
  outcome_unknown: { exitCode: 7, meaning: "unknown: money may be in flight; don't pay again yet" },
  settled_not_delivered: { exitCode: 8, meaning: "the money was taken and the goods were not delivered" },
  refunded: { exitCode: 11, meaning: "the goods could not be delivered, and the money was returned" },
  server_failed: { exitCode: 9, meaning: "the server or the network failed; no money moved" },
  refused: { exitCode: 10, meaning: "the server refused the request (4xx); no money is known to have moved" },
} as const satisfies Record<string, Ending>;

export type Outcome = keyof typeof endings;

/** A fault of this program. */
export const CRASH_EXIT_CODE = 1;
