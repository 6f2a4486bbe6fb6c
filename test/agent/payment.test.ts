/** What the agent signs and sends, read back with the gateway's own parser and signature check. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { authorizationDigest, recoverSigner } from "../../protocol/eip3009.ts";
import { type Network, networks } from "../../protocol/network.ts";
import { parsePayment } from "../../protocol/payment.ts";
import { decodeBase64, parseJsonBytes } from "../../protocol/text.ts";
import {
  gatewayChallenge,
  goods,
  PAY_TO,
  PAYER,
  PRICE,
  purchase,
  START_MS,
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

function sentPayment(version: 1 | 2) {
  const [header = ""] = payments(merchant);
  const payment = parsePayment(header, version);
  if (!payment.ok) throw new Error(payment.reason.detail);
  const bytes = decodeBase64(header);
  return { payment: payment.value, json: bytes === undefined ? undefined : parseJsonBytes(bytes)?.value };
}

const mainnets: readonly Network[] = [networks.polygon, networks.base, networks.arbitrum];

describe("the payment", () => {
  test.each(mainnets)("is a signature of the payer under $label's USDC domain", async (network) => {
    merchant.plays(gatewayChallenge([network]), goods);
    await purchase(merchant.url);
    const { payment } = sentPayment(2);
    expect(payment.network).toBe(network);
    expect(payment.authorization).toMatchObject({
      from: PAYER,
      to: PAY_TO,
      value: PRICE,
      validAfter: 0n,
      validBefore: BigInt(START_MS / 1_000 + 60),
    });
    const digest = authorizationDigest(network, payment.authorization);
    expect(recoverSigner(digest, payment.signature)).toBe(PAYER);
  });

  test("in v2 echoes the resource, the whole offer and the extensions, unknown keys included", async () => {
    const offer = {
      ...v2Offer,
      extra: { ...v2Offer.extra, invoice: "inv_1", later: [1] },
      novel: { a: null },
    };
    const resource = { url: "https://shop.example/report", tags: ["x"] };
    const extensions = { "payment-identifier": { info: { required: false }, schema: {} } };
    merchant.plays(v2Challenge([offer], { resource, extensions }), goods);
    await purchase(merchant.url);
    expect(sentPayment(2).json).toMatchObject({ x402Version: 2, accepted: offer, resource, extensions });
  });

  test("in v2 names no resource and no extensions that the challenge does not", async () => {
    merchant.plays(v2Challenge([v2Offer]), goods);
    await purchase(merchant.url);
    expect(Object.keys(sentPayment(2).json ?? {}).sort()).toEqual(["accepted", "payload", "x402Version"]);
  });

  test("in v1 carries scheme, v1 network and payload, signed for maxAmountRequired", async () => {
    merchant.plays(v1Challenge([v1Offer(networks.base)]), goods);
    await purchase(merchant.url);
    const { payment, json } = sentPayment(1);
    expect(json).toMatchObject({ x402Version: 1, scheme: "exact", network: "base" });
    expect(payment.authorization.value).toBe(PRICE);
    const digest = authorizationDigest(networks.base, payment.authorization);
    expect(recoverSigner(digest, payment.signature)).toBe(PAYER);
  });
});
