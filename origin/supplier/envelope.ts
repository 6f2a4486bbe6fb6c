/** Opens the envelope that every eSIM Access answer comes in: text in, one of three outcomes out. Pure. */

import * as v from "valibot";
import { normalizeCode, refusalOf } from "./errors.ts";
import type { Refused, Unknown } from "./port.ts";

/** What the supplier did: the work (`obj` is its result, not yet parsed), refused it, or nobody knows. */
export type Opened = { readonly kind: "ok"; readonly obj: unknown } | Refused | Unknown;

// The message (`errorMsg` here, `errorMessage` there) is left unread: it may quote our request, secrets and all.
const envelopeSchema = v.object({
  success: v.boolean(),
  errorCode: v.nullish(v.union([v.string(), v.number()])),
  obj: v.optional(v.unknown()),
});

export function openEnvelope(text: string): Opened {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { kind: "unknown", detail: "not_json" };
  }
  const parsed = v.safeParse(envelopeSchema, json);
  if (!parsed.success) return { kind: "unknown", detail: "bad_envelope" };
  const { success, errorCode, obj } = parsed.output;
  const code = normalizeCode(errorCode);
  if (success && code === null) return { kind: "ok", obj };
  if (!success && code !== null) return { kind: "refused", reason: refusalOf(code), code };
  // Success with an error code, or failure without one: believing either could cost money.
  return { kind: "unknown", detail: "bad_envelope" };
}

export type Parsed<T> = { readonly kind: "ok"; readonly value: T } | Refused | Unknown;

/** Reads the result of work that was done. One that makes no sense leaves open what was done. */
export function parseAnswer<T extends v.GenericSchema>(opened: Opened, schema: T): Parsed<v.InferOutput<T>> {
  if (opened.kind !== "ok") return opened;
  const parsed = v.safeParse(schema, opened.obj);
  return parsed.success ? { kind: "ok", value: parsed.output } : { kind: "unknown", detail: "bad_answer" };
}
