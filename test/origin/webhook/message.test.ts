/** A buyer can tell that a message is ours and is told what became of the order, and nobody gets a secret with it. */

import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accessToken } from "../../../origin/access.ts";
import type { Purchase, Webhook } from "../../../origin/purchase/purchase.ts";
import { webhookEvent } from "../../../origin/webhook/event.ts";
import { signatureHeaders, webhookSecret } from "../../../origin/webhook/signature.ts";
import { anyPurchase } from "../../builders/arbitrary-purchase.ts";
import { ACTIVATION_CODE } from "../../builders/origin-ports.ts";
import { ONE, ORDER_ID, purchaseIn } from "../../builders/origin-purchase.ts";
import { NOW } from "../../builders/payment.ts";

const SECRET = new Uint8Array(32).fill(7);
const OLD_SECRET = new Uint8Array(32).fill(8);
const SHOP = "https://shop.example.com";
const WEBHOOK: Webhook = { url: "https://agent.example/hook", state: "due", since: NOW * 1_000, attempts: 1 };

const eventOf = (purchase: Purchase, webhook = WEBHOOK) => webhookEvent(purchase, webhook, SHOP);
const bodyOf = (purchase: Purchase) => JSON.parse(eventOf(purchase).body);

/** As Standard Webhooks tells receivers to do it. */
function verifies(headers: Record<string, string>, body: string, secret: string): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const expected = `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
  return (headers["webhook-signature"] ?? "").split(" ").includes(expected);
}

describe("a signature", () => {
  const message = { id: "msg_1", timestamp: NOW, body: '{"a":1}' };
  const headers = signatureHeaders(message, ORDER_ID, [SECRET, OLD_SECRET]);

  test("verifies with the order's secret, as it was handed out before or after a rotation", () => {
    expect(verifies(headers, message.body, webhookSecret(SECRET, ORDER_ID))).toBe(true);
    expect(verifies(headers, message.body, webhookSecret(OLD_SECRET, ORDER_ID))).toBe(true);
  });

  test.each([
    ["another order's secret", headers, message.body, webhookSecret(SECRET, `ord_${"5".repeat(40)}`)],
    ["another body", headers, '{"a":2}', webhookSecret(SECRET, ORDER_ID)],
    ["another id", { ...headers, "webhook-id": "msg_2" }, message.body, webhookSecret(SECRET, ORDER_ID)],
    ["another time", { ...headers, "webhook-timestamp": "1" }, message.body, webhookSecret(SECRET, ORDER_ID)],
  ])("does not verify with %s", (_, changed, body, secret) => {
    expect(verifies(changed, body, secret)).toBe(false);
  });

  test("matches the vector of the Standard Webhooks form", () => {
    const key = createHmac("sha256", SECRET).update(`edge402 webhook ${ORDER_ID}`).digest();
    expect(webhookSecret(SECRET, ORDER_ID)).toBe(`whsec_${key.toString("base64")}`);
    const signature = createHmac("sha256", key).update(`msg_1.${NOW}.{"a":1}`).digest("base64");
    expect(signatureHeaders(message, ORDER_ID, [SECRET])).toEqual({
      "webhook-id": "msg_1",
      "webhook-timestamp": String(NOW),
      "webhook-signature": `v1,${signature}`,
    });
  });
});

describe("an event", () => {
  test("of a delivery names the order, its state, its items and where to ask", () => {
    expect(bodyOf(purchaseIn("delivered"))).toEqual({
      id: eventOf(purchaseIn("delivered")).id,
      type: "order.delivered",
      created_at: new Date(NOW * 1_000).toISOString(),
      order: {
        order_id: ORDER_ID,
        state: "delivered",
        order_url: `${SHOP}/v1/orders/${ORDER_ID}`,
        items: [{ item: 0, item_state: "delivered", plan: "eu-1gb", device_id: null }],
      },
    });
  });

  test("of a refund names what was paid back, and of a void order nothing", () => {
    expect(bodyOf(purchaseIn("refunded"))).toMatchObject({
      type: "order.refunded",
      order: { refund: { amount_usdc: "4.20" }, items: [{ item_state: "undelivered" }] },
    });
    const { type, order } = bodyOf(purchaseIn("void"));
    expect(type).toBe("order.void");
    expect(order).not.toHaveProperty("refund");
  });

  test("has the same id at each try, and another for other news", () => {
    const first = eventOf(purchaseIn("delivered"));
    expect(eventOf(purchaseIn("delivered"), { ...WEBHOOK, attempts: 7 })).toEqual(first);
    expect(eventOf(purchaseIn("refunded"), { ...WEBHOOK, since: WEBHOOK.since + 1 }).id).not.toBe(first.id);
    expect(eventOf({ ...purchaseIn("delivered"), id: `ord_${"5".repeat(40)}` }).id).not.toBe(first.id);
  });

  test("opens nothing: no activation code, ICCID or token, whatever the purchase holds", () => {
    const plain = eventOf(purchaseIn("delivered")).body;
    for (const secret of [ACTIVATION_CODE, ONE.iccid, accessToken(SECRET, "order", ORDER_ID), "whsec_"]) {
      expect(plain).not.toContain(secret);
    }
    fc.assert(
      fc.property(anyPurchase, (purchase) => {
        const marked = mark(purchase);
        expect(eventOf(marked).body).not.toMatch(/TOP-SECRET|0x5e5e5e/);
      }),
    );
  });
});

/** With texts that must not go anywhere in place of the secrets. */
function mark(purchase: Purchase): Purchase {
  const secret = { iccid: "TOP-SECRET-1", activationCode: "TOP-SECRET-2", apn: "TOP-SECRET-3" };
  return {
    ...purchase,
    signature: `0x${"5e".repeat(65)}`,
    delivery: { kind: "esims", esims: [{ ...secret, esimTranNo: "TOP-SECRET-4" }] },
    pooled: [{ ...secret, esimTranNo: "TOP-SECRET-4" }],
    // Amounts that no token holds can't be added up.
    refund: null,
  };
}
