/** A purchase as its owner sees it. */

import { type Problem, problem } from "../../protocol/errors.ts";
import { checksumAddress } from "../../protocol/hex.ts";
import { formatUsdc, usdc } from "../../protocol/money.ts";
import { accessToken } from "../access.ts";
import type { Allotment } from "../allotment/allotment.ts";
import type { TopUpGoods } from "../purchase/goods.ts";
import { isDecided, isHandedOver, isUnpaid, type Purchase } from "../purchase/purchase.ts";
import { wholeKb } from "../usage/remaining.ts";
import { webhookSecret } from "../webhook/signature.ts";
import { esimsView } from "./esims-view.ts";

export interface ViewOptions {
  readonly publicUrl: string;
  readonly accessSecret: Uint8Array;
  readonly replayed: boolean;
  /** Where the order is one: what was drawn of it. */
  readonly allotment?: Allotment;
}

/** Seconds between two looks at an order that is on its way. */
export const POLL_AFTER_SECONDS = "2";

export function orderUrl(publicUrl: string, orderId: string): string {
  return `${publicUrl}/v1/orders/${orderId}`;
}

/** JSON fields common to all states: what it is, who bought it, how it was paid, and what opens it. */
export function orderView(purchase: Purchase, options: ViewOptions): Record<string, unknown> {
  const { id, state, network, authorization, transaction, agentId } = purchase;
  return {
    order_id: id,
    state,
    agent_id: agentId,
    access_token: accessToken(options.accessSecret, "order", id),
    order_url: orderUrl(options.publicUrl, id),
    payment: {
      chain: network.chain,
      network: network.caip2,
      amount_usdc: formatUsdc(authorization.value),
      payer: checksumAddress(authorization.from),
      transaction,
      explorer_url: transaction === null ? null : network.explorerTx + transaction,
    },
    replayed: options.replayed,
    ...refundView(purchase),
    ...(purchase.webhook === null ? {} : { webhook_secret: webhookSecret(options.accessSecret, id) }),
    ...outcome(purchase, options),
  };
}

/** The goods, or what is wrong. Nothing while the order is on its way: goods that are secured are not paid for yet. */
function outcome(purchase: Purchase, options: ViewOptions): object {
  const { goods, delivery } = purchase;
  const problemOrNone = orderProblem(purchase) ?? {};
  if (goods.kind === "esims") return { ...esimsView(purchase, goods, options), ...problemOrNone };
  if (goods.kind === "topup") return { top_up: topUpView(purchase, goods), ...problemOrNone };
  if (!isHandedOver(purchase) || delivery?.kind !== "resource") return problemOrNone;
  return { resource: JSON.parse(delivery.body) };
}

function topUpView(purchase: Purchase, { iccid, dataMb }: TopUpGoods): object {
  const { delivery } = purchase;
  const asked = { iccid, data_mb: dataMb };
  if (!isHandedOver(purchase) || delivery?.kind !== "topup") return asked;
  const { totalBytes, expiresAt } = delivery;
  return { ...asked, total_kb: totalBytes === null ? null : wholeKb(totalBytes), expires_at: expiresAt };
}

/** What is wrong with a purchase that does not end in goods. */
export function orderProblem(purchase: Purchase): Problem | undefined {
  const { state, reason } = purchase;
  if (isHandedOver(purchase)) return undefined;
  switch (state) {
    case "void":
      return problem(isUnpaid(reason) ? "payment_void" : "goods_unavailable");
    case "refund_due":
    case "refunding":
    case "refund_blocked":
      return problem("fulfilment_failed", { detail: "The payment is being returned to the payer." });
    case "refunded":
      return problem("fulfilment_failed", {
        detail: "The payment was returned to the payer.",
        paymentState: "refunded",
        retryAction: "resign",
      });
    default:
      return undefined;
  }
}

/** The latest refund, and what all of them have brought back by now. */
export function refundView({ refund, network }: Purchase): object {
  if (refund === null) return {};
  const { amount, earlier, transaction } = refund;
  const explorer_url = transaction === null ? null : network.explorerTx + transaction;
  return {
    refund: { amount_usdc: formatUsdc(amount), transaction, explorer_url },
    refunded_total_usdc: formatUsdc(transaction === null ? earlier : usdc(earlier + amount)),
  };
}

/** Whether the buyer has all the goods that there are to have, or knows that there are none. */
export function isAnswered(purchase: Purchase): boolean {
  return isDecided(purchase.state) || isHandedOver(purchase);
}

/** 200 for a purchase that is final, 202 for one that is on its way. */
export function orderStatus(purchase: Purchase): { statusCode: number; headers: Record<string, string> } {
  if (isAnswered(purchase)) return { statusCode: 200, headers: {} };
  return { statusCode: 202, headers: { "retry-after": POLL_AFTER_SECONDS } };
}
