/** What a buyer is answered, in every way in which a purchase can go. */

import { decodePaymentResponseHeader } from "@x402/core/http";
import { beforeEach, describe, expect, test } from "vitest";
import { accessToken } from "../../../origin/access.ts";
import { HEADER } from "../../../protocol/headers.ts";
import { usdc } from "../../../protocol/money.ts";
import { refundTransaction } from "../../builders/origin-chain.ts";
import { ACTIVATION_CODE, TRANSACTION } from "../../builders/origin-ports.ts";
import {
  CONTESTED,
  grantedPayment,
  ORDER_ID,
  purchaseIn,
  SPENT,
  UNKNOWN,
} from "../../builders/origin-purchase.ts";
import { NOW } from "../../builders/payment.ts";
import {
  ACCESS_SECRET,
  ACTIVATE,
  bodyOf,
  expectProblem,
  fingerprintOf,
  forward,
  get,
  headerOf,
  openShop,
  type Sent,
  type Shop,
} from "./shop.ts";

const REPORT = get("/report");
const REPORT_PAYMENT = grantedPayment({
  authorization: { ...grantedPayment().authorization, value: usdc(3_000n) },
});
const ORDER_URL = `https://shop.example.com/v1/orders/${ORDER_ID}`;
const RETURNED = { state: "refunded", payment_state: "refunded", retry_action: "resign" };
const OTHER_GRANT = { id: "grant-0002" };

let shop: Shop;
beforeEach(() => {
  shop = openShop();
});

/** A purchase that an earlier request made. */
function store(state: Parameters<typeof purchaseIn>[0], sent: Sent = ACTIVATE): void {
  shop.world.store.overwrite(purchaseIn(state, { fingerprint: fingerprintOf(sent) }));
}

describe("an eSIM that was paid for", () => {
  test("is answered with its goods, its receipt and what opens it later", async () => {
    const sent = { ...ACTIVATE, headers: { ...ACTIVATE.headers, [HEADER.agentId]: "agent-7" } };
    const response = await forward(shop, sent, grantedPayment({ timings: { verify: 12, settle: 34 } }));
    expect(response.statusCode).toBe(200);
    expect(bodyOf(response)).toEqual({
      order_id: ORDER_ID,
      state: "delivered",
      plan: "eu-1gb",
      device_id: "phone-1",
      agent_id: "agent-7",
      access_token: accessToken(ACCESS_SECRET, "order", ORDER_ID),
      order_url: ORDER_URL,
      payment: {
        chain: "base",
        network: "eip155:8453",
        amount_usdc: "4.20",
        payer: expect.stringMatching(/^0x[0-9a-fA-F]{40}$/),
        transaction: TRANSACTION,
        explorer_url: `https://basescan.org/tx/${TRANSACTION}`,
      },
      replayed: false,
      iccid: "8944500102198304826",
      esim_iccid: "8944500102198304826",
      apn: "internet",
      qr_code: ACTIVATION_CODE,
      qr_image: expect.stringContaining(`${ORDER_URL}/qr.svg?token=qr_`),
      smdp_address: "rsp.example.com",
      matching_id: "SECRET-MATCHING-ID",
      install: expect.objectContaining({ apple: expect.stringContaining("https://esimsetup.apple.com/") }),
      items: [expect.objectContaining({ item: 0, item_state: "delivered", plan: "eu-1gb", apn: "internet" })],
    });
    expect(response.headers).toMatchObject({
      "content-type": "application/json",
      "cache-control": "no-store, private",
      "access-control-allow-origin": "*",
      location: ORDER_URL,
      "server-timing": "verify;dur=12, settle;dur=34, origin;dur=2000",
    });
    expect(decodePaymentResponseHeader(headerOf(response, HEADER.paymentResponse))).toMatchObject({
      success: true,
      transaction: TRANSACTION,
      network: "eip155:8453",
    });
  });

  test("by a client of version 1 has its receipt in that version's header", async () => {
    const response = await forward(shop, ACTIVATE, grantedPayment({ x402Version: 1 }));
    const receipt = headerOf(response, HEADER.xPaymentResponse);
    expect(JSON.parse(Buffer.from(receipt, "base64").toString())).toMatchObject({
      success: true,
      network: "base",
    });
    expect(response.headers).not.toHaveProperty(HEADER.paymentResponse);
  });

  test("and is not here yet is 202, and says where to look and when", async () => {
    shop.world.supplier.allocationMs = 40_000;
    const response = await forward(shop, ACTIVATE, grantedPayment());
    expect(response.statusCode).toBe(202);
    expect(response.headers).toMatchObject({ location: ORDER_URL, "retry-after": "2" });
    expect(bodyOf(response)).toMatchObject({
      state: "ordered",
      access_token: accessToken(ACCESS_SECRET, "order", ORDER_ID),
      order_url: ORDER_URL,
    });
    expect(bodyOf(response)).not.toHaveProperty("qr_code");
  });

  test("and whose settlement is open is 202 without a receipt", async () => {
    shop.world.facilitator.onSettle = () => ({ kind: "unknown", fault: "timeout" });
    const response = await forward(shop, ACTIVATE, grantedPayment({ settlement: UNKNOWN }));
    expect(response.statusCode).toBe(202);
    expect(bodyOf(response)).toMatchObject({ state: "settling", payment: { transaction: null } });
    expect(response.headers).not.toHaveProperty(HEADER.paymentResponse);
  });

  test("and can't be had is a failure of ours, with the receipt and the refund that followed", async () => {
    shop.world.supplier.orderAnswers.push({ kind: "refused", reason: "out_of_stock", code: "200011" });
    const response = await forward(shop, ACTIVATE, grantedPayment());
    expect(response.statusCode).toBe(502);
    expectProblem(response, "fulfilment_failed", {
      ...RETURNED,
      order_id: ORDER_ID,
      refund: expect.objectContaining({ amount_usdc: "4.20", transaction: refundTransaction(0) }),
      access_token: expect.any(String),
    });
    expect(response.body).not.toContain("200011");
    expect(headerOf(response, "location")).toBe(ORDER_URL);
    expect(decodePaymentResponseHeader(headerOf(response, HEADER.paymentResponse)).success).toBe(true);
  });
});

describe("a refund that is not paid yet", () => {
  const refuse = () =>
    shop.world.supplier.orderAnswers.push({ kind: "refused", reason: "out_of_stock", code: "200011" });
  const owed = { payment_state: "settled", retry_action: "poll", order_id: ORDER_ID };

  test("because the wallet is empty is said at once: the money is settled and will come back", async () => {
    refuse();
    shop.world.chain.walletBalance = 4_199_999n;
    const response = await forward(shop, ACTIVATE, grantedPayment());
    expectProblem(response, "fulfilment_failed", { ...owed, state: "refund_blocked" });
    expect(shop.world.clock.now()).toBe(NOW * 1_000);
    expect(response.body).not.toContain("wallet");
    expect(decodePaymentResponseHeader(headerOf(response, HEADER.paymentResponse)).success).toBe(true);
  });

  test("because it is on its way is said when the time is up", async () => {
    refuse();
    shop.world.chain.refundDelayMs = 60_000;
    const response = await forward(shop, ACTIVATE, grantedPayment());
    expectProblem(response, "fulfilment_failed", { ...owed, state: "refunding" });
    expect(bodyOf(response)).toMatchObject({ refund: { amount_usdc: "4.20", transaction: null } });
  });
});

describe("a resource that was paid for", () => {
  test("is its body alone, in its type", async () => {
    const response = await forward(shop, REPORT, REPORT_PAYMENT);
    expect(response).toMatchObject({
      statusCode: 200,
      headers: { "content-type": "application/json", location: ORDER_URL },
    });
    expect(bodyOf(response)).toMatchObject({ plans: [{ plan: "eu-1gb", price_usdc: "4.20" }] });
  });

  test("is the same bytes for the same grant again", async () => {
    const first = await forward(shop, REPORT, { ...REPORT_PAYMENT, invoiceId: null });
    shop.world.clock.advanceTo(shop.world.clock.now() + 30_000);
    const second = await forward(shop, REPORT, { ...REPORT_PAYMENT, invoiceId: null });
    expect(second.statusCode).toBe(200);
    expect(second.body).toBe(first.body);
    expect(shop.world.store.counts.claims).toBe(1);
  });
});

describe("a price that the catalog does not have (any more)", () => {
  const dearer = { ...grantedPayment().authorization, value: usdc(3_900_000n) };

  test("stands when it was quoted on an invoice", async () => {
    const response = await forward(shop, ACTIVATE, grantedPayment({ authorization: dearer }));
    expect(bodyOf(response)).toMatchObject({ state: "delivered", payment: { amount_usdc: "3.90" } });
  });

  test("goes back when it was not, and nothing is ordered", async () => {
    const payment = grantedPayment({ authorization: dearer, invoiceId: null });
    expectProblem(await forward(shop, ACTIVATE, payment), "fulfilment_failed", RETURNED);
    expect(shop.world.supplier.orders.size).toBe(0);
  });

  test("for a plan that is not there is recorded and goes back", async () => {
    const gone = { ...ACTIVATE, body: '{"plan":"gone"}' };
    expectProblem(await forward(shop, gone, grantedPayment()), "fulfilment_failed", RETURNED);
    expect(shop.world.store.all()).toMatchObject([
      { goods: { kind: "unavailable", reason: "not_in_catalog" } },
    ]);
  });
});

describe("a payment that comes again", () => {
  test("with its invoice gets the same goods, marked as a replay", async () => {
    await forward(shop, ACTIVATE, grantedPayment());
    const response = await forward(shop, ACTIVATE, grantedPayment({ settlement: SPENT }), OTHER_GRANT);
    expect(response.statusCode).toBe(200);
    expect(bodyOf(response)).toMatchObject({ qr_code: ACTIVATION_CODE, replayed: true });
  });

  test.each([
    SPENT,
    UNKNOWN,
    CONTESTED,
  ])("without it learns the order's id and state, and no secret: $state", async (settlement) => {
    store("delivered");
    const copied = grantedPayment({ settlement, invoiceId: null });
    const response = await forward(shop, ACTIVATE, copied, OTHER_GRANT);
    expectProblem(response, "payment_already_used", {
      order_id: ORDER_ID,
      order_state: "delivered",
      payment_state: "settled",
      retry_action: "abandon",
    });
    expect(response.body).not.toMatch(/LPA:|at_|qr_|SECRET|iccid/);
  });

  test("for another request is 409, and no secret goes with it", async () => {
    store("delivered", REPORT);
    const response = await forward(shop, ACTIVATE, grantedPayment(), OTHER_GRANT);
    expectProblem(response, "payment_for_other_request", {
      order_id: ORDER_ID,
      order_state: "delivered",
      payment_state: "settled",
    });
    expect(response.body).not.toMatch(/LPA:|at_|qr_|SECRET|iccid/);
  });
});
