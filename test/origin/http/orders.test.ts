/** An order opens to whoever holds its token, and its QR image to whoever holds the image's. */

import { beforeEach, describe, expect, test } from "vitest";
import { accessToken } from "../../../origin/access.ts";
import { qrPng, qrSvg } from "../../../origin/esim/qr.ts";
import { type PurchaseState, purchaseStates } from "../../../origin/purchase/states.ts";
import { webhookSecret } from "../../../origin/webhook/signature.ts";
import { refundTransaction } from "../../builders/origin-chain.ts";
import { ACTIVATION_CODE, TRANSACTION } from "../../builders/origin-ports.ts";
import { ORDER_ID, purchaseIn, SIGNATURE } from "../../builders/origin-purchase.ts";
import { ACCESS_SECRET, bodyOf, expectProblem, forward, get, headerOf, openShop, type Shop } from "./shop.ts";

const OTHER_ORDER = `ord_${"5".repeat(40)}`;
const ORDER_TOKEN = accessToken(ACCESS_SECRET, "order", ORDER_ID);
const QR_TOKEN = accessToken(ACCESS_SECRET, "qr", ORDER_ID);

const OWED = { code: "fulfilment_failed", retry_action: "poll", payment_state: "settled" };
const REFUND = { amount_usdc: "4.20" };

let shop: Shop;
beforeEach(() => {
  shop = openShop();
  shop.world.store.overwrite(purchaseIn("delivered"));
});

const order = (token?: string, id = ORDER_ID) =>
  forward(shop, get(`/v1/orders/${id}`, token === undefined ? {} : { authorization: `Bearer ${token}` }));

const qr = (token?: string, format = "svg", id = ORDER_ID) =>
  forward(shop, get(`/v1/orders/${id}/qr.${format}${token === undefined ? "" : `?token=${token}`}`));

describe("an order", () => {
  test("without a token is 401, and the table is not read", async () => {
    const response = await order();
    expectProblem(response, "access_token_required");
    expect(headerOf(response, "www-authenticate")).toBe("Bearer");
    expect(shop.calls).toEqual([]);
  });

  test.each([
    ["another order's", accessToken(ACCESS_SECRET, "order", OTHER_ORDER)],
    ["its QR image's", QR_TOKEN],
    ["its QR image's under the order's name", `at_${QR_TOKEN.slice(3)}`],
    ["one made with another secret", accessToken(new Uint8Array(32).fill(8), "order", ORDER_ID)],
    ["its own with a character more", `${ORDER_TOKEN}A`],
    ["its own cut short", ORDER_TOKEN.slice(0, -1)],
    ["the order's id", ORDER_ID],
  ])("with %s token is 403, and the table is not read", async (_, token) => {
    expectProblem(await order(token), "access_token_invalid");
    expect(shop.calls).toEqual([]);
  });

  test("that does not exist is 404 to the right token alone", async () => {
    expectProblem(
      await order(accessToken(ACCESS_SECRET, "order", OTHER_ORDER), OTHER_ORDER),
      "order_not_found",
    );
    shop.calls.length = 0;
    expectProblem(await order(ORDER_TOKEN, OTHER_ORDER), "access_token_invalid");
    expectProblem(await order(undefined, OTHER_ORDER), "access_token_required");
    expect(shop.calls).toEqual([]);
  });

  test("whose id is none is not found", async () => {
    expectProblem(await order(ORDER_TOKEN, "ord_1"), "route_not_found");
  });

  test("that is delivered shows the goods, never stored anywhere", async () => {
    const response = await order(ORDER_TOKEN);
    expect(response.statusCode).toBe(200);
    expect(headerOf(response, "cache-control")).toBe("no-store, private");
    expect(bodyOf(response)).toMatchObject({
      order_id: ORDER_ID,
      state: "delivered",
      plan: "eu-1gb",
      qr_code: ACTIVATION_CODE,
      smdp_address: "rsp.example.com",
      matching_id: "SECRET-MATCHING-ID",
      qr_image: `https://shop.example.com/v1/orders/${ORDER_ID}/qr.svg?token=${QR_TOKEN}`,
      access_token: ORDER_TOKEN,
      payment: { transaction: TRANSACTION, amount_usdc: "4.20", chain: "base" },
      replayed: true,
    });
  });

  test("whose buyer named a webhook comes with the secret that its messages are signed with", async () => {
    expect(bodyOf(await order(ORDER_TOKEN))).not.toHaveProperty("webhook_secret");
    shop.world.store.overwrite(purchaseIn("delivered", { webhookUrl: "https://agent.example/hook" }));
    expect(bodyOf(await order(ORDER_TOKEN))).toMatchObject({
      webhook_secret: webhookSecret(ACCESS_SECRET, ORDER_ID),
    });
  });

  const looks: [PurchaseState, number, object][] = [
    ["settling", 202, { payment: expect.objectContaining({ transaction: null, explorer_url: null }) }],
    ["settled", 202, { payment: expect.objectContaining({ transaction: TRANSACTION }) }],
    ["ordered", 202, {}],
    ["void", 200, { code: "payment_void", retry_action: "resign", payment_state: "unused" }],
    ["reserved", 202, { payment: expect.objectContaining({ transaction: null }) }],
    ["securing", 202, { payment: expect.objectContaining({ transaction: null }) }],
    ["secured", 202, { payment: expect.objectContaining({ transaction: null }) }],
    ["refund_due", 202, { ...OWED, refund: { ...REFUND, transaction: null, explorer_url: null } }],
    ["refund_blocked", 202, { ...OWED, refund: { ...REFUND, transaction: null, explorer_url: null } }],
    ["refunding", 202, { ...OWED, refund: { ...REFUND, transaction: null, explorer_url: null } }],
    [
      "refunded",
      200,
      {
        code: "fulfilment_failed",
        retry_action: "resign",
        payment_state: "refunded",
        refund: { ...REFUND, transaction: refundTransaction(0), explorer_url: expect.any(String) },
      },
    ],
  ];
  test.each(looks)("that is %s answers %i and holds no goods", async (state, status, shown) => {
    shop.world.store.overwrite(purchaseIn(state));
    const response = await order(ORDER_TOKEN);
    expect(response.statusCode).toBe(status);
    expect(bodyOf(response)).toMatchObject({ order_id: ORDER_ID, state, ...shown });
    expect(response.body).not.toMatch(/LPA:|SECRET|iccid|qr_/);
    expect(response.headers?.["retry-after"]).toBe(status === 202 ? "2" : undefined);
    expect(response.body).not.toContain(SIGNATURE);
  });

  test("that is somebody's work is only looked at", async () => {
    shop.world.store.overwrite(purchaseIn("settled"));
    await order(ORDER_TOKEN);
    expect(shop.calls).toEqual(["store.get"]);
  });

  test("that nobody works on any more is moved on by the poll", async () => {
    const abandoned = purchaseIn("settled");
    shop.world.store.overwrite(abandoned);
    shop.world.clock.advanceTo(abandoned.dueAt);
    const response = await order(ORDER_TOKEN);
    expect(response.statusCode).toBe(200);
    expect(bodyOf(response)).toMatchObject({ state: "delivered", qr_code: ACTIVATION_CODE });
    expect([...shop.world.supplier.orders.keys()]).toEqual([ORDER_ID]);
  });
});

describe("an order's QR image", () => {
  test("as SVG opens to its token, may load nothing, and is not stored", async () => {
    const response = await qr(QR_TOKEN);
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({
      "content-type": "image/svg+xml",
      "cache-control": "no-store, private",
      "content-security-policy": expect.stringMatching(/^default-src 'none'/),
    });
    expect(response.body).toBe(await qrSvg(ACTIVATION_CODE));
  });

  test("as PNG is the activation code", async () => {
    const response = await qr(QR_TOKEN, "png");
    expect(response).toMatchObject({
      statusCode: 200,
      isBase64Encoded: true,
      headers: { "content-type": "image/png", "cache-control": "no-store, private" },
    });
    expect(response.body).toBe(Buffer.from(await qrPng(ACTIVATION_CODE)).toString("base64"));
  });

  test.each(["svg", "png"])("as %s without a token is 401, and the table is not read", async (format) => {
    expectProblem(await qr(undefined, format), "access_token_required");
    expect(shop.calls).toEqual([]);
  });

  test.each([
    ["the order's", ORDER_TOKEN],
    ["the order's under the image's name", `qr_${ORDER_TOKEN.slice(3)}`],
    ["another order's", accessToken(ACCESS_SECRET, "qr", OTHER_ORDER)],
    ["an empty", ""],
  ])("with %s token is 403, and the table is not read", async (_, token) => {
    expectProblem(await qr(token), "access_token_invalid");
    expectProblem(await qr(token, "png"), "access_token_invalid");
    expect(shop.calls).toEqual([]);
  });

  test("with two tokens is 401", async () => {
    expectProblem(await qr(`${QR_TOKEN}&token=${QR_TOKEN}`), "access_token_required");
  });

  test.each(
    purchaseStates.filter((state) => state !== "delivered" && state !== "returning"),
  )("of an order that is %s is not found", async (state) => {
    shop.world.store.overwrite(purchaseIn(state));
    expectProblem(await qr(QR_TOKEN), "order_not_found");
  });

  test("of no order is not found", async () => {
    const token = accessToken(ACCESS_SECRET, "qr", OTHER_ORDER);
    expectProblem(await qr(token, "svg", OTHER_ORDER), "order_not_found");
  });
});
