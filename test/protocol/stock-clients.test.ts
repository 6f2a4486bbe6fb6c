/** The stock clients of both versions answer our challenge, and what they send is a payment that we can read. */

import { registerExactEvmScheme } from "@x402/evm/exact/client";
import { wrapFetchWithPayment, x402Client } from "@x402/fetch";
import { describe, expect, test } from "vitest";
import { createSigner, wrapFetchWithPayment as wrapFetchV1 } from "x402-fetch";
import { challenge } from "../../protocol/challenge.ts";
import { authorizationDigest, recoverSigner } from "../../protocol/eip3009.ts";
import { HEADER } from "../../protocol/headers.ts";
import { type Payment, parsePayment, type X402Version } from "../../protocol/payment.ts";
import { challengeInput } from "../builders/challenge.ts";
import { MERCHANT } from "../builders/config.ts";
import { PAYER } from "../builders/payment.ts";

const URL = "https://shop.example.com/report";

/** A server of one resource in place of the network: asks for payment until one comes, and keeps what came. */
function server() {
  const { headers, body } = challenge(challengeInput());
  const seen: { readonly headers: Headers; readonly body: string }[] = [];
  const fetch = async (input: string | globalThis.URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    seen.push({ headers: request.headers, body: await request.text() });
    const paid = request.headers.has(HEADER.paymentSignature) || request.headers.has(HEADER.xPayment);
    return paid ? new Response("goods") : new Response(body, { status: 402, headers });
  };
  return { fetch, seen, invoice: JSON.parse(body).invoice_id };
}

function read(header: string | null | undefined, version: X402Version): Payment {
  const result = parsePayment(header ?? "", version);
  if (!result.ok) throw new Error(result.reason.detail);
  return result.value;
}

function expectHonest({ network, authorization, signature }: Payment): void {
  expect(authorization).toMatchObject({ from: PAYER.address.toLowerCase(), to: MERCHANT, value: 3_000n });
  expect(recoverSigner(authorizationDigest(network, authorization), signature)).toBe(authorization.from);
}

describe("the stock client", () => {
  test("@x402/fetch pays our challenge, echoes the invoice and sends its body again", async () => {
    const { fetch, seen, invoice } = server();
    const client = new x402Client();
    registerExactEvmScheme(client, { signer: PAYER });
    const pay = wrapFetchWithPayment(fetch, client);
    const response = await pay(URL, { method: "POST", body: '{"plan":"eu-1gb"}' });
    expect(await response.text()).toBe("goods");
    const payment = read(seen.at(-1)?.headers.get(HEADER.paymentSignature), 2);
    expectHonest(payment);
    expect(payment.network.chain).toBe("polygon");
    expect(payment.accepted).toEqual({
      asset: payment.network.usdc.address.toLowerCase(),
      payTo: MERCHANT,
      amount: 3_000n,
      invoice,
    });
    expect(seen.map(({ body }) => body)).toEqual(['{"plan":"eu-1gb"}', '{"plan":"eu-1gb"}']);
  });

  test("x402-fetch pays the same challenge in version 1", async () => {
    const { fetch, seen } = server();
    const signer = await createSigner("base", `0x${"42".repeat(32)}`);
    const response = await wrapFetchV1(fetch, signer)(URL);
    expect(await response.text()).toBe("goods");
    const payment = read(seen.at(-1)?.headers.get(HEADER.xPayment), 1);
    expectHonest(payment);
    expect(payment.network.chain).toBe("base");
  });
});
