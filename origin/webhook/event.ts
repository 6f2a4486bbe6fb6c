/**
 * What a buyer's webhook is told of an order. It says what became of it and where to ask, and opens nothing: a URL may
 * be anybody's, so no activation code, token or ICCID ever goes there.
 */

import { createHash } from "node:crypto";
import { itemState } from "../http/esims-view.ts";
import { orderUrl, refundView } from "../http/order-view.ts";
import type { Purchase, Webhook } from "../purchase/purchase.ts";

export interface WebhookEvent {
  readonly id: string;
  /** JSON text. */
  readonly body: string;
}

/** @param purchase decided: delivered, refunded or void */
export function webhookEvent(purchase: Purchase, { since }: Webhook, publicUrl: string): WebhookEvent {
  const { id: order, state } = purchase;
  const id = messageId(order, since);
  const body = {
    id,
    type: `order.${state}`,
    created_at: new Date(since).toISOString(),
    order: {
      order_id: order,
      state,
      order_url: orderUrl(publicUrl, order),
      ...refundView(purchase),
      items: itemsOf(purchase),
    },
  };
  return { id, body: JSON.stringify(body) };
}

/** By the moment of the news: an order that was delivered may be refunded later, and that is another message. */
function messageId(order: string, since: number): string {
  const parts = JSON.stringify(["edge402 webhook", order, since]);
  return `msg_${createHash("sha256").update(parts).digest("hex").slice(0, 32)}`;
}

function itemsOf(purchase: Purchase): readonly object[] {
  const { goods } = purchase;
  if (goods.kind !== "esims") return [];
  return goods.lines.map(({ plan, deviceId }, item) => ({
    item,
    item_state: itemState(purchase, item),
    plan,
    device_id: deviceId,
  }));
}
