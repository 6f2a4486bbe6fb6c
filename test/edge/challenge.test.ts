/** The challenge over the whole local stack: what an agent, a browser or somebody who looks for a way round gets. */

import { createHash } from "node:crypto";
import { ExactEvmScheme } from "@x402/evm/exact/client";
import { wrapFetchWithPayment as wrapV2, x402Client } from "@x402/fetch";
import * as v from "valibot";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSigner, wrapFetchWithPayment as wrapV1 } from "x402-fetch";
import { HEADER } from "../../protocol/headers.ts";
import { checksumAddress } from "../../protocol/hex.ts";
import { parsePayment } from "../../protocol/payment.ts";
import { localChains, type Stack, startStack } from "../../scripts/local/stack/start-stack.ts";
import { field, preparePurchase } from "./bad-input/purchase.ts";
import {
  type Answer,
  get,
  headerOf,
  invoiceIn,
  post,
  requiredOf,
  sendWire,
  type WireRequest,
} from "./support.ts";

/** AgentCore's SDK cuts a 402 body here, which would break its JSON. Characters. */
const LONGEST_BODY = 3_000;

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ chains: localChains, allocationDelayMs: 0 });
});

afterAll(async () => {
  expect(stack.gateways[0].violations).toEqual([]);
  expect(stack.supplier.orders).toEqual([]);
  await stack.close();
});

const ask = (request: WireRequest) => sendWire(stack.url, request);
const activate = (body: object) => post("/v1/esim/activate", body);
const plans = ["us-7day", "eu-30day", "global-30day"];

const seedSchema = v.looseObject({
  x402Version: v.literal(1),
  error: v.string(),
  accepts: v.array(
    v.looseObject({ network: v.string(), maxAmountRequired: v.string(), resource: v.string() }),
  ),
  invoice_id: v.string(),
  amount: v.string(),
  amount_usdc: v.string(),
  recipient: v.string(),
  chain: v.string(),
  nonce: v.string(),
  expires_at: v.number(),
});

const seedOf = (answer: Answer) => v.parse(seedSchema, JSON.parse(answer.body.toString()));

/** Neither the origin nor the facilitator took part. */
function expectMadeAtEdge(answer: Answer): void {
  expect(headerOf(answer, "x-cache")).toBe("LambdaGeneratedResponse from cloudfront");
  expect(stack.facilitator.calls).toEqual([]);
}

describe("one 402 serves both versions of x402", () => {
  /** Answers the stored 402 first, and keeps what the client sends next. */
  async function clientThatMeets(answer: Answer, wrap: (fetch_: typeof fetch) => typeof fetch, name: string) {
    let sent: string | null = null;
    const wire: typeof fetch = async (input, init) => {
      const header = new Request(input, init).headers.get(name);
      if (header !== null) {
        sent = header;
        return new Response("{}");
      }
      const headers = Object.entries(answer.headers).map(([key, value]): [string, string] => [
        key,
        String(value),
      ]);
      return new Response(answer.body.toString(), { status: answer.status, headers });
    };
    await wrap(wire)(`${stack.url}/v1/esim/activate`, { method: "POST", body: "{}" });
    return sent ?? "";
  }

  test("the stock clients of either sign a payment that we can read", async () => {
    const answer = await ask(activate({ plan: "us-7day" }));
    const account = privateKeyToAccount(stack.secrets.payerKey);
    const client = new x402Client();
    client.register("eip155:*", new ExactEvmScheme(account));
    client.setSpendControls({ maxAmountPerPayment: "$50" });
    const signer = await createSigner("base", stack.secrets.payerKey);

    const v2 = await clientThatMeets(answer, (wire) => wrapV2(wire, client), HEADER.paymentSignature);
    const asV1 = (wire: typeof fetch): typeof fetch => {
      const paying = wrapV1(wire, signer, 50_000_000n);
      return (input, init) => paying(String(input), init);
    };
    const v1 = await clientThatMeets(answer, asV1, HEADER.xPayment);

    const amount = { authorization: { value: 4_200_000n } };
    const invoice = invoiceIn(requiredOf(answer));
    expect(parsePayment(v2, 2)).toMatchObject({ ok: true, value: { ...amount, accepted: { invoice } } });
    expect(parsePayment(v1, 1)).toMatchObject({ ok: true, value: { ...amount, network: { chain: "base" } } });
  });

  test("version 1 is not told of networks that its clients do not know", async () => {
    const answer = await ask(get("/report"));
    expect(requiredOf(answer).accepts.map(({ network }) => network)).toEqual([
      "eip155:137",
      "eip155:8453",
      "eip155:42161",
    ]);
    expect(seedOf(answer).accepts.map(({ network }) => network)).toEqual(["polygon", "base"]);
  });

  test.each(
    plans
      .map((plan): [string, WireRequest] => [plan, activate({ plan })])
      .concat([["report", get("/report")]]),
  )("the body for %s is shorter than what agents read of it", async (_, request) => {
    expect((await ask(request)).body.length).toBeLessThan(LONGEST_BODY);
  });

  test("so is the body of a 402 that refuses a payment", async () => {
    const purchase = await preparePurchase(stack, "activate", 2);
    const answer = await ask(await field("payload.authorization.value", "1")(purchase));
    expect(answer.status).toBe(402);
    expect(answer.body.length).toBeLessThan(LONGEST_BODY);
    expectMadeAtEdge(answer);
  });
});

describe("the fields beside accepts", () => {
  test.each([
    ["us-7day", "4.20"],
    ["global-30day", "12.50"],
  ])("name the invoice for %s, its amount, recipient, chain, nonce and expiry", async (plan, amount) => {
    const before = Math.floor(Date.now() / 1_000);
    const answer = await ask(activate({ plan }));
    const { invoice_id, expires_at, ...seed } = seedOf(answer);
    expect(invoice_id).toBe(invoiceIn(requiredOf(answer)));
    expect(seed).toMatchObject({
      amount,
      amount_usdc: amount,
      recipient: checksumAddress(stack.config.networks[0]?.payTo ?? "0x"),
      chain: "polygon",
      nonce: `0x${createHash("sha256").update(invoice_id).digest("hex")}`,
      code: "payment_required",
      retry_action: "resign",
      payment_state: "unused",
    });
    expect(expires_at).toBeGreaterThanOrEqual(before + 600);
    expect(expires_at).toBeLessThanOrEqual(Math.ceil(Date.now() / 1_000) + 600);
  });

  test("are new in every answer", async () => {
    const answers = await Promise.all([1, 2, 3].map(() => ask(get("/report"))));
    expect(new Set(answers.map((answer) => seedOf(answer).invoice_id)).size).toBe(3);
  });

  test.each(localChains)("follow the chain that the body names: %s", async (chain) => {
    const answer = await ask(activate({ plan: "us-7day", chain }));
    const { network } = stack.chain(chain);
    expect(requiredOf(answer).accepts.map((terms) => terms.network)).toEqual([network.caip2]);
    const seed = seedOf(answer);
    expect(seed.chain).toBe(chain);
    expect(seed.accepts.map((terms) => terms.network)).toEqual(
      network.v1Name === null ? [] : [network.v1Name],
    );
  });

  test.each(localChains)("follow the chain that the query names: %s", async (chain) => {
    const answer = await ask(get(`/report?chain=${chain}`));
    expect(requiredOf(answer).accepts.map(({ network }) => network)).toEqual([
      stack.chain(chain).network.caip2,
    ]);
  });
});

test("the resource's URL is the configured one, whatever host the request names", async () => {
  const answer = await ask(
    get("/report", [
      ["Host", "evil.example"],
      ["X-Forwarded-Host", "evil.example"],
      ["X-Forwarded-Proto", "gopher"],
      ["Forwarded", "host=evil.example;proto=gopher"],
      ["X-Original-URL", "/evil.example"],
      ["Origin", "https://evil.example"],
      ["Referer", "https://evil.example/"],
    ]),
  );
  expect(requiredOf(answer).resource.url).toBe(`${stack.url}/report`);
  expect(seedOf(answer).accepts.map(({ resource }) => resource)).toEqual([
    `${stack.url}/report`,
    `${stack.url}/report`,
  ]);
  expect(JSON.stringify(requiredOf(answer)) + answer.body + JSON.stringify(answer.headers)).not.toContain(
    "evil",
  );
});

describe("browsers", () => {
  test.each([
    ["a challenge", () => activate({ plan: "us-7day" })],
    ["an error", () => activate({ plan: "mars" })],
  ])("may read %s and its payment headers, and must not keep it", async (_, request) => {
    const answer = await ask(request());
    expect(headerOf(answer, "cache-control")).toBe("no-store, private");
    expect(headerOf(answer, "access-control-allow-origin")).toBe("*");
    const exposed = headerOf(answer, "access-control-expose-headers").split(", ");
    expect(exposed).toEqual(
      expect.arrayContaining(["PAYMENT-REQUIRED", "PAYMENT-RESPONSE", "X-PAYMENT-RESPONSE"]),
    );
  });

  test.each([
    ["/v1/esim/activate", "POST, OPTIONS"],
    ["/report", "GET, OPTIONS"],
    ["/v1/plans", "GET, OPTIONS"],
  ])("may ask beforehand about %s, which costs nothing and reaches nobody", async (path, methods) => {
    const { request } = await preparePurchase(stack, "activate", 2);
    const payment: WireRequest["headers"] = request.headers.slice(-1);
    const answer = await ask({
      method: "OPTIONS",
      path,
      headers: [
        ["Origin", "https://shop.example"],
        ["Access-Control-Request-Method", "POST"],
        ["Access-Control-Request-Headers", "content-type, payment-signature, x-payment"],
        ...payment,
      ],
      body: new Uint8Array(),
    });
    expect([answer.status, answer.body.length]).toEqual([204, 0]);
    expect(headerOf(answer, "access-control-allow-origin")).toBe("*");
    expect(headerOf(answer, "access-control-allow-methods")).toBe(methods);
    const allowed = headerOf(answer, "access-control-allow-headers").toLowerCase().split(", ");
    expect(allowed).toEqual(
      expect.arrayContaining(["content-type", "payment-signature", "x-payment", "x-invoice-id"]),
    );
    expectMadeAtEdge(answer);
  });
});

test("HEAD gets GET's challenge without its body", async () => {
  const answer = await ask({ ...get("/report"), method: "HEAD" });
  expect([answer.status, answer.body.length]).toEqual([402, 0]);
  expect(requiredOf(answer).resource.url).toBe(`${stack.url}/report`);
  expectMadeAtEdge(answer);
});
