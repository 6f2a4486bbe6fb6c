/** Every usage record of an eSIM, as its issuer signed it, for the owner to verify and add up. */

import { queryParameter } from "../../protocol/path.ts";
import type { Dispute, UsageEntry } from "../usage/ports.ts";
import type { OriginPorts } from "./app.ts";
import type { OwnedEsim } from "./credentials.ts";
import type { OriginRequest } from "./request.ts";
import { json, problemResponse, type Response } from "./response.ts";

const POSITION = /^(?:0|[1-9][0-9]{0,8})$/;

/** @throws StoreUnavailableError */
export async function usageStatement(
  { purchase, esim }: OwnedEsim,
  { query }: OriginRequest,
  { usageBook }: OriginPorts,
): Promise<Response> {
  const after = queryParameter(query, "after") ?? "0";
  if (!POSITION.test(after)) {
    const detail = "after is the next_after of the part before.";
    return problemResponse("query_malformed", { detail });
  }
  const { esimTranNo, iccid } = esim;
  const standing = await usageBook.refresh(esimTranNo);
  const { entries, next, unlisted, dispute } = await usageBook.statement(esimTranNo, Number(after));
  const { issuer } = usageBook;
  return json(200, {
    iccid,
    order_id: purchase.id,
    issuer: issuer?.issuer ?? null,
    jwks: issuer?.keySet ?? null,
    /** The records' `sub`. */
    subject: esimTranNo,
    used_bytes: standing.usedBytes.toString(),
    is_stale: standing.stale,
    records: entries.map(entryView),
    next_after: next,
    unlisted_rejected_records: unlisted,
    dispute: dispute === null ? null : disputeView(dispute),
  });
}

/** Nothing that a refused record says is repeated: it is not believed. */
function entryView(entry: UsageEntry) {
  const { jws, counted } = entry;
  if (counted === null) return { record: jws, counted: false, reason: entry.reason };
  return {
    record: jws,
    counted: true,
    seq: counted.sequence,
    used_bytes: counted.usedBytes.toString(),
    measured_at: new Date(counted.measuredAt * 1_000).toISOString(),
  };
}

export function disputeView({ at, reason, suspension }: Dispute) {
  return { disputed_at: new Date(at).toISOString(), reason, suspension };
}
