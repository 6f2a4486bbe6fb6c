/** What is sent to a facilitator: our own terms, in version 2, each call with its own authorization. */

import { getAddress } from "viem";
import { describe, expect, test } from "vitest";
import { createFacilitator, type FacilitatorRequest, facilitatorBody } from "../../protocol/facilitator.ts";
import { usdc } from "../../protocol/money.ts";
import { networks } from "../../protocol/network.ts";
import { parsePayment } from "../../protocol/payment.ts";
import { buildConfig, MERCHANT } from "../builders/config.ts";
import { answer, SETTLED, TRANSACTION } from "../builders/facilitator.ts";
import { buildPayment, PAYER } from "../builders/payment.ts";

const { base } = networks;

describe("a facilitator call", () => {
  const [accepted] = buildConfig().networks;

  async function request(version: 1 | 2): Promise<FacilitatorRequest> {
    const amount = usdc(3_000n);
    const { header } = await buildPayment({ version, network: base, payTo: MERCHANT, amount });
    const payment = parsePayment(header, version);
    if (!payment.ok || accepted === undefined) throw new Error("the builder's payment parses");
    return {
      payment: payment.value,
      accepted,
      terms: {
        price: amount,
        description: "A report",
        mimeType: "application/json",
        resourceUrl: "https://shop.example.com/report",
        maxTimeoutSeconds: 60,
        upfront: false,
      },
      timeoutMs: 1_234,
    };
  }

  test.each([
    1, 2,
  ] as const)("sends version 2 and our own terms for a payment of version %i", async (version) => {
    const call = await request(version);
    const { authorization } = call.payment;
    const requirements = {
      scheme: "exact",
      network: "eip155:8453",
      amount: "3000",
      asset: getAddress(base.usdc.address),
      payTo: getAddress(MERCHANT),
      maxTimeoutSeconds: 60,
      extra: { name: "USD Coin", version: "2" },
    };
    expect(facilitatorBody(call)).toEqual({
      x402Version: 2,
      paymentPayload: {
        x402Version: 2,
        resource: {
          url: "https://shop.example.com/report",
          description: "A report",
          mimeType: "application/json",
        },
        accepted: requirements,
        payload: {
          signature: call.payment.signature,
          authorization: {
            from: PAYER.address,
            to: getAddress(MERCHANT),
            value: "3000",
            validAfter: "0",
            validBefore: authorization.validBefore.toString(),
            nonce: authorization.nonce,
          },
        },
      },
      paymentRequirements: requirements,
    });
  });

  test("gets its own authorization for each URL, and its own deadline", async () => {
    const posts: unknown[] = [];
    const facilitator = createFacilitator({
      url: "https://facilitator.example.com/x402",
      authorize: async (url) => `Bearer for ${url}`,
      post: async ({ body, ...post }) => {
        posts.push({ ...post, version: JSON.parse(body).x402Version });
        return post.url.endsWith("/verify") ? answer(200, { isValid: true }) : answer(200, SETTLED);
      },
    });
    const call = await request(2);
    expect(await facilitator.verify(call)).toEqual({ kind: "valid" });
    expect(await facilitator.settle({ ...call, timeoutMs: 99 })).toEqual({
      kind: "settled",
      transaction: TRANSACTION,
    });
    const posted = (endpoint: string, timeoutMs: number) => {
      const url = `https://facilitator.example.com/x402/${endpoint}`;
      const headers = { "content-type": "application/json", authorization: `Bearer for ${url}` };
      return { url, headers, timeoutMs, version: 2 };
    };
    expect(posts).toEqual([posted("verify", 1_234), posted("settle", 99)]);
  });

  test("that calls a signature invalid which was checked here is no answer; a contract wallet's may be invalid", async () => {
    const facilitator = createFacilitator({
      url: "https://facilitator.example.com",
      authorize: async () => "Bearer x",
      post: async ({ url }) => {
        const reason = "invalid_exact_evm_payload_signature";
        const refusal = url.endsWith("/verify")
          ? { isValid: false, invalidReason: reason }
          : { success: false, errorReason: reason, transaction: "" };
        return answer(200, refusal);
      },
    });
    const call = await request(2);
    expect(await facilitator.verify(call)).toEqual({ kind: "unavailable", fault: "contradiction" });
    expect(await facilitator.settle(call)).toEqual({ kind: "unknown", fault: "contradiction" });
    const contract = { ...call, payment: { ...call.payment, signature: `0x${"6d".repeat(300)}` as const } };
    const rejected = { kind: "rejected", reason: "invalid_signature" };
    expect(await facilitator.verify(contract)).toEqual(rejected);
    expect(await facilitator.settle(contract)).toEqual(rejected);
  });
});
