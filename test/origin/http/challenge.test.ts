/** The origin asks for another payment only where nothing was taken and nothing can be. */

import { decodePaymentRequiredHeader, decodePaymentResponseHeader } from "@x402/core/http";
import { parsePaymentRequired } from "@x402/core/schemas";
import * as v from "valibot";
import { beforeEach, describe, expect, test } from "vitest";
import type { GrantedPayment } from "../../../protocol/grant.ts";
import { HEADER } from "../../../protocol/headers.ts";
import { readInvoice } from "../../../protocol/invoice.ts";
import { usdc } from "../../../protocol/money.ts";
import { EXPIRES_AT, grantedPayment, purchaseIn, SPENT, UNKNOWN } from "../../builders/origin-purchase.ts";
import { NOW } from "../../builders/payment.ts";
import {
  ACTIVATE,
  bodyOf,
  expectProblem,
  fingerprintOf,
  forward,
  headerOf,
  INVOICE_KEY,
  openShop,
  type Shop,
} from "./shop.ts";

let shop: Shop;
beforeEach(() => {
  shop = openShop();
});

const lookup = (code: "payment_expired" | "insufficient_funds") =>
  grantedPayment({ settlement: { state: "lookup", code } });

test("the challenge is one that @x402/core reads, and its invoice is ours and for this very request", async () => {
  const response = await forward(shop, ACTIVATE, lookup("payment_expired"));
  expect(response.statusCode).toBe(402);
  const required = decodePaymentRequiredHeader(headerOf(response, HEADER.paymentRequired));
  expect(parsePaymentRequired(required).success).toBe(true);
  expect(required).toMatchObject({
    x402Version: 2,
    error: "payment_expired",
    resource: { url: "https://shop.example.com/v1/esim/activate" },
    accepts: [{ scheme: "exact", network: "eip155:8453", amount: "4200000" }],
  });

  const token = v.parse(v.string(), required.accepts[0]?.extra["invoice"]);
  expect(bodyOf(response)["invoice_id"]).toBe(token);
  const invoice = readInvoice(token, [INVOICE_KEY]);
  if (!invoice.ok) throw new Error("the invoice does not verify");
  expect(invoice.value).toMatchObject({
    fingerprint: fingerprintOf(ACTIVATE),
    price: usdc(4_200_000n),
    expiresAt: NOW + 600,
  });
  expect(invoice.value.id).not.toBe(grantedPayment().invoiceId);
});

test("every challenge has an invoice of its own", async () => {
  const tokens = new Set<unknown>();
  for (let time = 0; time < 5; time++) {
    tokens.add(bodyOf(await forward(shop, ACTIVATE, lookup("payment_expired")))["invoice_id"]);
  }
  expect(tokens.size).toBe(5);
});

test.each([
  "payment_expired",
  "insufficient_funds",
] as const)("%s comes with a failed receipt", async (code) => {
  const response = await forward(shop, ACTIVATE, lookup(code));
  expect(bodyOf(response)).toMatchObject({ code, payment_state: "unused", retry_action: expect.any(String) });
  expect(headerOf(response, "cache-control")).toContain("no-store");
  expect(decodePaymentResponseHeader(headerOf(response, HEADER.paymentResponse))).toMatchObject({
    success: false,
    errorReason: code,
    transaction: "",
  });
});

test("a payment that can't be checked now is 503: its payer is not asked for another", async () => {
  const settlement = { state: "lookup", code: "facilitator_unavailable" } as const;
  const response = await forward(shop, ACTIVATE, grantedPayment({ settlement }));
  expectProblem(response, "facilitator_unavailable", { retry_action: "retry_same_payment" });
  expect(response.headers).not.toHaveProperty(HEADER.paymentRequired);
});

test("a plan that is not for sale is refused without terms", async () => {
  const gone = { ...ACTIVATE, body: '{"plan":"gone"}' };
  const response = await forward(shop, gone, lookup("payment_expired"));
  expectProblem(response, "payment_expired");
  expect(response.headers).not.toHaveProperty(HEADER.paymentRequired);
});

test("a payment that ran out unused is void, and its payer is asked again", async () => {
  shop.world.store.overwrite(purchaseIn("void", { fingerprint: fingerprintOf(ACTIVATE) }));
  const response = await forward(shop, ACTIVATE, grantedPayment({ settlement: SPENT }), { id: "grant-0002" });
  expect(response.statusCode).toBe(402);
  expect(bodyOf(response)).toMatchObject({ code: "payment_void", retry_action: "resign" });
  expect(response.headers).toHaveProperty(HEADER.paymentRequired);
});

describe("while a payment may still land, its payer is not asked for another:", () => {
  const settlements: GrantedPayment["settlement"][] = [
    UNKNOWN,
    { state: "contested" },
    { state: "lookup", code: "payment_expired" },
    { state: "lookup", code: "insufficient_funds" },
    { state: "lookup", code: "facilitator_unavailable" },
    SPENT,
  ];
  test.each(settlements)("$state $code", async (settlement) => {
    shop.world.facilitator.onSettle = () => ({ kind: "rejected", reason: "insufficient_funds" });
    await forward(shop, ACTIVATE, grantedPayment({ settlement: UNKNOWN }));
    expect(shop.world.clock.now()).toBeLessThan(EXPIRES_AT);
    const response = await forward(shop, ACTIVATE, grantedPayment({ settlement }), { id: "grant-0002" });
    expect(response.statusCode).toBe(202);
    expect(response.headers).not.toHaveProperty(HEADER.paymentRequired);
  });
});
