/**
 * Chooses the one offer of a challenge that the agent would sign.
 *
 * The challenge is hostile: what is signed is USDC as our own network table knows it, for a bounded time, to a limit.
 */

import * as v from "valibot";
import type { Address } from "../../protocol/hex.ts";
import { formatUsdc, type Usdc } from "../../protocol/money.ts";
import { type Chain, type Network, networkByCaip2, networkByV1Name } from "../../protocol/network.ts";
import { fail, ok, type Result } from "../../protocol/result.ts";
import { addressSchema, atomicSchema } from "../../protocol/schema.ts";
import type { Challenge, JsonObject } from "./challenge.ts";
import type { Outcome } from "./outcome.ts";

export interface Offer {
  readonly network: Network;
  readonly amount: Usdc;
  readonly payTo: Address;
  readonly maxTimeoutSeconds: number;
  /** The offer as it came, to be echoed. */
  readonly accepted: JsonObject;
}

export interface OfferRefusal {
  readonly outcome: Extract<Outcome, "no_acceptable_offer" | "price_over_limit">;
  readonly detail: string;
}

/** An authorization is a cheque: one that could be cashed for longer than this is not written. */
const MAX_AUTHORIZATION_SECONDS = 3_600;

const common = {
  scheme: v.literal("exact"),
  network: v.string(),
  asset: addressSchema,
  payTo: addressSchema,
  maxTimeoutSeconds: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_AUTHORIZATION_SECONDS)),
  extra: v.nullish(
    v.object({
      name: v.optional(v.string()),
      version: v.optional(v.string()),
      /** The scheme exact also moves tokens by Permit2, which needs another signature than ours. */
      assetTransferMethod: v.optional(v.literal("eip3009")),
    }),
  ),
};

const v1Offer = v.object({ ...common, maxAmountRequired: atomicSchema });
const v2Offer = v.object({ ...common, amount: atomicSchema });

export function chooseOffer(
  challenge: Challenge,
  chain: Chain | null,
  maxAmount: Usdc,
): Result<Offer, OfferRefusal> {
  for (const accepted of challenge.accepts) {
    const read = challenge.x402Version === 1 ? readV1(accepted) : readV2(accepted);
    if (read === undefined) continue;
    const { offer, domain } = read;
    const { label, usdc, chain: offered } = offer.network;
    if (chain !== null && offered !== chain) continue;
    if ((domain.name ?? usdc.name) !== usdc.name || (domain.version ?? usdc.version) !== usdc.version) {
      return refuse(
        "no_acceptable_offer",
        `The challenge names another EIP-712 domain for USDC on ${label} than "${usdc.name}" version ${usdc.version}. Nothing was signed.`,
      );
    }
    if (offer.amount > maxAmount) {
      return refuse(
        "price_over_limit",
        `The price is ${formatUsdc(offer.amount)} USDC on ${label}, the limit ${formatUsdc(maxAmount)} USDC. Nothing was signed.`,
      );
    }
    return ok(offer);
  }
  return refuse(
    "no_acceptable_offer",
    `None of the ${challenge.accepts.length} offers is USDC on ${chain ?? "a known chain"} by the scheme exact with EIP-3009. Nothing was signed.`,
  );
}

interface ReadOffer {
  readonly offer: Offer;
  /** What the challenge says of the token's EIP-712 domain: compared, never used. */
  readonly domain: { readonly name?: string | undefined; readonly version?: string | undefined };
}

function readV1(accepted: JsonObject): ReadOffer | undefined {
  const parsed = v.safeParse(v1Offer, accepted);
  if (!parsed.success) return undefined;
  const { network, maxAmountRequired, ...terms } = parsed.output;
  return known(networkByV1Name(network), { ...terms, amount: maxAmountRequired }, accepted);
}

function readV2(accepted: JsonObject): ReadOffer | undefined {
  const parsed = v.safeParse(v2Offer, accepted);
  return parsed.success ? known(networkByCaip2(parsed.output.network), parsed.output, accepted) : undefined;
}

function known(
  network: Network | undefined,
  terms: Omit<v.InferOutput<typeof v2Offer>, "network">,
  accepted: JsonObject,
): ReadOffer | undefined {
  const { asset, amount, payTo, maxTimeoutSeconds, extra } = terms;
  if (network === undefined || asset !== network.usdc.address.toLowerCase()) return undefined;
  return { offer: { network, amount, payTo, maxTimeoutSeconds, accepted }, domain: extra ?? {} };
}

function refuse(outcome: OfferRefusal["outcome"], detail: string): Result<never, OfferRefusal> {
  return fail({ outcome, detail });
}
