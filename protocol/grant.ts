/**
 * The grant: what the edge tells the origin about one request, in a JWT that lives a minute.
 *
 * It replaces the payment header. The origin answers nothing without one, so knowing the origin's URL is useless, and
 * what it says of the payment can't be made up by a client.
 */

import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from "jose";
import * as v from "valibot";
import type { Authorization } from "./eip3009.ts";
import type { ErrorCode } from "./errors.ts";
import type { Address, Hex } from "./hex.ts";
import { type HmacKey, keyById, signingKey } from "./keys.ts";
import type { Network } from "./network.ts";
import { MAX_SIGNATURE_BYTES, type X402Version } from "./payment.ts";
import { fail, ok, type Result } from "./result.ts";
import {
  addressSchema,
  atomicSchema,
  bytes32Schema,
  caip2Schema,
  hexSchema,
  uint256Schema,
} from "./schema.ts";

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

/** How far the clocks of an edge location and the origin may differ, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 5;

const ISSUER = "edge402/edge";
const AUDIENCE = "edge402/origin";

const settlementSchema = v.variant("state", [
  v.strictObject({ state: v.literal("settled"), transaction: bytes32Schema }),
  v.strictObject({ state: v.literal("unknown"), signature: hexSchema(MAX_SIGNATURE_BYTES) }),
  v.strictObject({ state: v.literal("verified"), signature: hexSchema(MAX_SIGNATURE_BYTES) }),
  v.strictObject({ state: v.literal("spent") }),
  v.strictObject({ state: v.literal("contested") }),
  v.strictObject({ state: v.literal("lookup"), code: v.picklist(lookupCodes) }),
]);

const claimsSchema = v.object({
  jti: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{8,64}$/)),
  fp: bytes32Schema,
  proof: v.optional(
    v.strictObject({
      tx: bytes32Schema,
      inv: v.nullable(v.pipe(v.string(), v.maxLength(128))),
      by: v.nullable(addressSchema),
    }),
  ),
  pay: v.optional(
    v.strictObject({
      ver: v.picklist([1, 2]),
      net: caip2Schema,
      from: addressSchema,
      to: addressSchema,
      value: atomicSchema,
      after: uint256Schema,
      before: uint256Schema,
      nonce: bytes32Schema,
      inv: v.nullable(v.pipe(v.string(), v.regex(/^[0-9a-f]{20}$/))),
      keys: v.pipe(v.array(bytes32Schema), v.maxLength(2)),
      settlement: settlementSchema,
      ms: v.strictObject({ verify: v.optional(v.number()), settle: v.optional(v.number()) }),
    }),
  ),
});

/** @param now Unix seconds */
export async function signGrant(grant: Grant, keys: readonly HmacKey[], now: number): Promise<string> {
  const key = signingKey(keys);
  return new SignJWT(claims(grant))
    .setProtectedHeader({ alg: "HS256", kid: String(key.id) })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setJti(grant.id)
    .setIssuedAt(now)
    .setExpirationTime(now + GRANT_SECONDS)
    .sign(key.secret);
}

/** @param now Unix seconds */
export async function verifyGrant(
  token: string,
  keys: readonly HmacKey[],
  now: number,
): Promise<Result<Grant, "grant_invalid">> {
  try {
    const { payload } = await jwtVerify(
      token,
      ({ kid }) => {
        const key = keyById(keys, Number(kid));
        if (key === undefined) throw new errors.JWKSNoMatchingKey();
        return key.secret;
      },
      {
        algorithms: ["HS256"],
        issuer: ISSUER,
        audience: AUDIENCE,
        requiredClaims: ["iat", "exp"],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(now * 1_000),
      },
    );
    const parsed = v.safeParse(claimsSchema, payload);
    return parsed.success ? ok(fromClaims(parsed.output)) : fail("grant_invalid");
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return fail("grant_invalid");
    throw error;
  }
}

/** The id of the key that a grant is said to be signed with; nothing is verified. Undefined where it names none. */
export function grantKeyId(token: string): number | undefined {
  try {
    const { kid } = decodeProtectedHeader(token);
    return kid !== undefined && /^\d{1,3}$/.test(kid) ? Number(kid) : undefined;
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
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

function fromClaims({ jti, fp, pay, proof }: v.InferOutput<typeof claimsSchema>): Grant {
  if (proof !== undefined) {
    const granted = { transaction: proof.tx, invoice: proof.inv, signedBy: proof.by };
    return { id: jti, fingerprint: fp, payment: null, proof: granted };
  }
  if (pay === undefined) return { id: jti, fingerprint: fp, payment: null, proof: null };
  const { verify, settle } = pay.ms;
  return {
    id: jti,
    fingerprint: fp,
    proof: null,
    payment: {
      x402Version: pay.ver,
      network: pay.net,
      authorization: {
        from: pay.from,
        to: pay.to,
        value: pay.value,
        validAfter: pay.after,
        validBefore: pay.before,
        nonce: pay.nonce,
      },
      invoiceId: pay.inv,
      replayKeys: pay.keys,
      settlement: pay.settlement,
      timings: {
        ...(verify === undefined ? {} : { verify }),
        ...(settle === undefined ? {} : { settle }),
      },
    },
  };
}
