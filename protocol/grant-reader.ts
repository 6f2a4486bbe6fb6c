/** Reading a grant back, where it is not the viewer-request function that does it: that one only signs. */

import { decodeProtectedHeader, errors, jwtVerify } from "jose";
import {
  attempt,
  type Fields,
  fieldsOf,
  list,
  nullable,
  number,
  object,
  oneOf,
  only,
  optional,
  text,
} from "./fields.ts";
import {
  GRANT_AUDIENCE,
  GRANT_ISSUER,
  type Grant,
  type GrantedPayment,
  type GrantedProof,
  type GrantedSettlement,
  lookupCodes,
} from "./grant.ts";
import { type HmacKey, keyById } from "./keys.ts";
import { MAX_SIGNATURE_BYTES } from "./payment.ts";
import { fail, type Result } from "./result.ts";
import { address, atomic, bytes32, caip2, hex, matching, uint256, upTo } from "./rules.ts";

/** How far the clocks of an edge location and the origin may differ, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 5;

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
    const grant = attempt(() => readGrant(fieldsOf(payload)));
    return grant.ok ? grant : fail("grant_invalid");
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

function readGrant(at: Fields): Grant {
  const id = text(at, "jti", matching(/^[A-Za-z0-9_-]{8,64}$/, "expected an id"));
  const fingerprint = text(at, "fp", bytes32);
  const proof = optional(at, "proof", readProof) ?? null;
  const payment = optional(at, "pay", readPayment) ?? null;
  return { id, fingerprint, payment: proof === null ? payment : null, proof };
}

function readProof(claims: Fields, key: string): GrantedProof {
  const at = object(claims, key);
  return only(at, {
    transaction: text(at, "tx", bytes32),
    invoice: nullable(at, "inv", () => text(at, "inv", upTo(128))),
    signedBy: nullable(at, "by", () => text(at, "by", address)),
  });
}

function readPayment(claims: Fields, key: string): GrantedPayment {
  const at = object(claims, key);
  return only(at, {
    x402Version: oneOf(at, "ver", [1, 2]),
    network: text(at, "net", caip2),
    authorization: {
      from: text(at, "from", address),
      to: text(at, "to", address),
      value: text(at, "value", atomic),
      validAfter: text(at, "after", uint256),
      validBefore: text(at, "before", uint256),
      nonce: text(at, "nonce", bytes32),
    },
    invoiceId: nullable(at, "inv", () =>
      text(at, "inv", matching(/^[0-9a-f]{20}$/, "expected an invoice's id")),
    ),
    replayKeys: list(at, "keys", (keys, position) => text(keys, position, bytes32), 0, 2),
    settlement: readSettlement(object(at, "settlement")),
    timings: readTimings(object(at, "ms")),
  });
}

const states = ["settled", "unknown", "verified", "deferred", "spent", "contested", "lookup"] as const;

function readSettlement(at: Fields): GrantedSettlement {
  const state = oneOf(at, "state", states);
  switch (state) {
    case "settled":
      return only(at, { state, transaction: text(at, "transaction", bytes32) });
    case "unknown":
    case "verified":
    case "deferred":
      return only(at, { state, signature: text(at, "signature", hex(MAX_SIGNATURE_BYTES)) });
    case "spent":
    case "contested":
      return only(at, { state });
    case "lookup":
      return only(at, { state, code: oneOf(at, "code", lookupCodes) });
  }
}

function readTimings(at: Fields): GrantedPayment["timings"] {
  const verify = optional(at, "verify", number);
  const settle = optional(at, "settle", number);
  return only(at, {
    ...(verify === undefined ? {} : { verify }),
    ...(settle === undefined ? {} : { settle }),
  });
}
