/** What a buyer sees where the origin settles: no goods before they are paid for, no charge where there are none. */

import { decodePaymentResponseHeader } from "@x402/core/http";
import { beforeEach, describe, expect, test } from "vitest";
import { accessToken } from "../../../origin/access.ts";
import { HEADER } from "../../../protocol/headers.ts";
import { ACTIVATION_CODE, TRANSACTION } from "../../builders/origin-ports.ts";
import { grantedPayment, ORDER_ID, VERIFIED } from "../../builders/origin-purchase.ts";
import { storedIn, sweepToRest } from "../../builders/origin-sweep.ts";
import {
  ACCESS_SECRET,
  ACTIVATE,
  bodyOf,
  expectProblem,
  forward,
  get,
  headerOf,
  openShop,
  type Shop,
} from "./shop.ts";

const GOODS = /LPA:|SECRET|iccid|qr_|8944500102198304826/;
const ORDER_TOKEN = accessToken(ACCESS_SECRET, "order", ORDER_ID);
const QR_TOKEN = accessToken(ACCESS_SECRET, "qr", ORDER_ID);

let shop: Shop;
beforeEach(() => {
  shop = openShop();
});

const buy = (id = "grant-0001") => forward(shop, ACTIVATE, grantedPayment({ settlement: VERIFIED }), { id });
const order = () => forward(shop, get(`/v1/orders/${ORDER_ID}`, { authorization: `Bearer ${ORDER_TOKEN}` }));
const qr = (format: string) => forward(shop, get(`/v1/orders/${ORDER_ID}/qr.${format}?token=${QR_TOKEN}`));

test("goods that were secured and paid for are answered with their receipt", async () => {
  const response = await buy();
  expect(response.statusCode).toBe(200);
  expect(bodyOf(response)).toMatchObject({
    state: "delivered",
    qr_code: ACTIVATION_CODE,
    payment: { transaction: TRANSACTION },
  });
  expect(decodePaymentResponseHeader(headerOf(response, HEADER.paymentResponse)).success).toBe(true);
});

describe("goods that are out of stock", () => {
  beforeEach(() => {
    shop.world.supplier.orderAnswers.push({ kind: "refused", reason: "out_of_stock", code: "200011" });
  });

  test("are 503, with the payment unused, no receipt, and nobody asked to sign", async () => {
    const response = await buy();
    expectProblem(response, "goods_unavailable", {
      payment_state: "unused",
      retry_action: "abandon",
      order_id: ORDER_ID,
      state: "void",
    });
    expect(response.statusCode).toBe(503);
    for (const name of [HEADER.paymentRequired, HEADER.paymentResponse, HEADER.xPaymentResponse]) {
      expect(response.headers).not.toHaveProperty(name);
    }
    expect(response.body).not.toContain("200011");
    expect(shop.world.facilitator.requests).toEqual([]);
  });

  test("are answered alike when the payment comes again, and are not ordered for it", async () => {
    await buy();
    expectProblem(await buy("grant-0002"), "goods_unavailable", { payment_state: "unused" });
    const shown = await order();
    expect(shown.statusCode).toBe(200);
    expect(bodyOf(shown)).toMatchObject({
      state: "void",
      code: "goods_unavailable",
      payment_state: "unused",
    });
    expect(shop.world.supplier.orders.size).toBe(0);
    expect(shop.world.facilitator.requests).toEqual([]);
  });
});

describe("goods that are secured while their payment is open", () => {
  beforeEach(async () => {
    shop.world.facilitator.onSettle = () => ({ kind: "rejected", reason: "insufficient_funds" });
    const response = await buy();
    expect(response.statusCode).toBe(202);
    expect(response.body).not.toMatch(GOODS);
    expect(storedIn(shop.world)).toMatchObject({
      state: "secured",
      delivery: { esims: [{ activationCode: ACTIVATION_CODE }] },
    });
  });

  test("are not in the order", async () => {
    const response = await order();
    expect(response.statusCode).toBe(202);
    expect(bodyOf(response)).toMatchObject({ state: "secured", payment: { transaction: null } });
    expect(response.body).not.toMatch(GOODS);
  });

  test.each(["svg", "png"])("are not in the QR image: %s", async (format) => {
    const response = await qr(format);
    expectProblem(response, "order_not_found");
    expect(response.body).not.toMatch(GOODS);
  });

  test("are not in the answer to the same payment", async () => {
    const response = await buy("grant-0002");
    expect(response.statusCode).toBe(202);
    expect(response.body).not.toMatch(GOODS);
    expect(response.headers).not.toHaveProperty(HEADER.paymentRequired);
  });

  test("are gone for good once the payment can't land: the buyer is asked again", async () => {
    await sweepToRest(shop.world);
    expect([...shop.world.supplier.cancelled]).toEqual(["tran-B1"]);
    const again = await buy("grant-0002");
    expect(again.statusCode).toBe(402);
    expect(bodyOf(again)).toMatchObject({ code: "payment_void", payment_state: "unused" });
    expect(again.headers).toHaveProperty(HEADER.paymentRequired);
    for (const response of [again, await order(), await qr("svg")]) expect(response.body).not.toMatch(GOODS);
  });

  test("are shown as soon as the payment landed", async () => {
    shop.world.chain.landsAt = shop.world.clock.now();
    await sweepToRest(shop.world);
    expect(bodyOf(await order())).toMatchObject({ state: "delivered", qr_code: ACTIVATION_CODE });
    expect((await qr("svg")).statusCode).toBe(200);
  });
});
