/** The request for data on top of an eSIM, and what of the catalog it may be paying for. Pure. */

import * as v from "valibot";
import type { Catalog } from "./catalog.ts";
import { dataMbSchema } from "./catalog-fields.ts";
import type { Refusal } from "./offer.ts";
import { fail, ok, type Result } from "./result.ts";
import { describeIssue } from "./schema.ts";
import { parseJsonBytes } from "./text.ts";
import type { TopUp } from "./top-ups.ts";

/** Bytes of a top-up's request; the longest sensible one takes about 60. */
const MAX_BODY = 1_024;

export interface TopUpAsk {
  /** The one that was asked for, or all of them: then what is paid chooses. */
  readonly topUps: readonly [TopUp, ...TopUp[]];
  /** The body's `chain`. */
  readonly chain: string | undefined;
}

const bodySchema = v.strictObject({
  data_mb: v.optional(dataMbSchema),
  chain: v.optional(v.pipe(v.string(), v.maxLength(32, "expected at most 32 characters"))),
});

/** @param body may be empty */
export function readTopUp(catalog: Catalog, body: Uint8Array): Result<TopUpAsk, Refusal> {
  if (body.length > MAX_BODY)
    return fail({ code: "body_too_large", detail: `The limit is ${MAX_BODY} bytes.` });
  const json = body.length === 0 ? { value: {} } : parseJsonBytes(body);
  if (json === undefined || Array.isArray(json.value)) {
    return fail({ code: "body_malformed", detail: "A JSON object without repeated keys is expected." });
  }
  const fields = v.safeParse(bodySchema, json.value, { abortEarly: true });
  if (!fields.success) return fail({ code: "body_invalid", detail: describeIssue(fields.issues[0]) });
  const { data_mb, chain } = fields.output;
  return topUpAsk(catalog, data_mb, chain);
}

/** @param dataMb undefined for every top-up that is sold */
export function topUpAsk(
  { topUps = [] }: Catalog,
  dataMb: number | undefined,
  chain: string | undefined,
): Result<TopUpAsk, Refusal> {
  const [first, ...others] = topUps.filter((topUp) => dataMb === undefined || topUp.dataMb === dataMb);
  if (first !== undefined) return ok({ topUps: [first, ...others], chain });
  return fail({ code: "package_unavailable", detail: "GET /v1/plans lists the top-ups." });
}
