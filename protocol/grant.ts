/**
 * The grant: what the edge tells the origin about one request, in a JWT that lives a minute.
 *
 * It replaces the payment header. The origin answers nothing without one, so knowing the origin's URL is useless, and
 * what it says of the payment can't be made up by a client.
 */

import type { Authorization } from "./eip3009.ts";
import type { ErrorCode } from "./errors.ts";
import type { Address, Hex } from "./hex.ts";
import { signJwt } from "./jwt.ts";
import { type HmacKey, macBy, signingKey } from "./keys.ts";
import type { Network } from "./network.ts";
import type { X402Version } from "./payment.ts";

/** Why a payment may only be looked up: what to answer where it bought nothing. */
export const lookupCodes = [
  "payment_expired",
  "invoice_expired",
  "insufficient_funds",
  "facilitator_unavailable",
] as const satisfies readonly ErrorCode[];

export type LookupCode = (typeof lookupCodes)[number];

export type GrantedSettlement =
  /** The facilitator said so, to this very request. */
  | { readonly state: "settled"; readonly transaction: Hex }
  /** Handed over, or about to be; it may land. The signature lets the origin settle it again. */
  | { readonly state: "unknown"; readonly signature: Hex }
  /** Found valid, and handed over to nobody: the origin settles it once the goods are secured. */
  | { readonly state: "verified"; readonly signature: Hex }
  /** Likewise, at an edge that else settles by itself: another request may have handed it over. */
  | { readonly state: "deferred"; readonly signature: Hex }
  /** The nonce was used before this request came. */
  | { readonly state: "spent" }
  /** Unused when this request asked, used when it settled: by this very request, or by another in the same moment. */
  | { readonly state: "contested" }
  /** It will not be settled now, but it may have bought something earlier. */
  | { readonly state: "lookup"; readonly code: LookupCode };

export interface GrantedPayment {
  readonly x402Version: X402Version;
  readonly network: Network;
  readonly authorization: Authorization;
  /** The id of the invoice that the caller presented and the edge authenticated for this fingerprint, or null. */
  readonly invoiceId: string | null;
  /** Digests of the payment identifier and the idempotency key that came with it. */
  readonly replayKeys: readonly Hex[];
  readonly settlement: GrantedSettlement;
  /** Milliseconds that the edge spent in each call, for `Server-Timing`. */
  readonly timings: { readonly verify?: number; readonly settle?: number };
}

/** A transaction that is said to have paid; only the chain can tell. */
export interface GrantedProof {
  readonly transaction: Hex;
  /** The invoice token, which the edge authenticated for this fingerprint; null where a bare hash is accepted. */
  readonly invoice: string | null;
  /** Who signed the invoice, or null when nobody did. */
  readonly signedBy: Address | null;
}

export interface Grant {
  /** Random. CloudFront repeats a GET whose origin did not answer; the repetition carries the same grant. */
  readonly id: string;
  readonly fingerprint: Hex;
  /** Null on a free route, and where a proof stands in for it. */
  readonly payment: GrantedPayment | null;
  readonly proof: GrantedProof | null;
}

export const GRANT_SECONDS = 60;

export const GRANT_ID_BYTES = 12;

export const GRANT_ISSUER = "edge402/edge";
export const GRANT_AUDIENCE = "edge402/origin";

/** @param now Unix seconds */
export async function signGrant(grant: Grant, keys: readonly HmacKey[], now: number): Promise<string> {
  const key = signingKey(keys);
  const registered = {
    iss: GRANT_ISSUER,
    aud: GRANT_AUDIENCE,
    jti: grant.id,
    iat: now,
    exp: now + GRANT_SECONDS,
  };
  return signJwt({ alg: "HS256", kid: String(key.id) }, { ...claims(grant), ...registered }, (input) =>
    macBy(key)(Buffer.from(input, "latin1")),
  );
}

function claims({ fingerprint, payment, proof }: Grant) {
  if (proof !== null) {
    const { transaction, invoice, signedBy } = proof;
    return { fp: fingerprint, proof: { tx: transaction, inv: invoice, by: signedBy } };
  }
  if (payment === null) return { fp: fingerprint };
  const { from, to, value, validAfter, validBefore, nonce } = payment.authorization;
  return {
    fp: fingerprint,
    pay: {
      ver: payment.x402Version,
      net: payment.network.caip2,
      from,
      to,
      value: value.toString(),
      after: validAfter.toString(),
      before: validBefore.toString(),
      nonce,
      inv: payment.invoiceId,
      keys: payment.replayKeys,
      settlement: payment.settlement,
      ms: payment.timings,
    },
  };
}
