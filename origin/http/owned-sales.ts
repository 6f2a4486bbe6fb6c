/**
 * What the owner of an eSIM may buy for it: data on top of it, or another one in its place.
 *
 * The gateway can't tell whose eSIM it is, so money is asked for here and taken here: first everything is looked at that
 * could stand in the way, then the payment is claimed, then it is settled.
 */

import type { GrantedPayment, GrantedSettlement } from "../../protocol/grant.ts";
import type { Address } from "../../protocol/hex.ts";
import { type Offers, offersFor } from "../../protocol/offer.ts";
import { orderId } from "../../protocol/order.ts";
import type { Result } from "../../protocol/result.ts";
import type { OwnedSale, Route } from "../../protocol/route.ts";
import { buy, type PurchaseOutcome } from "../purchase/buy.ts";
import type { PurchasedGoods } from "../purchase/goods.ts";
import type { OriginPorts } from "./app.ts";
import { challengeResponse } from "./challenge-response.ts";
import { dataLeft } from "./data-left.ts";
import { answerOutcome, timed } from "./priced-routes.ts";
import type { OriginRequest } from "./request.ts";
import { problemResponse, type Response } from "./response.ts";
import { swapTerms } from "./swap-terms.ts";
import { topUpTerms } from "./top-up-terms.ts";

export type OwnedSaleRoute = Extract<Route, { readonly kind: "owned_sale" }>;

/** What this owner may buy now. */
export interface OwnedTerms {
  /** The wallet that bought the eSIM, where its buyer asks. */
  readonly buyer: Address | null;
  readonly offers: Offers;
  /** Fields beside the challenge's own. */
  readonly beside: object;
  /** What a payment buys; undefined where it is none of the prices. */
  readonly goodsFor: (payment: GrantedPayment) => PurchasedGoods | undefined;
}

export interface OwnedAsk {
  readonly route: OwnedSaleRoute;
  readonly request: OriginRequest;
  readonly offers: Offers;
  /** What a refusal says of the money. */
  readonly details: { readonly paymentState?: "unused" };
}

/** The terms, or the answer where there is nothing to pay for. */
type Terms = (ask: OwnedAsk, ports: OriginPorts) => Promise<Result<OwnedTerms, Response>>;

const termsOf: Readonly<Record<OwnedSale, Terms>> = {
  esim_topup: topUpTerms,
  esim_data: topUpTerms,
  esim_swap: swapTerms,
};

/** @throws StoreUnavailableError */
export async function answerOwnedSale(
  route: OwnedSaleRoute,
  request: OriginRequest,
  ports: OriginPorts,
): Promise<Response> {
  const start = ports.purchase.now();
  const { payment } = request.grant;
  const response = await answer(route, request, ports);
  return payment === null ? response : timed(response, start, payment, ports);
}

async function answer(route: OwnedSaleRoute, request: OriginRequest, ports: OriginPorts): Promise<Response> {
  const { catalog, networks } = ports.purchase;
  const { payment } = request.grant;
  const accepted = networks.map(({ chain }) => chain);
  const offers = offersFor(catalog, accepted, route, request);
  if (payment !== null && (await mayHavePaid(payment, ports))) {
    // Bought by it is what was bought then: it is not claimed here for anything else.
    const nothing = { kind: "unavailable", reason: "not_in_catalog" } as const;
    return purchase(nothing, payment, request, offers.ok ? offers.value : undefined, ports);
  }
  const unsold = (response: Response): Response => {
    if (payment !== null) logUntaken(payment, response, ports);
    return response;
  };
  if (!offers.ok) return unsold(problemResponse(offers.reason.code, { detail: offers.reason.detail }));

  const details = payment === null ? {} : ({ paymentState: "unused" } as const);
  const terms = await termsOf[route.name]({ route, request, offers: offers.value, details }, ports);
  if (!terms.ok) return unsold(terms.reason);
  const reply = { request, offers: terms.value.offers, more: terms.value.beside };
  if (payment === null) return challengeResponse({ ...reply, code: "payment_required" }, ports);
  const goods = terms.value.goodsFor(payment);
  if (goods === undefined) {
    return unsold(challengeResponse({ ...reply, code: "payment_amount_mismatch" }, ports));
  }
  return purchase(goods, unhurried(payment, terms.value.buyer), request, terms.value.offers, ports);
}

/**
 * A deferred payment waits, since somebody may have copied it. Where it comes from the wallet that bought the eSIM, and
 * from whoever may open that wallet's order, nobody else would have anything of it.
 */
function unhurried(payment: GrantedPayment, buyer: Address | null): GrantedPayment {
  const { settlement, authorization } = payment;
  if (settlement.state !== "deferred" || authorization.from !== buyer) return payment;
  return { ...payment, settlement: { ...settlement, state: "verified" } };
}

/** Nobody is known to have handed such a payment over. */
const UNTAKEN: readonly GrantedSettlement["state"][] = ["verified", "deferred"];

/** A payment that is valid and known to nobody was not taken by anybody. */
async function mayHavePaid(payment: GrantedPayment, { purchase: { store } }: OriginPorts): Promise<boolean> {
  if (!UNTAKEN.includes(payment.settlement.state)) return true;
  return (await store.get(orderOf(payment))) !== undefined;
}

/** The edge verified it, and nobody takes it. */
function logUntaken(payment: GrantedPayment, { statusCode = 0 }: Response, ports: OriginPorts): void {
  const order = orderOf(payment);
  ports.purchase.log({ event: "content_returned", order, transaction: null, status: statusCode });
}

function orderOf({ network, authorization }: GrantedPayment): string {
  return orderId({ network, payer: authorization.from, nonce: authorization.nonce });
}

async function purchase(
  goods: PurchasedGoods,
  payment: GrantedPayment,
  request: OriginRequest,
  offers: Offers | undefined,
  ports: OriginPorts,
): Promise<Response> {
  const { id: grantId, fingerprint } = request.grant;
  const { replayKeys } = payment;
  const { agentId } = request;
  const webhookUrl = offers?.[0].webhookUrl ?? null;
  const outcome = await buy(
    { grantId, payment, fingerprint, replayKeys, goods, agentId, webhookUrl },
    ports.purchase,
  );
  const beside = await besideOf(outcome, ports);
  return answerOutcome(outcome, { request, payment, offers, beside }, ports);
}

/** What the eSIM has now, for whoever topped it up. */
async function besideOf(outcome: PurchaseOutcome, ports: OriginPorts): Promise<object> {
  if (outcome.kind !== "owned") return {};
  const { goods, delivery } = outcome.purchase;
  if (goods.kind !== "topup" || delivery?.kind !== "topup") return {};
  const left = await dataLeft(goods.esimTranNo, delivery.totalBytes, ports);
  return { remaining_kb: left?.remainingKb ?? null };
}
