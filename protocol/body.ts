/** A request's body: size cap → strict JSON → fields. */

import { attempt, type Fields, fieldsOf } from "./fields.ts";
import type { Refusal } from "./offer.ts";
import { fail, ok, type Result } from "./result.ts";
import { parseJsonBytes } from "./text.ts";

export const MALFORMED: Refusal = {
  code: "body_malformed",
  detail: "A JSON object without repeated keys is expected.",
};

/** The JSON of a body, in a wrapper since it may be null. @param limit bytes */
export function bodyJson(body: Uint8Array, limit: number): Result<{ readonly value: unknown }, Refusal> {
  if (body.length > limit) return fail({ code: "body_too_large", detail: `The limit is ${limit} bytes.` });
  const json = parseJsonBytes(body);
  return json === undefined ? fail(MALFORMED) : ok(json);
}

/** What `read` makes of a body under a limit of bytes, or what is wrong with it. */
export function readBody<Value>(
  body: Uint8Array,
  limit: number,
  read: (at: Fields) => Value,
): Result<Value, Refusal> {
  const json = bodyJson(body, limit);
  return json.ok ? readFields(json.value.value, read) : json;
}

/** The same of a body whose JSON is parsed already. */
export function readFields<Value>(json: unknown, read: (at: Fields) => Value): Result<Value, Refusal> {
  const fields = attempt(() => read(fieldsOf(json)));
  return fields.ok ? fields : fail({ code: "body_invalid", detail: fields.reason });
}
