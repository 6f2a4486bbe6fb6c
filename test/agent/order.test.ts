/** Orders that the server accepts first and finishes later. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gatewayChallenge, goods, PAYER, problemAnswer, purchase, receipt, TRANSACTION } from "./fixtures.ts";
import { type Merchant, payments, type ScriptedAnswer, startMerchant } from "./merchant.ts";

let merchant: Merchant;
let stranger: Merchant;
beforeAll(async () => {
  merchant = await startMerchant();
  stranger = await startMerchant();
});
afterAll(async () => {
  await merchant.close();
  await stranger.close();
});

function accepted(location = "/v1/orders/ord_1", headers: Record<string, string> = {}): ScriptedAnswer {
  return {
    status: 202,
    headers: { location, "retry-after": "3", ...headers },
    body: { order_id: "ord_1", access_token: "tok-1" },
  };
}

const pending: ScriptedAnswer = { status: 200, body: { state: "ordered" } };

describe("an accepted order", () => {
  test("is asked for with its access token until it is delivered, and the payment is not sent again", async () => {
    merchant.plays(
      gatewayChallenge(),
      accepted(),
      pending,
      { status: 202 },
      {
        status: 200,
        headers: receipt(),
        body: { state: "delivered", iccid: "8901" },
      },
    );
    const { result, sleeps } = await purchase(`${merchant.url}/v1/esim/activate`);
    expect(result).toMatchObject({
      outcome: "bought",
      body: { iccid: "8901" },
      receipt: { transaction: TRANSACTION },
      orderUrl: `${merchant.url}/v1/orders/ord_1`,
    });
    expect(payments(merchant)).toHaveLength(1);
    const polls = merchant.requests.slice(2);
    expect(polls.map(({ method, path }) => `${method} ${path}`)).toEqual(
      Array.from({ length: 3 }, () => "GET /v1/orders/ord_1"),
    );
    expect(polls.every(({ headers }) => headers.authorization === "Bearer tok-1")).toBe(true);
    expect(sleeps).toEqual([3_000, 2_000, 2_000]);
  });

  test("keeps the receipt that came when it was accepted", async () => {
    merchant.plays(gatewayChallenge(), accepted(undefined, receipt()), { status: 200, body: {} });
    expect((await purchase(merchant.url)).result.receipt?.transaction).toBe(TRANSACTION);
  });

  test("is asked for again after failures of the server or the network", async () => {
    merchant.plays(gatewayChallenge(), accepted(), "reset", { status: 503 }, problemAnswer("not_ready"), {
      status: 200,
      body: { state: "delivered" },
    });
    expect((await purchase(merchant.url)).result.outcome).toBe("bought");
  });

  test("on another origin is never asked for, nor is its token sent", async () => {
    stranger.plays(goods);
    merchant.plays(gatewayChallenge(), accepted(`${stranger.url}/v1/orders/ord_1`));
    const { result } = await purchase(merchant.url);
    expect(result).toMatchObject({ outcome: "outcome_unknown", paymentState: "in_flight", orderUrl: null });
    expect(stranger.requests).toEqual([]);
  });

  test("that is not finished in time leaves the outcome unknown, with its place and its token", async () => {
    merchant.plays(gatewayChallenge(), accepted(), pending);
    const { result, sleeps } = await purchase(merchant.url);
    expect(result).toMatchObject({
      outcome: "outcome_unknown",
      orderUrl: `${merchant.url}/v1/orders/ord_1`,
      body: { access_token: "tok-1" },
    });
    expect(sleeps.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(120_000);
  });

  test.each([
    ["refund_due", "settled_not_delivered", "settled"],
    ["refunded", "refunded", "refunded"],
    ["void", "payment_rejected", "unused"],
  ])("that ends as %s is reported as %s", async (state, outcome, paymentState) => {
    merchant.plays(gatewayChallenge(), accepted(), { status: 200, body: { state } });
    expect((await purchase(merchant.url)).result).toMatchObject({ outcome, paymentState });
  });

  test("of which a part was delivered is bought, whatever becomes of the rest", async () => {
    const items = [{ item_state: "undelivered" }, { item_state: "delivered" }];
    merchant.plays(gatewayChallenge(), accepted(), { status: 200, body: { state: "refund_due", items } });
    expect((await purchase(merchant.url)).result).toMatchObject({ outcome: "bought" });
  });

  test("whose delivery failed is looked at once more, not paid for again", async () => {
    const failed = problemAnswer("fulfilment_failed", {}, { location: "/v1/orders/ord_1", ...receipt() });
    merchant.plays(gatewayChallenge(), failed, { status: 200, body: { state: "refund_due" } });
    const { result } = await purchase(merchant.url);
    expect(result).toMatchObject({
      outcome: "settled_not_delivered",
      receipt: { transaction: TRANSACTION },
      orderUrl: `${merchant.url}/v1/orders/ord_1`,
    });
    expect(payments(merchant)).toHaveLength(1);
  });

  test("that was settled late brings its receipt in the body", async () => {
    const payment = { network: "eip155:137", transaction: TRANSACTION, payer: PAYER };
    merchant.plays(gatewayChallenge(), accepted(), { status: 200, body: { state: "delivered", payment } });
    const { result } = await purchase(merchant.url);
    expect(result.explorerUrl).toBe(`https://polygonscan.com/tx/${TRANSACTION}`);
  });

  test("whose token is refused leaves the outcome unknown", async () => {
    merchant.plays(gatewayChallenge(), accepted(), problemAnswer("access_token_invalid"));
    expect((await purchase(merchant.url)).result.outcome).toBe("outcome_unknown");
  });

  test("without a place to ask is unknown, unless it came with a receipt", async () => {
    merchant.plays(gatewayChallenge(), { status: 202, body: {} });
    expect((await purchase(merchant.url)).result.outcome).toBe("outcome_unknown");
    merchant.plays(gatewayChallenge(), { status: 202, headers: receipt(), body: {} });
    expect((await purchase(merchant.url)).result.outcome).toBe("bought");
  });
});
