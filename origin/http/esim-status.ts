/** An eSIM as its owner sees it, as far as the supplier knows it now. */

import type { ProblemDetails } from "../../protocol/errors.ts";
import { roamingPolicy } from "../esim/roaming-policy.ts";
import type { Profile } from "../supplier/port.ts";
import type { OriginPorts } from "./app.ts";
import type { OwnedEsim } from "./credentials.ts";
import { json, problemResponse, type Response } from "./response.ts";
import { boughtBytes, usageView } from "./usage-view.ts";

export type EsimState = "ready" | "installed" | "in_use" | "suspended" | "used_up" | "expired" | "ended";

/** Before the first connection the supplier's own states say nothing of the phone; the SM-DP+'s do. */
export function esimState({ esimStatus, smdpStatus }: Profile): EsimState {
  switch (esimStatus) {
    case "GOT_RESOURCE":
      return smdpStatus === "RELEASED" ? "ready" : "installed";
    case "IN_USE":
      return "in_use";
    case "SUSPENDED":
      return "suspended";
    case "USED_UP":
      return "used_up";
    case "UNUSED_EXPIRED":
    case "USED_EXPIRED":
      return "expired";
    default:
      return "ended";
  }
}

export async function esimStatus(
  { purchase, position, line, esim }: OwnedEsim,
  { lifecycle, usageBook, config }: OriginPorts,
): Promise<Response> {
  const { esimTranNo } = esim;
  const [found, standing] = await Promise.all([
    lifecycle.profileOf({ esimTranNo }),
    usageBook.refresh(esimTranNo),
  ]);
  if (found.kind !== "found") return supplierSilent();
  const { profile } = found;
  return json(200, {
    iccid: esim.iccid,
    order_id: purchase.id,
    item: position,
    plan: line.plan,
    device_id: line.deviceId,
    state: esimState(profile),
    expires_at: profile.expiresAt,
    ...usageView(standing, usageBook, profile, boughtBytes(config.catalog, line)),
    roaming_policy: roamingPolicy(line, config.catalog),
  });
}

/** Nothing can be said of it, or nobody knows whether it was done. */
export function supplierSilent(details: ProblemDetails = {}): Response {
  return problemResponse("supplier_unavailable", details, {}, { "retry-after": "2" });
}
