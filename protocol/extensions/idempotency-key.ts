/**
 * The `Idempotency-Key` request header (draft-ietf-httpapi-idempotency-key-header): a structured-field string, or the
 * bare text that most clients send in its place.
 */

import { fail, ok, type Result } from "../result.ts";

/** A quoted key in which every character is escaped. */
const MAX_HEADER = 2 + 2 * 255;

/** The bare and the quoted form name the same key. Fewer than 16 characters could be guessed, and a key opens an order. */
const KEY = /^[!-~]{16,255}$/;

/** RFC 8941, section 3.3.3: only the quote and the backslash are escaped, and both always are. */
const QUOTED = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/;

/** Without `"` and `\`, which only a quoted key may hold, and `,` and `;`, which join two headers or start parameters. */
const BARE = /^[!#-+\--:<-[\]-~]*$/;

/** The key, 16 to 255 visible ASCII characters, without its quotes. */
export function parseIdempotencyKey(header: string): Result<string, "idempotency_key_malformed"> {
  if (header.length > MAX_HEADER) return fail("idempotency_key_malformed");
  const quoted = QUOTED.exec(header)?.[1]?.replace(/\\(.)/g, "$1");
  const key = quoted ?? (BARE.test(header) ? header : "");
  return KEY.test(key) ? ok(key) : fail("idempotency_key_malformed");
}
