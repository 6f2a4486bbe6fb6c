/** The owner of an eSIM contests its usage. */

import * as v from "valibot";
import type { Refusal } from "../../protocol/offer.ts";
import { ok, type Result } from "../../protocol/result.ts";
import { textSchema } from "../../protocol/schema.ts";
import type { OriginPorts } from "./app.ts";
import { parseBody } from "./body.ts";
import type { OwnedEsim } from "./credentials.ts";
import type { OriginRequest } from "./request.ts";
import { json, problemResponse, type Response } from "./response.ts";
import { disputeView } from "./usage-statement.ts";

/** Bytes of the body: 200 characters, each of them escaped. */
const MAX_BODY = 4_096;

const bodySchema = v.strictObject({ reason: v.optional(textSchema(1, 200)) });

/** 200 once the eSIM is suspended, 202 while the supplier does not answer. @throws StoreUnavailableError */
export async function disputeUsage(
  { purchase, esim }: OwnedEsim,
  request: OriginRequest,
  { usageBook }: OriginPorts,
): Promise<Response> {
  const read = readReason(request.body);
  if (!read.ok) return problemResponse(read.reason.code, { detail: read.reason.detail });
  const { esimTranNo, iccid } = esim;
  const complaint = { reason: read.value, orderId: purchase.id, iccid };
  const dispute = await usageBook.dispute(esimTranNo, complaint);
  const status = dispute.suspension === "done" ? 200 : 202;
  return json(status, { iccid, order_id: purchase.id, state: "disputed", ...disputeView(dispute) });
}

/** The buyer's words, or null where there are none. */
export function readReason(body: Uint8Array): Result<string | null, Refusal> {
  if (body.length === 0) return ok(null);
  const fields = parseBody(body, MAX_BODY, bodySchema);
  return fields.ok ? ok(fields.value.reason ?? null) : fields;
}
