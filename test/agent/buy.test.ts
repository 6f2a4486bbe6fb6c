/** The purchase from end to end, against scripted merchants: every outcome but those that only failures bring. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { networks } from "../../protocol/network.ts";
import {
  amount,
  gatewayChallenge,
  goods,
  PRICE,
  purchase,
  receipt,
  TRANSACTION,
  v1Challenge,
  v1Offer,
  v2Challenge,
  v2Offer,
} from "./fixtures.ts";
import { type Merchant, payments, startMerchant } from "./merchant.ts";

let merchant: Merchant;
beforeAll(async () => {
  merchant = await startMerchant();
});
afterAll(() => merchant.close());

describe("a purchase", () => {
  test("pays the first offered chain once and returns the goods with the receipt", async () => {
    merchant.plays(gatewayChallenge(), goods);
    const { result, signatures, events } = await purchase(`${merchant.url}/v1/esim/activate`);
    expect(result).toMatchObject({
      outcome: "bought",
      status: 200,
      body: { iccid: "8901" },
      receipt: { transaction: TRANSACTION, network: "eip155:137" },
      explorerUrl: `https://polygonscan.com/tx/${TRANSACTION}`,
      paymentState: "settled",
      paid: { amount: PRICE, chain: "polygon" },
      attempts: 2,
    });
    expect(signatures).toBe(1);
    expect(events.map(({ kind }) => kind)).toEqual(["requesting", "payment_required", "signed"]);
  });

  test("sends the paid request with the same method, path, headers and body", async () => {
    merchant.plays(gatewayChallenge(), goods);
    const headers = { "content-type": "application/json", "x-agent-id": "agent-7" };
    await purchase(`${merchant.url}/v1/esim/activate?ref=1`, { headers });
    const [unpaid, paid] = merchant.requests;
    expect(paid).toMatchObject({
      method: "POST",
      path: "/v1/esim/activate?ref=1",
      body: '{"plan":"us-7day"}',
    });
    const { "payment-signature": payment, ...others } = paid?.headers ?? {};
    expect(payment).toBeTypeOf("string");
    expect(others).toEqual(unpaid?.headers);
    expect(others["x-agent-id"]).toBe("agent-7");
  });

  test("pays on the chain it was told to", async () => {
    merchant.plays(gatewayChallenge(), { ...goods, headers: receipt(networks.arbitrum) });
    const { result } = await purchase(merchant.url, { chain: "arbitrum" });
    expect(result.paid).toEqual({ amount: PRICE, chain: "arbitrum" });
    expect(result.explorerUrl).toBe(`https://arbiscan.io/tx/${TRANSACTION}`);
  });

  test("passes over offers that it does not understand", async () => {
    const solana = { ...v2Offer, network: "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp", asset: "EPjFWdd5Auf" };
    const permit2 = { ...v2Offer, extra: { ...v2Offer.extra, assetTransferMethod: "permit2" } };
    const base = { ...v2Offer, network: "eip155:8453", asset: networks.base.usdc.address };
    merchant.plays(v2Challenge([solana, { ...v2Offer, scheme: "upto" }, permit2, base]), goods);
    const { result } = await purchase(merchant.url);
    expect(result.paid?.chain).toBe("base");
  });

  test("pays a merchant that speaks only v1", async () => {
    merchant.plays(v1Challenge([v1Offer(networks.base)]), {
      status: 200,
      headers: receipt(networks.base, 1),
      body: "report",
    });
    const { result } = await purchase(merchant.url, { method: "GET", headers: {}, body: null });
    expect(result).toMatchObject({
      outcome: "bought",
      body: "report",
      receipt: { transaction: TRANSACTION },
    });
    expect(merchant.requests[1]?.headers["x-payment"]).toBeTypeOf("string");
  });

  test("takes what is free without signing", async () => {
    merchant.plays({ status: 200, body: { plans: [] } });
    const { result, signatures } = await purchase(merchant.url);
    expect(result).toMatchObject({ outcome: "free", status: 200, paid: null, attempts: 1 });
    expect(signatures).toBe(0);
  });

  test("keeps goods that are not text whole", async () => {
    const bytes = Uint8Array.of(0x89, 0x50, 0xff, 0x00);
    merchant.plays(gatewayChallenge(), {
      status: 200,
      headers: { "content-type": "image/png" },
      body: bytes,
    });
    expect((await purchase(merchant.url)).result.body).toEqual({ base64: "iVD/AA==" });
  });
});

describe("before anything is signed", () => {
  test("a price above the limit ends the purchase", async () => {
    merchant.plays(gatewayChallenge());
    const { result, signatures } = await purchase(merchant.url, { maxAmount: amount("4.199999") });
    expect(result).toMatchObject({ outcome: "price_over_limit", paymentState: "unused", paid: null });
    expect(result.detail).toContain("4.20 USDC");
    expect(signatures).toBe(0);
    expect(payments(merchant)).toEqual([]);
  });

  test("a price at the limit is paid", async () => {
    merchant.plays(gatewayChallenge(), goods);
    expect((await purchase(merchant.url, { maxAmount: PRICE })).result.outcome).toBe("bought");
  });

  test("a chain that is not offered ends the purchase", async () => {
    merchant.plays(gatewayChallenge([networks.polygon]));
    const { result, signatures } = await purchase(merchant.url, { chain: "base" });
    expect(result.outcome).toBe("no_acceptable_offer");
    expect(signatures).toBe(0);
  });

  test("a challenge that names another EIP-712 domain is refused, and the detail says so", async () => {
    merchant.plays(v2Challenge([{ ...v2Offer, extra: { name: "USDC", version: "2" } }]));
    const { result, signatures } = await purchase(merchant.url);
    expect(result.outcome).toBe("no_acceptable_offer");
    expect(result.detail).toContain("EIP-712 domain");
    expect(signatures).toBe(0);
  });

  test("a broken v2 header is not made up for by a good v1 body", async () => {
    const body = { x402Version: 1, accepts: [v1Offer(networks.base)] };
    merchant.plays({ status: 402, headers: { "payment-required": "e30" }, body });
    const { result, signatures } = await purchase(merchant.url);
    expect(result.outcome).toBe("no_acceptable_offer");
    expect(signatures).toBe(0);
  });

  test("a 4xx is the server's refusal", async () => {
    merchant.plays({ status: 404, body: "no such thing" });
    const { result } = await purchase(merchant.url);
    expect(result).toMatchObject({ outcome: "refused", status: 404, attempts: 1 });
  });

  test("a server that stays down is given up after three retries, 2 s, 4 s and 8 s apart", async () => {
    merchant.plays({ status: 503 });
    const { result, sleeps } = await purchase(merchant.url);
    expect(result).toMatchObject({ outcome: "server_failed", paymentState: "unused", attempts: 4 });
    expect(sleeps).toEqual([2_000, 4_000, 8_000]);
  });

  test("a server that comes back is bought from", async () => {
    merchant.plays("reset", { status: 502 }, gatewayChallenge(), goods);
    const { result, signatures } = await purchase(merchant.url);
    expect(result).toMatchObject({ outcome: "bought", attempts: 4 });
    expect(signatures).toBe(1);
  });

  test("a redirect is not followed", async () => {
    merchant.plays({ status: 307, headers: { location: "/elsewhere" } });
    const { result } = await purchase(merchant.url);
    expect(result.outcome).toBe("server_failed");
    expect(merchant.requests.every(({ path }) => path === "/")).toBe(true);
  });

  test("an answer without end is cut off and counts as a failure", async () => {
    merchant.plays({ status: 200, body: Buffer.alloc(16 * 1024 * 1024 + 1) });
    const { result } = await purchase(merchant.url);
    expect(result).toMatchObject({ outcome: "server_failed", body: null });
    expect(result.detail).toContain("larger than");
  });
});
