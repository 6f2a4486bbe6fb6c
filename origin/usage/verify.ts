/**
 * Decides whether a signed usage record counts: size cap → parse → signature → claims → what came before it. Pure: keys,
 * time and the record before are passed in. A record that is refused here never changes what a customer has left.
 */

import { compactVerify, decodeProtectedHeader, importJWK } from "jose";
import * as v from "valibot";
import { fail, ok, type Result } from "../../protocol/result.ts";
import type { UsageKey, UsageKeySet } from "../../protocol/usage.ts";

/** Why a record does not count. */
export const usageRejections = [
  "too_long",
  "malformed",
  "algorithm_refused",
  "key_unknown",
  "signature_invalid",
  "claims_malformed",
  "issuer_mismatch",
  "subject_mismatch",
  "from_the_future",
  // The very record that was counted last: fetched twice, and nothing is wrong.
  "duplicate",
  "sequence_not_increasing",
  "bytes_decreasing",
  "time_decreasing",
] as const;

export type UsageRejection = (typeof usageRejections)[number];

/** What one record says: up to that moment this eSIM has used so much in all. */
export interface UsageRecord {
  readonly esimTranNo: string;
  /** Counts an eSIM's records. */
  readonly sequence: number;
  /** Since the eSIM was bought. */
  readonly usedBytes: bigint;
  /** Unix seconds. */
  readonly measuredAt: number;
}

export interface UsageExpectation {
  readonly keys: UsageKeySet;
  readonly issuer: string;
  readonly esimTranNo: string;
  /** The record of this eSIM that was counted last. */
  readonly previous: UsageRecord | null;
  /** Unix seconds. */
  readonly now: number;
}

/** The header's `typ`, so that no other token of the same issuer passes for a record. */
export const USAGE_RECORD_TYPE = "usage+jws";
export const USAGE_RECORD_ALGORITHM = "ES256";

/** Characters. A record is some 400. */
const MAX_RECORD_LENGTH = 2_048;

/** How far the issuer's clock may be ahead of ours. Seconds. */
const MAX_CLOCK_SKEW_S = 60;

const headerSchema = v.object({
  alg: v.string(),
  typ: v.literal(USAGE_RECORD_TYPE),
  kid: v.string(),
  // Extensions that must be understood: none is.
  crit: v.optional(v.never()),
});

const claimsSchema = v.object({
  iss: v.string(),
  sub: v.string(),
  iat: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  seq: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  // As text: readers of JSON round whole numbers beyond 2^53, each in its own way.
  used_bytes: v.pipe(
    v.string(),
    v.regex(/^(?:0|[1-9][0-9]{0,18})$/),
    v.transform((text) => BigInt(text)),
  ),
});

type Claims = v.InferOutput<typeof claimsSchema>;

export async function verifyUsageRecord(
  record: string,
  expected: UsageExpectation,
): Promise<Result<UsageRecord, UsageRejection>> {
  if (record.length > MAX_RECORD_LENGTH) return fail("too_long");
  const key = findKey(record, expected.keys);
  if (!key.ok) return key;
  const payload = await verifiedPayload(record, key.value);
  if (payload === undefined) return fail("signature_invalid");
  const claims = v.safeParse(v.pipe(v.string(), v.parseJson(), claimsSchema), payload);
  if (!claims.success) return fail("claims_malformed");
  return judge(claims.output, expected);
}

function findKey(record: string, { keys }: UsageKeySet): Result<UsageKey, UsageRejection> {
  const header = readHeader(record);
  if (header === undefined) return fail("malformed");
  if (header.alg !== USAGE_RECORD_ALGORITHM) return fail("algorithm_refused");
  // By name, never by what the record brings along: a key in its header would be the forger's own.
  const key = keys.find(({ kid }) => kid === header.kid);
  return key === undefined ? fail("key_unknown") : ok(key);
}

function readHeader(record: string): v.InferOutput<typeof headerSchema> | undefined {
  try {
    const header = v.safeParse(headerSchema, decodeProtectedHeader(record));
    return header.success ? header.output : undefined;
  } catch {
    return undefined;
  }
}

async function verifiedPayload(record: string, { kty, crv, x, y }: UsageKey): Promise<string | undefined> {
  try {
    const publicKey = await importJWK({ kty, crv, x, y }, USAGE_RECORD_ALGORITHM);
    const { payload } = await compactVerify(record, publicKey, { algorithms: [USAGE_RECORD_ALGORITHM] });
    return new TextDecoder("utf-8", { fatal: true }).decode(payload);
  } catch {
    return undefined;
  }
}

function judge(claims: Claims, expected: UsageExpectation): Result<UsageRecord, UsageRejection> {
  const { iss, sub, iat, seq, used_bytes: usedBytes } = claims;
  const { issuer, esimTranNo, previous, now } = expected;
  if (iss !== issuer) return fail("issuer_mismatch");
  if (sub !== esimTranNo) return fail("subject_mismatch");
  if (iat > now + MAX_CLOCK_SKEW_S) return fail("from_the_future");
  const record: UsageRecord = { esimTranNo, sequence: seq, usedBytes, measuredAt: iat };
  if (previous === null) return ok(record);
  if (isSame(record, previous)) return fail("duplicate");
  if (seq <= previous.sequence) return fail("sequence_not_increasing");
  if (usedBytes < previous.usedBytes) return fail("bytes_decreasing");
  if (iat < previous.measuredAt) return fail("time_decreasing");
  return ok(record);
}

function isSame(a: UsageRecord, b: UsageRecord): boolean {
  return a.sequence === b.sequence && a.usedBytes === b.usedBytes && a.measuredAt === b.measuredAt;
}
