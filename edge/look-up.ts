/**
 * Payments that buy nothing at an origin without a ledger: those used before, and those past paying. The gateway answers
 * them itself, after a look at the chain where they may have landed.
 */

import type { GrantedSettlement } from "../protocol/grant.ts";
import type { Payment } from "../protocol/payment.ts";
import { refusePayment, respondUnresolved } from "./answers.ts";
import type { Respond } from "./http.ts";
import type { Ports } from "./ports.ts";
import type { PricedRequest } from "./request.ts";

/** @param deadline Unix milliseconds */
export async function answerUnforwarded(
  ports: Ports,
  paying: { readonly asked: PricedRequest; readonly payment: Payment },
  settlement: GrantedSettlement,
  deadline: number,
): Promise<Respond> {
  const refuse = (code: Parameters<typeof refusePayment>[2]) =>
    refusePayment(ports, paying, code, "facilitator");
  if (settlement.state !== "lookup") return refuse("payment_already_used");

  const { network, authorization } = paying.payment;
  const state = await ports.chain.authorizationState(network, authorization, deadline);
  switch (state.kind) {
    case "used":
      return refuse("payment_already_used");
    case "unreachable":
      return respondUnresolved();
    case "unused": {
      // An earlier request may have handed it over without an answer: until it can't land, no other is asked for.
      const asksForAnother = ["payment_expired", "invoice_expired"].includes(settlement.code);
      if (asksForAnother && state.blockTime < authorization.validBefore) return respondUnresolved();
      return refuse(settlement.code);
    }
  }
}
