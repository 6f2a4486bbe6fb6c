/** Drawing from an allotment, counting it, and giving back what is left of it. */

import * as v from "valibot";
import { MAX_BODY } from "../../protocol/activation.ts";
import { fail, ok, type Result } from "../../protocol/result.ts";
import type { Route } from "../../protocol/route.ts";
import { deviceId } from "../../protocol/rules.ts";
import { schemaOf } from "../../protocol/schema.ts";
import { accessToken, opens } from "../access.ts";
import { type Allotment, isAllotment, isLost } from "../allotment/allotment.ts";
import { type Drawn, drawOne } from "../allotment/draw.ts";
import { giveBackRest } from "../allotment/give-back.ts";
import { isGiveBackOver } from "../purchase/give-back.ts";
import { StoreUnreadableError } from "../purchase/ports.ts";
import { isHandedOver, type Purchase, shownEsim } from "../purchase/purchase.ts";
import { allotmentView, showOrder } from "./allotment-view.ts";
import type { OriginPorts } from "./app.ts";
import { parseBody } from "./body.ts";
import { openOrder } from "./credentials.ts";
import { esimView, planView } from "./esims-view.ts";
import { POLL_AFTER_SECONDS } from "./order-view.ts";
import type { OriginRequest } from "./request.ts";
import { json, problemResponse, type Response } from "./response.ts";

type AllotmentRoute = Extract<Route, { kind: "allotment" }>;

const RETRY = { "retry-after": POLL_AFTER_SECONDS } as const;

const drawBody = v.strictObject({ device_id: schemaOf(deviceId) });

/** @throws StoreUnavailableError */
export async function answerAllotment(
  { name, orderId }: AllotmentRoute,
  request: OriginRequest,
  ports: OriginPorts,
): Promise<Response> {
  switch (name) {
    case "count":
      return count(orderId, request, ports);
    case "draw":
      return draw(orderId, request, ports);
    case "return":
      return giveBack(orderId, request, ports);
  }
}

async function count(orderId: string, request: OriginRequest, ports: OriginPorts): Promise<Response> {
  const { bearer } = request;
  const isDrawer = bearer !== null && opens(ports.accessSecrets, "allotment", orderId, bearer);
  const opened = isDrawer ? await drawable(orderId, ports) : await ownAllotment(orderId, request, ports);
  if (!opened.ok) return opened.reason;
  const { publicUrl, now } = ports.purchase;
  const allotment = await allotmentOf(opened.value, ports);
  return json(200, allotmentView(opened.value, allotment, publicUrl, now()));
}

async function draw(orderId: string, request: OriginRequest, ports: OriginPorts): Promise<Response> {
  const { bearer, body } = request;
  if (bearer === null) {
    return problemResponse("access_token_required", {}, {}, { "www-authenticate": "Bearer" });
  }
  if (!opens(ports.accessSecrets, "allotment", orderId, bearer)) {
    return problemResponse("access_token_invalid");
  }
  const fields = parseBody(body, MAX_BODY, drawBody);
  if (!fields.ok) {
    const { code, detail } = fields.reason;
    return problemResponse(code, { detail, paymentState: "settled" });
  }
  const opened = await drawable(orderId, ports);
  if (!opened.ok) return opened.reason;
  const purchase = opened.value;
  const drawn = await drawOne(purchase, fields.value.device_id, ports.purchase);
  switch (drawn.kind) {
    case "drawn":
      return drawnResponse(purchase, drawn, ports);
    case "pending":
      return problemResponse("allotment_pending", {}, {}, RETRY);
    case "exhausted":
      return problemResponse("allotment_exhausted");
    case "closed":
      return problemResponse("allotment_closed");
  }
}

/** The eSIM, and the token with which its holder can look after it. */
function drawnResponse(
  purchase: Purchase,
  { item, draw, replayed }: Extract<Drawn, { readonly kind: "drawn" }>,
  { accessSecrets: [accessSecret], purchase: { publicUrl } }: OriginPorts,
): Response {
  const { id, goods } = purchase;
  const esim = shownEsim(purchase, item);
  const line = goods.kind === "esims" ? goods.lines[item] : undefined;
  if (esim === null || line === undefined) return problemResponse("esim_returned");
  return json(200, {
    allotment_id: id,
    item,
    device_id: draw.deviceId,
    drawn_at: new Date(draw.at).toISOString(),
    replayed,
    ...planView(line.plan),
    ...esimView(purchase, esim, item, { publicUrl, accessSecret }),
    esim_url: `${publicUrl}/v1/esim/${esim.iccid}`,
    esim_token: accessToken(accessSecret, { to: "esim", item }, id),
  });
}

/** Closes it, and pays back what nobody has drawn. */
async function giveBack(orderId: string, request: OriginRequest, ports: OriginPorts): Promise<Response> {
  const opened = await ownAllotment(orderId, request, ports);
  if (!opened.ok) return opened.reason;
  const purchase = opened.value;
  if (isLost(purchase)) return json(200, await showOrder(purchase, true, ports));
  if (!isHandedOver(purchase)) return problemResponse("allotment_pending", {}, {}, RETRY);
  const { store, budgetMs, now } = ports.purchase;
  const given = await giveBackRest(purchase, ports.purchase, now() + budgetMs);
  const last = given ?? (await store.get(orderId)) ?? purchase;
  const isOver = given !== undefined && isGiveBackOver(given);
  if (!isOver) await ports.handOver(orderId);
  return json(isOver ? 200 : 202, await showOrder(last, true, ports), isOver ? {} : RETRY);
}

/** The allotment's order, for whoever has shown its token. */
async function drawable(orderId: string, ports: OriginPorts): Promise<Result<Purchase, Response>> {
  const purchase = await ports.purchase.store.get(orderId);
  return purchase !== undefined && isAllotment(purchase)
    ? ok(purchase)
    : fail(problemResponse("order_not_found"));
}

/** The same, for whoever bought it. */
async function ownAllotment(
  orderId: string,
  request: OriginRequest,
  ports: OriginPorts,
): Promise<Result<Purchase, Response>> {
  const opened = await openOrder(orderId, request, ports);
  if (!opened.ok) return opened;
  return isAllotment(opened.value) ? opened : fail(problemResponse("order_not_found"));
}

async function allotmentOf({ id }: Purchase, { purchase }: OriginPorts): Promise<Allotment> {
  const found = await purchase.allotments.get(id);
  // It is written before its order is.
  if (found === undefined) throw new StoreUnreadableError("an allotment is not there");
  return found;
}
