/** The public keys of whoever signs usage records, parsed from what its key set's URL answers. Pure. */

import * as v from "valibot";
import { fail, ok, type Result } from "../../protocol/result.ts";

/** A P-256 coordinate in base64url. */
const coordinate = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/));

/** Other members are dropped: a private part that was published by mistake, or a certificate URL, goes no further. */
const keySchema = v.object({
  kty: v.literal("EC"),
  crv: v.literal("P-256"),
  kid: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  x: coordinate,
  y: coordinate,
});

export type UsageKey = v.InferOutput<typeof keySchema>;

export interface UsageKeySet {
  readonly keys: readonly UsageKey[];
}

/** More keys than a rotation needs are no key set. */
const MAX_KEYS = 16;

const keySetSchema = v.object({ keys: v.pipe(v.array(v.unknown()), v.maxLength(MAX_KEYS)) });

export type KeySetFault = "malformed" | "no_usable_key" | "repeated_key_id";

/** Keys of other kinds are left out, since an issuer may publish them for others. */
export function parseUsageKeySet(json: unknown): Result<UsageKeySet, KeySetFault> {
  const set = v.safeParse(keySetSchema, json);
  if (!set.success) return fail("malformed");
  const keys = set.output.keys.flatMap((key) => {
    const parsed = v.safeParse(keySchema, key);
    return parsed.success ? [parsed.output] : [];
  });
  if (keys.length === 0) return fail("no_usable_key");
  if (new Set(keys.map(({ kid }) => kid)).size !== keys.length) return fail("repeated_key_id");
  return ok({ keys });
}
