/** Attacks on what names a payment: other spellings of one signature, one nonce for several requests. */

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { concat, type Hex, numberToHex, parseSignature } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import defaultConfig from "../../../edge402.config.ts";
import { usdc } from "../../../protocol/money.ts";
import { networks } from "../../../protocol/network.ts";
import { buildPayment } from "../../builders/payment.ts";
import { type Stack, startStack } from "../stack.ts";
import { activation, esimOf, PRICE, paid, payerOf, payTo, problemOf, signFor } from "../support.ts";
import {
  books,
  init,
  opened,
  type PaymentHeaders,
  resigned,
  settlements,
  v1Headers,
  withHeaders,
} from "./support.ts";

let stack: Stack;
let url: string;

beforeAll(async () => {
  const report = { price: "4.20", description: "The report", mimeType: "application/json" };
  stack = await startStack({
    gateways: 2,
    allocationDelayMs: 200,
    // At an eSIM's price: an authorization for the one would pay for the other.
    config: { catalog: { ...defaultConfig.catalog, resources: { "/report": report } } },
  });
  url = `${stack.url}/v1/esim/activate`;
});

afterAll(() => stack.close());

/** The spellings of one ECDSA signature that some verifier takes for the same. */
function variants(signature: Hex): readonly Hex[] {
  const { r, s, yParity } = parseSignature(signature);
  const v = (parity: number, base: number): Hex => numberToHex(base + parity, { size: 1 });
  const highS = numberToHex(secp256k1.Point.Fn.ORDER - BigInt(s), { size: 32 });
  const compactS = numberToHex(BigInt(s) | (BigInt(yParity) << 255n), { size: 32 });
  return [
    concat([r, s, v(yParity, 0)]),
    concat([r, highS, v(1 - yParity, 27)]),
    concat([r, highS, v(1 - yParity, 0)]),
    concat([r, compactS]),
    `0x${signature.slice(2).toUpperCase()}`,
    concat([signature, "0x00"]),
  ];
}

/** Sends each request at once, over both gateways in turn. */
function sendAll(path: string, requests: readonly RequestInit[]): Promise<Response[]> {
  return Promise.all(
    requests.map((request, i) => {
      const { url: gateway } = stack.gateways[i % stack.gateways.length] ?? stack.gateways[0];
      return fetch(`${gateway}${path}`, request);
    }),
  );
}

function signatureOf(headers: { readonly header: string }): Hex {
  return `0x${opened(headers).payload.signature.slice(2)}`;
}

test("1. reserves (chain, asset, payer, nonce) atomically and never keys on signature bytes: a malleated signature buys nothing more", async () => {
  const before = await books(stack);
  const payment = await signFor(stack, url, init);
  const spellings = [signatureOf(payment), ...variants(signatureOf(payment))].map((signature) =>
    withHeaders(init, resigned(payment, signature)),
  );
  const answers = await sendAll("/v1/esim/activate", [...spellings, ...spellings]);
  const delivered = await Promise.all(answers.filter(({ status }) => status === 200).map(esimOf));
  expect(new Set(delivered.map(({ iccid }) => iccid)).size).toBe(1);
  expect(delivered.filter(({ replayed }) => !replayed)).toHaveLength(1);
  expect(await settlements(stack, payment.nonce)).toHaveLength(1);
  expect(await books(stack)).toEqual({
    payer: before.payer - PRICE["us-7day"],
    merchant: before.merchant + PRICE["us-7day"],
    orders: before.orders + 1,
  });

  const later = await sendAll(
    "/v1/esim/activate",
    variants(signatureOf(payment)).map((signature) =>
      withHeaders(init, v1Headers({ ...opened(payment).payload, signature })),
    ),
  );
  expect(later.filter(({ status }) => status === 200)).toEqual([]);
  expect((await books(stack)).orders).toBe(before.orders + 1);
});

test("1. a payer who signs a second authorization with a used nonce buys nothing with it, whatever its amount", async () => {
  const first = await signFor(stack, url, init);
  await esimOf(await fetch(url, paid(first, init)));
  const before = await books(stack);
  const second = await buildPayment({
    version: 1,
    network: networks.polygon,
    payTo: payTo(stack),
    amount: usdc(PRICE["global-30day"]),
    account: payerOf(stack),
    now: Math.floor(Date.now() / 1_000),
    overrides: { nonce: first.nonce },
  });
  const dearer = activation({ plan: "global-30day", device_id: "drone-47" });
  const response = await fetch(url, withHeaders(dearer, { [second.headerName]: second.header }));
  expect(response.status).toBe(409);
  expect(await books(stack)).toEqual(before);
});

/** A v1 payment that no invoice binds to anything. */
async function unboundPayment(): Promise<PaymentHeaders> {
  return v1Headers(opened(await signFor(stack, url, init)).payload);
}

const ways: readonly (readonly [path: string, request: RequestInit])[] = [
  ["/report", {}],
  ["/report?chain=polygon", {}],
  ["/report?a=1", {}],
  ["/v1/esim/activate", init],
  ["/v1/esim/activate?a=1", init],
];

test("2. the nonce is bound to path and query: the same payment for another request of the same price gets 409", async () => {
  const before = await books(stack);
  const headers = await unboundPayment();
  expect((await fetch(`${stack.url}/report`, { headers })).status).toBe(200);
  for (const [path, request] of ways.slice(1)) {
    const response = await fetch(`${stack.url}${path}`, withHeaders(request, headers));
    expect(response.status, path).toBe(409);
    expect((await problemOf(response)).code).toBe("payment_for_other_request");
  }
  expect(await books(stack)).toMatchObject({
    payer: before.payer - PRICE["us-7day"],
    orders: before.orders,
  });
});

test("2. sent for five requests at once, one payment buys one of them", async () => {
  const before = await books(stack);
  const headers = await unboundPayment();
  const answers = await Promise.all(
    ways.map(([path, request]) => fetch(`${stack.url}${path}`, withHeaders(request, headers))),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
  const after = await books(stack);
  expect(after.payer).toBe(before.payer - PRICE["us-7day"]);
  expect(after.orders - before.orders).toBeLessThanOrEqual(1);
});

test("2. the nonce is bound to the body's bytes and the price: another body, another plan, another spelling get nothing", async () => {
  const { payload } = opened(await signFor(stack, url, init));
  await esimOf(await fetch(url, withHeaders(init, v1Headers(payload))));
  const before = await books(stack);
  const json = { "content-type": "application/json" };
  const bodies = [
    ['{"plan":"us-7day","device_id":"drone-48"}', 409],
    ['{"device_id":"drone-47","plan":"us-7day"}', 409],
    ['{"plan":"us-7day","device_id":"drone-47"} ', 409],
    ['{"plan":"global-30day","device_id":"drone-47"}', 402],
  ] as const;
  for (const [body, status] of bodies) {
    const request = withHeaders({ method: "POST", body, headers: json }, v1Headers(payload));
    expect((await fetch(url, request)).status, body).toBe(status);
  }
  expect(await books(stack)).toEqual(before);
});
