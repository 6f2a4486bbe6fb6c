/** The bodies that only the origin reads. */

import * as v from "valibot";
import { bodyJson } from "../../protocol/body.ts";
import type { Refusal } from "../../protocol/offer.ts";
import { fail, ok, type Result } from "../../protocol/result.ts";
import { describeIssue } from "../../protocol/schema.ts";

/** A body of strict JSON under a limit of bytes, or what is wrong with it. */
export function parseBody<const Schema extends v.GenericSchema>(
  body: Uint8Array,
  limit: number,
  schema: Schema,
): Result<v.InferOutput<Schema>, Refusal> {
  const json = bodyJson(body, limit);
  if (!json.ok) return json;
  const fields = v.safeParse(schema, json.value.value, { abortEarly: true });
  if (fields.success) return ok(fields.output);
  return fail({ code: "body_invalid", detail: describeIssue(fields.issues[0]) });
}
