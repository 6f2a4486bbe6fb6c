/** The request for data on top of an eSIM, and what of the catalog it may be paying for. Pure. */

import { bodyJson, MALFORMED, readFields } from "./body.ts";
import type { Catalog } from "./catalog.ts";
import { megabytes } from "./data-mb.ts";
import { type Fields, only, optional, optionalText } from "./fields.ts";
import type { Refusal } from "./offer.ts";
import { fail, ok, type Result } from "./result.ts";
import { upTo } from "./rules.ts";
import type { TopUp } from "./top-ups.ts";

/** Bytes of a top-up's request; the longest sensible one takes about 60. */
const MAX_BODY = 1_024;

export interface TopUpAsk {
  /** The one that was asked for, or all of them: then what is paid chooses. */
  readonly topUps: readonly [TopUp, ...TopUp[]];
  /** The body's `chain`. */
  readonly chain: string | undefined;
}

function topUpFields(at: Fields) {
  return only(at, {
    data_mb: optional(at, "data_mb", megabytes),
    chain: optionalText(at, "chain", upTo(32)),
  });
}

/** @param body may be empty */
export function readTopUp(catalog: Catalog, body: Uint8Array): Result<TopUpAsk, Refusal> {
  const json = body.length === 0 ? ok({ value: {} }) : bodyJson(body, MAX_BODY);
  if (!json.ok) return json;
  const { value } = json.value;
  if (Array.isArray(value)) return fail(MALFORMED);
  const fields = readFields(value, topUpFields);
  return fields.ok ? topUpAsk(catalog, fields.value.data_mb, fields.value.chain) : fields;
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
