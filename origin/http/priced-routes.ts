/** What the origin answers to a granted payment. */

import { type ErrorCode, type PaymentState, problem } from "../../protocol/errors.ts";
import type { GrantedPayment } from "../../protocol/grant.ts";
import { type Offers, type OpenOffer, offerFor } from "../../protocol/offer.ts";
import { orderId } from "../../protocol/order.ts";
import { receiptHeader } from "../../protocol/receipt.ts";
import type { Route } from "../../protocol/route.ts";
import { buy, type PurchaseOutcome } from "../purchase/buy.ts";
import type { PurchasedGoods } from "../purchase/goods.ts";
import { hasWork, isUnpaid, type Purchase } from "../purchase/purchase.ts";
import type { PurchaseState } from "../purchase/states.ts";
import { showOrder } from "./allotment-view.ts";
import type { OriginPorts } from "./app.ts";
import { challengeResponse } from "./challenge-response.ts";
import { isAnswered, orderProblem, orderUrl, POLL_AFTER_SECONDS } from "./order-view.ts";
import type { OriginRequest } from "./request.ts";
import { json, problemResponse, type Response, text } from "./response.ts";

type PricedRoute = Extract<Route, { kind: "priced" }>;

export interface Sale {
  readonly request: OriginRequest;
  readonly payment: GrantedPayment;
  /** Undefined where the gateway sold what this catalog does not have. */
  readonly offers: Offers | undefined;
  /** What stands beside the order in the answer once it is delivered. */
  readonly beside?: object;
}

/** @throws StoreUnavailableError */
export async function answerPriced(
  route: PricedRoute,
  request: OriginRequest,
  payment: GrantedPayment,
  ports: OriginPorts,
): Promise<Response> {
  const { catalog, networks, now } = ports.purchase;
  const start = now();
  const offer = offerFor(
    catalog,
    networks.map(({ chain }) => chain),
    route,
    request,
  );
  const goods = purchasedGoods(payment, offer.ok ? offer.value : undefined);
  const { id: grantId, fingerprint } = request.grant;
  const outcome = await buy(
    {
      grantId,
      payment,
      fingerprint,
      replayKeys: payment.replayKeys,
      goods,
      agentId: request.agentId,
      webhookUrl: offer.ok ? offer.value.webhookUrl : null,
    },
    ports.purchase,
  );
  const sale: Sale = { request, payment, offers: offer.ok ? [offer.value] : undefined };
  const response = await answerOutcome(outcome, sale, ports);
  return timed(response, start, payment, ports);
}

/** With what the edge's and our own calls took. @param start when the origin began, Unix milliseconds */
export function timed(
  response: Response,
  start: number,
  { timings }: GrantedPayment,
  { purchase, telemetry }: OriginPorts,
): Response {
  const timing = serverTiming({ ...timings, origin: purchase.now() - start, ...telemetry.totals() });
  return { ...response, headers: { ...response.headers, ...timing } };
}

/**
 * The money may be here already, so a sale that the catalog does not bear out is recorded, and refunded, rather than
 * refused. A quoted price stands even where the catalog has changed since.
 */
function purchasedGoods(payment: GrantedPayment, offer: OpenOffer | undefined): PurchasedGoods {
  if (offer === undefined) return { kind: "unavailable", reason: "not_in_catalog" };
  const asPriced = payment.authorization.value === offer.price || payment.invoiceId !== null;
  return asPriced ? offer.goods : { kind: "unavailable", reason: "price_changed" };
}

/** The answer to whoever brought the payment. */
export async function answerOutcome(
  outcome: PurchaseOutcome,
  sale: Sale,
  ports: OriginPorts,
): Promise<Response> {
  const response = await responseTo(outcome, sale, ports);
  const { network, authorization } = sale.payment;
  const order = orderId({ network, payer: authorization.from, nonce: authorization.nonce });
  const purchase = outcome.kind === "owned" ? outcome.purchase : null;
  ports.purchase.log({
    event: "content_returned",
    order: purchase?.id ?? order,
    transaction: purchase?.transaction ?? null,
    status: response.statusCode ?? 0,
  });
  return response;
}

async function responseTo(outcome: PurchaseOutcome, sale: Sale, ports: OriginPorts): Promise<Response> {
  switch (outcome.kind) {
    case "owned":
      return owned(outcome.purchase, outcome.replayed, sale, ports);
    case "already_used":
      return taken("payment_already_used", outcome);
    case "other_request":
      return taken("payment_for_other_request", outcome);
    case "refused":
      return payAgain(outcome.code, sale, ports);
    case "unresolved":
      return problemResponse("payment_unresolved", {}, {}, { "retry-after": POLL_AFTER_SECONDS });
  }
}

/** The payment belongs to another order, whose state tells what became of the money. */
function taken(
  code: "payment_already_used" | "payment_for_other_request",
  { orderId, state }: Extract<PurchaseOutcome, { kind: "already_used" | "other_request" }>,
): Response {
  const paymentState = paymentStateIn(state);
  return problemResponse(code, { paymentState }, { order_id: orderId, order_state: state });
}

/** @param state null: the nonce is used, and nothing is known of it */
function paymentStateIn(state: PurchaseState | null): PaymentState {
  switch (state) {
    case "settling":
    case "reserved":
    case "securing":
    case "secured":
      return "in_flight";
    case "void":
      return "unused";
    case "refunded":
      return "refunded";
    default:
      return "settled";
  }
}

async function owned(
  purchase: Purchase,
  replayed: boolean,
  sale: Sale,
  ports: OriginPorts,
): Promise<Response> {
  if (purchase.state === "void" && isUnpaid(purchase.reason)) return payAgain("payment_void", sale, ports);
  const location = { location: orderUrl(ports.purchase.publicUrl, purchase.id) };
  const receipt = receiptOf(sale.payment, purchase);

  // Only by the request that claimed it: repetitions find it in somebody's hands.
  if (!replayed && hasWork(purchase)) await ports.handOver(purchase.id);

  const view = await showOrder(purchase, replayed, ports);
  const failure = orderProblem(purchase);
  if (failure === undefined && !isAnswered(purchase)) {
    return json(202, view, { ...location, "retry-after": POLL_AFTER_SECONDS });
  }
  if (failure !== undefined) {
    const body = JSON.stringify({ ...view, ...failure });
    return text(failure.status, "application/problem+json", body, { ...location, ...receipt });
  }
  if (purchase.delivery?.kind === "resource") {
    const { mimeType = "application/json" } = sale.offers?.[0] ?? {};
    return text(200, mimeType, purchase.delivery.body, { ...location, ...receipt });
  }
  return json(200, { ...view, ...sale.beside }, { ...location, ...receipt });
}

function receiptOf({ x402Version }: GrantedPayment, { network, authorization, transaction }: Purchase) {
  if (transaction === null) return {};
  return receiptHeader({ x402Version, network, payer: authorization.from }, { success: true, transaction });
}

/** Nothing was taken and nothing can be: the terms again, with a new invoice, and the failed receipt. */
function payAgain(code: ErrorCode, { request, payment, offers }: Sale, ports: OriginPorts): Response {
  const { status } = problem(code);
  if (status !== 402) return problemResponse(code, {}, {}, { "retry-after": POLL_AFTER_SECONDS });
  if (offers === undefined) return problemResponse(code);
  const { x402Version, network, authorization } = payment;
  const receipt = receiptHeader(
    { x402Version, network, payer: authorization.from },
    { success: false, errorReason: code },
  );
  return challengeResponse({ code, request, offers, headers: receipt }, ports);
}

/** @param timings milliseconds by name */
function serverTiming(timings: Readonly<Record<string, number>>): Record<string, string> {
  const parts = Object.entries(timings).map(([name, ms]) => `${name};dur=${Math.round(ms)}`);
  return { "server-timing": parts.join(", ") };
}
