/** Who signs usage records, where they are, and the keys that prove them: the part of the configuration on usage. */

import * as v from "valibot";
import { textSchema, urlSchema } from "./schema.ts";

const coordinateSchema = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/, "expected 32 bytes in base64url"));

/** A public key as issuers publish it. A private one (`d`) is refused: it has no place in a configuration. */
const keySchema = v.strictObject({
  kty: v.literal("EC"),
  crv: v.literal("P-256"),
  kid: textSchema(1, 64),
  x: coordinateSchema,
  y: coordinateSchema,
  alg: v.optional(v.literal("ES256")),
  use: v.optional(v.literal("sig")),
});

/** More keys than a rotation needs are no key set. */
const MAX_KEYS = 16;

/** A JSON Web Key Set. */
export const usageKeySetSchema = v.strictObject({
  keys: v.pipe(
    v.array(keySchema),
    v.minLength(1, "expected a key"),
    v.maxLength(MAX_KEYS, `expected at most ${MAX_KEYS} keys`),
    v.check((keys) => new Set(keys.map(({ kid }) => kid)).size === keys.length, "expected each kid once"),
  ),
});

export const usageSchema = v.strictObject({
  /** The records' `iss`. */
  issuer: textSchema(1, 200),
  /** An eSIM's records are at `/{esimTranNo}?after={sequence}` below it. */
  recordsUrl: urlSchema,
  /**
   * Whose signatures count. They stand here and are not fetched: whoever could change what an address answers could
   * change what customers have left.
   */
  keySet: usageKeySetSchema,
});

export type UsageKey = v.InferOutput<typeof keySchema>;
export type UsageKeySet = v.InferOutput<typeof usageKeySetSchema>;
export type UsageIssuer = v.InferOutput<typeof usageSchema>;
