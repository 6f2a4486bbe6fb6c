/**
 * Reads a 402 answer: the v2 challenge from the `PAYMENT-REQUIRED` header, or else the v1 challenge from the body.
 *
 * The header decides when it is there, even if it is broken: falling back would let whoever damages it choose the version.
 */

import * as v from "valibot";
import { HEADER } from "../../protocol/headers.ts";
import { fail, ok, type Result } from "../../protocol/result.ts";
import { describeIssue } from "../../protocol/schema.ts";
import { decodeBase64, parseJsonBytes } from "../../protocol/text.ts";
import type { Answer } from "./http.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export interface Challenge {
  readonly x402Version: 1 | 2;
  /** The offers as they came: the chosen one is echoed whole, keys we don't know included. */
  readonly accepts: readonly JsonObject[];
  /** v2 only, echoed. */
  readonly resource?: JsonObject | undefined;
  /** v2 only, echoed. */
  readonly extensions?: JsonObject | undefined;
  /** Why payment is asked for; an opaque string. */
  readonly error?: string | undefined;
}

/** Bytes of JSON. A challenge of edge402 takes under 3,000. */
const MAX_CHALLENGE_BYTES = 64 * 1024;

const jsonObject = v.looseObject({});

const v2Schema = v.object({
  x402Version: v.literal(2),
  accepts: v.array(jsonObject),
  resource: v.optional(jsonObject),
  extensions: v.optional(jsonObject),
  error: v.optional(v.string()),
});

const v1Schema = v.object({
  x402Version: v.literal(1),
  accepts: v.array(jsonObject),
  error: v.optional(v.string()),
});

/** The reason is a sentence's tail that names the rule that was broken. */
export function parseChallenge(answer: Answer): Result<Challenge, string> {
  const header = answer.headers.get(HEADER.paymentRequired);
  if (header === null) return parseWith(v1Schema, answer.body);
  const bytes = decodeBase64(header);
  return bytes === undefined
    ? fail("its PAYMENT-REQUIRED header is not strict base64")
    : parseWith(v2Schema, bytes);
}

function parseWith(schema: typeof v1Schema | typeof v2Schema, bytes: Uint8Array): Result<Challenge, string> {
  if (bytes.length > MAX_CHALLENGE_BYTES) return fail(`it has more than ${MAX_CHALLENGE_BYTES} bytes`);
  const json = parseJsonBytes(bytes);
  if (json === undefined) return fail("it is not strict JSON");
  const parsed = v.safeParse(schema, json.value, { abortEarly: true });
  return parsed.success ? ok(parsed.output) : fail(describeIssue(parsed.issues[0]));
}
