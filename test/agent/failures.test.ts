/** What becomes of a purchase that fails after the payment was signed: money in doubt is never called safe. */

import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeBase64 } from "../../protocol/text.ts";
import { listen } from "../../scripts/local/listen.ts";
import {
  gatewayChallenge,
  goods,
  problemAnswer,
  purchase,
  receipt,
  TRANSACTION,
  v2Challenge,
  v2Offer,
} from "./fixtures.ts";
import { type Merchant, payments, startMerchant } from "./merchant.ts";

let merchant: Merchant;
beforeAll(async () => {
  merchant = await startMerchant();
});
afterAll(() => merchant.close());

describe("the same payment is sent again", () => {
  test.each([
    ["after a dropped connection", "reset" as const],
    ["after a 500 without a word", { status: 500 }],
    ["after a 429", { status: 429 }],
    ["where the problem says retry_same_payment", problemAnswer("facilitator_unavailable")],
    ["where the problem says wait_and_retry", problemAnswer("not_ready")],
    ["where a 409 says retry_same_payment", { status: 409, body: { retry_action: "retry_same_payment" } }],
  ])("%s", async (_when, failure) => {
    merchant.plays(gatewayChallenge(), failure, goods);
    const { result, signatures } = await purchase(merchant.url);
    expect(result).toMatchObject({ outcome: "bought", attempts: 3 });
    expect(signatures).toBe(1);
    const sent = payments(merchant);
    expect(sent).toHaveLength(2);
    expect(new Set(sent).size).toBe(1);
  });

  test("when Retry-After says, by seconds or by date", async () => {
    const date = "Fri, 15 Jan 2027 08:00:09 GMT";
    merchant.plays(
      gatewayChallenge(),
      { status: 503, headers: { "retry-after": "6" } },
      { status: 503, headers: { "retry-after": date } },
      goods,
    );
    const { sleeps } = await purchase(merchant.url);
    expect(sleeps).toEqual([6_000, 3_000]);
  });

  test("three times at most", async () => {
    merchant.plays(gatewayChallenge(), "reset");
    const { result } = await purchase(merchant.url);
    expect(payments(merchant)).toHaveLength(4);
    expect(result).toMatchObject({ outcome: "outcome_unknown", paymentState: "in_flight", status: null });
  });

  test("not when Retry-After goes past the purchase's time", async () => {
    merchant.plays(gatewayChallenge(), { status: 503, headers: { "retry-after": "3600" } });
    const { result, sleeps } = await purchase(merchant.url);
    expect(result.outcome).toBe("outcome_unknown");
    expect(sleeps).toEqual([]);
  });

  test("not where the problem says abandon or human_required", async () => {
    merchant.plays(
      gatewayChallenge(),
      problemAnswer("fulfilment_failed", { retryAction: "human_required" }),
      goods,
    );
    await purchase(merchant.url);
    expect(payments(merchant)).toHaveLength(1);
  });
});

describe("a second 402 is terminal", () => {
  test("and says that the payment was rejected", async () => {
    merchant.plays(gatewayChallenge(), gatewayChallenge(undefined, "payment_rejected"), goods);
    const { result, signatures } = await purchase(merchant.url);
    expect(result).toMatchObject({ outcome: "payment_rejected", paymentState: "unused", paid: null });
    expect(signatures).toBe(1);
    expect(payments(merchant)).toHaveLength(1);
  });

  test.each([
    ["the gateway's code", gatewayChallenge(undefined, "insufficient_funds")],
    ["the v2 challenge's error", v2Challenge([v2Offer], { error: "invalid_exact_evm_insufficient_balance" })],
    [
      "the v1 body's error",
      { status: 402, body: { x402Version: 1, error: "insufficient_funds", accepts: [] } },
    ],
    [
      "the failed receipt",
      {
        status: 402,
        headers: {
          "payment-response": encodeBase64(
            JSON.stringify({
              success: false,
              errorReason: "insufficient_funds",
              transaction: "",
              network: "eip155:137",
            }),
          ),
        },
      },
    ],
  ])("and an empty wallet is told from a rejection by %s", async (_where, answer) => {
    merchant.plays(gatewayChallenge(), answer);
    expect((await purchase(merchant.url)).result.outcome).toBe("insufficient_funds");
  });

  test("even where it says that the payment may be sent again", async () => {
    const body = { retry_action: "retry_same_payment", payment_state: "unused" };
    merchant.plays(gatewayChallenge(), { status: 402, body }, goods);
    expect((await purchase(merchant.url)).result.outcome).toBe("payment_rejected");
    expect(payments(merchant)).toHaveLength(1);
  });

  test("and leaves the outcome unknown when an earlier attempt may have been taken", async () => {
    merchant.plays(gatewayChallenge(), "reset", v2Challenge([v2Offer], { error: "insufficient_funds" }));
    expect((await purchase(merchant.url)).result).toMatchObject({
      outcome: "outcome_unknown",
      paymentState: "in_flight",
    });
  });

  test("and is believed after such an attempt where it says that the payment is unused", async () => {
    merchant.plays(gatewayChallenge(), "reset", gatewayChallenge(undefined, "insufficient_funds"));
    expect((await purchase(merchant.url)).result.outcome).toBe("insufficient_funds");
  });

  test.each([
    ["its receipt has a transaction", { success: false, transaction: TRANSACTION, errorReason: "timeout" }],
    [
      "its receipt says settlement_pending",
      { success: false, transaction: "", errorReason: "settlement_pending" },
    ],
    [
      "the nonce is used",
      { success: false, transaction: "", errorReason: "invalid_exact_evm_nonce_already_used" },
    ],
  ])("and leaves the outcome unknown when %s", async (_why, body) => {
    const headers = { "payment-response": encodeBase64(JSON.stringify(body)) };
    merchant.plays(gatewayChallenge(), { status: 402, headers });
    expect((await purchase(merchant.url)).result.outcome).toBe("outcome_unknown");
  });
});

describe("other ends of a paid request", () => {
  test("money taken and nothing delivered is said so", async () => {
    merchant.plays(gatewayChallenge(), problemAnswer("fulfilment_failed"));
    const { result } = await purchase(merchant.url);
    expect(result).toMatchObject({ outcome: "settled_not_delivered", paymentState: "settled" });
    expect(result.paid?.chain).toBe("polygon");
  });

  test("a failure with a receipt is money taken", async () => {
    merchant.plays(gatewayChallenge(), { status: 500, headers: receipt() });
    const { result } = await purchase(merchant.url);
    expect(result).toMatchObject({ outcome: "settled_not_delivered", receipt: { transaction: TRANSACTION } });
  });

  test("money that came back is no cost", async () => {
    merchant.plays(gatewayChallenge(), problemAnswer("fulfilment_failed", { paymentState: "refunded" }));
    const { result } = await purchase(merchant.url);
    expect(result).toMatchObject({ outcome: "refunded", paymentState: "refunded", paid: null });
  });

  test("a 4xx about the request is a refusal", async () => {
    merchant.plays(gatewayChallenge(), { status: 422, body: "no such plan" });
    expect((await purchase(merchant.url)).result).toMatchObject({ outcome: "refused", paid: null });
  });

  test("a 4xx after a dropped connection does not make the money safe", async () => {
    merchant.plays(gatewayChallenge(), "reset", problemAnswer("payment_malformed"));
    expect((await purchase(merchant.url)).result.outcome).toBe("outcome_unknown");
  });

  test("a gateway that can't check payments may be settling a copy of this one", async () => {
    merchant.plays(gatewayChallenge(), problemAnswer("facilitator_unavailable"));
    expect((await purchase(merchant.url)).result).toMatchObject({
      outcome: "outcome_unknown",
      paymentState: "in_flight",
    });
  });

  test("a server that takes no connection any more never saw the payment", async () => {
    const { headers, body } = gatewayChallenge();
    const vanishing = createServer((_request, response) => {
      vanishing.close();
      response.writeHead(402, { ...headers, connection: "close" });
      response.end(body);
    });
    const { url } = await listen(vanishing, "the vanishing merchant");
    const { result, signatures } = await purchase(url);
    expect(result).toMatchObject({ outcome: "server_failed", paymentState: "unused", paid: null });
    expect(signatures).toBe(1);
  });

  test("no answer in time leaves the outcome unknown", async () => {
    merchant.plays(gatewayChallenge(), "hang");
    const { result } = await purchase(merchant.url, { timeoutMs: 300 });
    expect(result).toMatchObject({ outcome: "outcome_unknown", status: null });
    expect(result.detail).toContain("no answer in time");
  });

  test.each([
    ["another chain", { network: "eip155:8453" }],
    ["another payer", { payer: `0x${"99".repeat(20)}` }],
    ["a transaction that is no hash", { transaction: "0x1234" }],
  ])("a receipt for %s is not shown", async (_what, change) => {
    const settled = { success: true, transaction: TRANSACTION, network: "eip155:137", ...change };
    const headers = { "payment-response": encodeBase64(JSON.stringify(settled)) };
    merchant.plays(gatewayChallenge(), { status: 200, headers, body: {} });
    expect((await purchase(merchant.url)).result).toMatchObject({
      outcome: "bought",
      receipt: null,
      explorerUrl: null,
    });
  });
});
