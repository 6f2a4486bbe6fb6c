/** A purchase as its owner sees it. */

import { type Problem, problem } from "../../protocol/errors.ts";
import { checksumAddress } from "../../protocol/hex.ts";
import { formatUsdc } from "../../protocol/money.ts";
import { accessToken } from "../access.ts";
import { installLinks } from "../esim/install-links.ts";
import { parseActivationCode } from "../esim/lpa.ts";
import { isFinal, type Purchase } from "../purchase/purchase.ts";

export interface ViewOptions {
  readonly publicUrl: string;
  readonly accessSecret: Uint8Array;
  readonly replayed: boolean;
}

/** Seconds between two looks at an order that is on its way. */
export const POLL_AFTER_SECONDS = "2";

export function orderUrl(publicUrl: string, orderId: string): string {
  return `${publicUrl}/v1/orders/${orderId}`;
}

/** JSON fields common to all states: what it is, who bought it, how it was paid, and what opens it. */
export function orderView(purchase: Purchase, options: ViewOptions): Record<string, unknown> {
  const { id, state, network, authorization, transaction, goods, agentId } = purchase;
  return {
    order_id: id,
    state,
    ...(goods.kind === "esim" ? { plan: goods.plan, device_id: goods.deviceId } : {}),
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
    ...outcome(purchase, options),
  };
}

/** The goods, or what is wrong. Nothing while the order is on its way. */
function outcome(purchase: Purchase, options: ViewOptions): object {
  const { delivery } = purchase;
  if (delivery?.kind === "esim") return esimView(purchase.id, delivery, options);
  if (delivery?.kind === "resource") return { resource: JSON.parse(delivery.body) };
  return orderProblem(purchase) ?? {};
}

/** What is wrong with a purchase that ended without goods. */
export function orderProblem({ state }: Purchase): Problem | undefined {
  if (state === "void") return problem("payment_void");
  if (state === "refund_due") {
    return problem("fulfilment_failed", { detail: "The payment will be returned to the payer." });
  }
  return undefined;
}

function esimView(
  id: string,
  { iccid, activationCode, apn }: { iccid: string; activationCode: string; apn: string | null },
  { publicUrl, accessSecret }: ViewOptions,
) {
  const parsed = parseActivationCode(activationCode);
  const token = accessToken(accessSecret, "qr", id);
  return {
    iccid,
    esim_iccid: iccid,
    apn,
    qr_code: activationCode,
    qr_image: `${orderUrl(publicUrl, id)}/qr.svg?token=${token}`,
    smdp_address: parsed?.smdpAddress ?? null,
    matching_id: parsed?.matchingId ?? null,
    install: installLinks(activationCode),
  };
}

/** 200 for a purchase that is final, 202 for one that is on its way. */
export function orderStatus(purchase: Purchase): { statusCode: number; headers: Record<string, string> } {
  if (isFinal(purchase.state)) return { statusCode: 200, headers: {} };
  return { statusCode: 202, headers: { "retry-after": POLL_AFTER_SECONDS } };
}
