/** Reading a grant back, where it is not the viewer-request function that does it: that one only signs. */

import { decodeProtectedHeader, errors, jwtVerify } from "jose";
import * as v from "valibot";
import { GRANT_AUDIENCE, GRANT_ISSUER, type Grant, lookupCodes } from "./grant.ts";
import { type HmacKey, keyById } from "./keys.ts";
import { MAX_SIGNATURE_BYTES } from "./payment.ts";
import { fail, ok, type Result } from "./result.ts";
import {
  addressSchema,
  atomicSchema,
  bytes32Schema,
  caip2Schema,
  hexSchema,
  uint256Schema,
} from "./schema.ts";

/** How far the clocks of an edge location and the origin may differ, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 5;

const settlementSchema = v.variant("state", [
  v.strictObject({ state: v.literal("settled"), transaction: bytes32Schema }),
  v.strictObject({ state: v.literal("unknown"), signature: hexSchema(MAX_SIGNATURE_BYTES) }),
  v.strictObject({ state: v.literal("verified"), signature: hexSchema(MAX_SIGNATURE_BYTES) }),
  v.strictObject({ state: v.literal("deferred"), signature: hexSchema(MAX_SIGNATURE_BYTES) }),
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
        issuer: GRANT_ISSUER,
        audience: GRANT_AUDIENCE,
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
