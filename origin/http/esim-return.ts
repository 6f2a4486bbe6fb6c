/** The owner gives an eSIM back that no phone has downloaded, for what was paid for it. */

import type { ErrorCode } from "../../protocol/errors.ts";
import { giveBackLines } from "../purchase/give-back.ts";
import { gotFallback, isDecided, type Purchase, shownEsim } from "../purchase/purchase.ts";
import { isReturnable } from "../supplier/lifecycle.ts";
import type { Profile } from "../supplier/port.ts";
import type { OriginPorts } from "./app.ts";
import { lineAt, openNamedOrder, positionOf } from "./credentials.ts";
import { esimState, supplierSilent } from "./esim-status.ts";
import { isReturning } from "./esims-view.ts";
import { orderUrl, POLL_AFTER_SECONDS, refundView } from "./order-view.ts";
import type { OriginRequest } from "./request.ts";
import { json, problemResponse, type Response } from "./response.ts";

/** How long one request works on it before it answers 202; a refund takes a few seconds. Milliseconds. */
const RETURN_BUDGET_MS = 8_000;

/** @throws StoreUnavailableError */
export async function returnEsim(
  iccid: string,
  request: OriginRequest,
  ports: OriginPorts,
): Promise<Response> {
  const opened = await openNamedOrder(request, ports);
  if (!opened.ok) return opened.reason;
  const found = opened.value;
  const item = positionOf(iccid, found);
  const line = item === undefined ? undefined : await lineAt(found, item, ports);
  if (item === undefined || line === undefined) return problemResponse("esim_not_found");
  // Two eSIMs were sold for one price: whichever is given back, the other one may be in use.
  if (gotFallback(found)) return problemResponse("fallback_delivered");
  const esim = shownEsim(found, item);
  if (esim === null) return answer(found, item, iccid, ports);

  if (!isReturning(found, item)) {
    if (!isDecided(found.state)) return underWay(found, ports);
    // Asked before anything is written: what can't go back leaves no trace in the order.
    const refusal = await refusalOf(esim.esimTranNo, ports);
    if (refusal !== undefined) return refusal;
  }
  const { now } = ports.purchase;
  const purchase = await giveBackLines(found, [item], ports.purchase, now() + RETURN_BUDGET_MS);
  if (purchase === undefined) return underWay(found, ports);
  if (!isDecided(purchase.state)) await ports.handOver(purchase.id);
  const isKept = shownEsim(purchase, item) !== null && !isReturning(purchase, item);
  // A phone was faster.
  if (isKept) return (await refusalOf(esim.esimTranNo, ports)) ?? supplierSilent();
  return answer(purchase, item, iccid, ports);
}

/** Why the supplier would not take it back, or undefined where it would. */
async function refusalOf(esimTranNo: string, { lifecycle }: OriginPorts): Promise<Response | undefined> {
  const found = await lifecycle.profileOf({ esimTranNo });
  if (found.kind !== "found") return supplierSilent();
  const { profile } = found;
  // Cancelled without the order's knowing: asking again is how it gets to know.
  if (isReturnable(profile) || profile.esimStatus === "CANCEL") return undefined;
  const code = refusalCode(profile);
  const detail = code === "esim_installed" ? onThePhone(profile) : undefined;
  return problemResponse(code, detail === undefined ? {} : { detail });
}

function refusalCode(profile: Profile): Extract<ErrorCode, `esim_${string}`> {
  switch (esimState(profile)) {
    case "expired":
    case "ended":
      return "esim_ended";
    case "suspended":
      return profile.smdpStatus === "RELEASED" ? "esim_suspended" : "esim_installed";
    default:
      return "esim_installed";
  }
}

/** What the SM-DP+ knows of the phone, in our words. */
function onThePhone({ smdpStatus }: Profile): string {
  switch (smdpStatus) {
    case "DOWNLOAD":
      return "A phone has downloaded it.";
    case "INSTALLATION":
      return "A phone has installed it.";
    case "ENABLED":
      return "It is on a phone, switched on.";
    case "DISABLED":
      return "It is on a phone, switched off.";
    case "DELETED":
      return "It was on a phone and deleted there.";
    default:
      return "It has been used.";
  }
}

function underWay({ id }: Purchase, { purchase }: OriginPorts): Response {
  const order_url = orderUrl(purchase.publicUrl, id);
  return problemResponse("refund_under_way", {}, { order_url }, { "retry-after": POLL_AFTER_SECONDS });
}

/** 200 once the refund is on chain, 202 before. */
function answer(purchase: Purchase, item: number, iccid: string, ports: OriginPorts): Response {
  const location = orderUrl(ports.purchase.publicUrl, purchase.id);
  const returning = isReturning(purchase, item);
  const view = {
    iccid,
    order_id: purchase.id,
    item,
    item_state: returning ? "returning" : "returned",
    state: purchase.state,
    order_url: location,
    // Until the supplier has it, the order's latest refund is another one.
    ...(returning ? {} : refundView(purchase)),
  };
  if (isDecided(purchase.state)) return json(200, view);
  return json(202, view, { location, "retry-after": POLL_AFTER_SECONDS });
}
