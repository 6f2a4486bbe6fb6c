/**
 * Signs usage records, as an operator that bills by them would. eSIM Access has nothing like it: this stands in for the
 * issuer that a merchant who sells metered data needs.
 */

import { createECDH, createHash } from "node:crypto";
import { CompactSign, importJWK } from "jose";
import { USAGE_RECORD_ALGORITHM, USAGE_RECORD_TYPE, type UsageRecord } from "../../../origin/usage/verify.ts";
import type { UsageKeySet } from "../../../protocol/usage.ts";
import type { SimulatedProfile } from "./profiles.ts";

export const USAGE_ISSUER = "https://usage.local.test";

export interface UsageIssuer {
  readonly issuer: string;
  /** The public half, as a JSON Web Key Set. */
  readonly keySet: UsageKeySet;
  /** A compact JWS, the same bytes again for the same record. */
  sign(record: UsageRecord): Promise<string>;
}

const CURVE = "prime256v1";
/** An uncompressed point: a tag, then both coordinates. */
const COORDINATE_BYTES = 32;

/** @param seed the same seed gives the same key, so that records stay good over a restart */
export async function createUsageIssuer(seed: string): Promise<UsageIssuer> {
  const secret = createHash("sha256").update(`${seed}/usage-key`).digest();
  const ecdh = createECDH(CURVE);
  ecdh.setPrivateKey(secret);
  const point = ecdh.getPublicKey();
  const key = {
    kty: "EC",
    crv: "P-256",
    x: point.subarray(1, 1 + COORDINATE_BYTES).toString("base64url"),
    y: point.subarray(1 + COORDINATE_BYTES).toString("base64url"),
  } as const;
  const kid = createHash("sha256").update(key.x).digest("base64url").slice(0, 16);
  const privateKey = await importJWK({ ...key, d: secret.toString("base64url") }, USAGE_RECORD_ALGORITHM);
  const signed = new Map<string, Promise<string>>();
  const sign = (claims: string) =>
    new CompactSign(Buffer.from(claims))
      .setProtectedHeader({ alg: USAGE_RECORD_ALGORITHM, typ: USAGE_RECORD_TYPE, kid })
      .sign(privateKey);
  return {
    issuer: USAGE_ISSUER,
    keySet: { keys: [{ ...key, kid, alg: USAGE_RECORD_ALGORITHM, use: "sig" }] },
    sign({ esimTranNo, sequence, usedBytes, measuredAt }) {
      const claims = JSON.stringify({
        iss: USAGE_ISSUER,
        sub: esimTranNo,
        iat: measuredAt,
        seq: sequence,
        used_bytes: usedBytes.toString(),
      });
      const record = signed.get(claims) ?? sign(claims);
      signed.set(claims, record);
      return record;
    },
  };
}

/** What there is to sign of a profile: one record a reading, those that the network has reported by `reportedMs`. */
export function usageRecords(profile: SimulatedProfile, reportedMs: number): readonly UsageRecord[] {
  const { esimTranNo, readings } = profile;
  return readings
    .filter(({ atMs }) => atMs <= reportedMs)
    .map(({ atMs, usedBytes }, index) => ({
      esimTranNo,
      sequence: index + 1,
      usedBytes,
      measuredAt: Math.floor(atMs / 1_000),
    }));
}
