/** A payment that comes again: its buyer gets the stored answer, everybody else gets nothing. */

import { createSIWxPayload, encodeSIWxHeader } from "@x402/extensions/sign-in-with-x";
import * as v from "valibot";
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HEADER } from "../../protocol/headers.ts";
import { type Stack, startStack } from "./stack.ts";
import {
  activation,
  balances,
  esimOf,
  paid,
  payerOf,
  problemOf,
  type SignedPayment,
  signFor,
  submit,
} from "./support.ts";

let stack: Stack;
let url: string;

beforeAll(async () => {
  stack = await startStack({ allocationDelayMs: 100 });
  url = `${stack.url}/v1/esim/activate`;
});

afterAll(() => stack.close());

const init = activation({ plan: "us-7day", device_id: "drone-47" });

/** What anyone can rebuild from a settled transaction's calldata: the authorization and its signature. */
function fromCalldata(payment: SignedPayment): { authorization: unknown; signature: unknown } {
  const parsed: { payload: { authorization: unknown; signature: unknown } } = JSON.parse(
    Buffer.from(payment.header, "base64").toString(),
  );
  return parsed.payload;
}

const signInInfo = v.object({
  domain: v.string(),
  uri: v.string(),
  version: v.string(),
  nonce: v.string(),
  issuedAt: v.string(),
  expirationTime: v.string(),
  resources: v.array(v.string()),
});

test("an identical retry with its invoice gets the stored answer and costs nothing", async () => {
  const payment = await signFor(stack, url, init);
  const first = await esimOf(await fetch(url, paid(payment, init)));
  const before = await balances(stack, "polygon");
  const again = await esimOf(await fetch(url, paid(payment, init)));
  expect(again).toEqual({ ...first, replayed: true });
  expect(await balances(stack, "polygon")).toEqual(before);
});

test("a v1 header rebuilt from calldata gets 409 and no secret", async () => {
  const payment = await signFor(stack, url, init);
  const { qr_code, access_token } = await esimOf(await fetch(url, paid(payment, init)));
  const forged = { x402Version: 1, scheme: "exact", network: "polygon", payload: fromCalldata(payment) };
  const header = Buffer.from(JSON.stringify(forged)).toString("base64");
  const response = await fetch(url, { ...init, headers: { [HEADER.xPayment]: header } });
  expect(response.status).toBe(409);
  const text = await response.text();
  expect(JSON.parse(text)).toMatchObject({ code: "payment_already_used", order_state: "delivered" });
  expect(text).not.toContain(qr_code);
  expect(text).not.toContain(access_token);
});

test("a v2 header rebuilt from calldata with an invoice of the forger's own gets 409 and no secret", async () => {
  const payment = await signFor(stack, url, init);
  const { qr_code } = await esimOf(await fetch(url, paid(payment, init)));
  const forger = await signFor(stack, url, init);
  const own: { accepted: unknown; resource: unknown } = JSON.parse(
    Buffer.from(forger.header, "base64").toString(),
  );
  const forged = { ...own, x402Version: 2, payload: fromCalldata(payment) };
  const header = Buffer.from(JSON.stringify(forged)).toString("base64");
  const response = await fetch(url, { ...init, headers: { [HEADER.paymentSignature]: header } });
  expect(response.status).toBe(409);
  const text = await response.text();
  expect(JSON.parse(text)).toMatchObject({ code: "payment_already_used" });
  expect(text).not.toContain(qr_code);
});

test("an authorization that somebody else submitted buys nothing for whoever brings it", async () => {
  const payment = await signFor(stack, url, init);
  const orders = stack.supplier.orders.length;
  await submit(stack, payment);
  const response = await fetch(url, paid(payment, init));
  expect(response.status).toBe(409);
  expect(await problemOf(response)).toMatchObject({ code: "payment_already_used", payment_state: "settled" });
  expect(stack.supplier.orders.length).toBe(orders);
});

test("a payment for one request does not buy another", async () => {
  const payment = await signFor(stack, url, init);
  const other = activation({ plan: "us-7day", device_id: "drone-48" });
  const response = await fetch(url, paid(payment, other));
  expect(response.status).toBe(409);
  expect((await problemOf(response)).code).toBe("payment_for_other_request");
  await esimOf(await fetch(url, paid(payment, init)));
});

test("a v1 payment that bought something is refused for another request with the order's id", async () => {
  const payment = await signFor(stack, url, init);
  const v1 = { x402Version: 1, scheme: "exact", network: "polygon", payload: fromCalldata(payment) };
  const headers = { [HEADER.xPayment]: Buffer.from(JSON.stringify(v1)).toString("base64") };
  const { order_id } = await esimOf(await fetch(url, { ...init, headers }));
  const other = activation({ plan: "us-7day", device_id: "drone-48" });
  const response = await fetch(url, { ...other, headers });
  expect(response.status).toBe(409);
  expect(await problemOf(response)).toMatchObject({ code: "payment_for_other_request", order_id });
});

test("a v1 client that sends its invoice in X-Invoice-Id gets the stored answer", async () => {
  const terms: { invoice_id: string } = JSON.parse(await (await fetch(url, init)).text());
  const payment = await signFor(stack, url, init);
  const v1 = { x402Version: 1, scheme: "exact", network: "polygon", payload: fromCalldata(payment) };
  const headers = {
    [HEADER.xPayment]: Buffer.from(JSON.stringify(v1)).toString("base64"),
    [HEADER.invoice]: terms.invoice_id,
  };
  const first = await esimOf(await fetch(url, { ...init, headers }));
  expect(await esimOf(await fetch(url, { ...init, headers }))).toEqual({ ...first, replayed: true });
});

/** The same payment as a v1 client would send it: without an invoice. */
function asV1(payment: SignedPayment, headers: Readonly<Record<string, string>> = {}) {
  const v1 = { x402Version: 1, scheme: "exact", network: "polygon", payload: fromCalldata(payment) };
  return { ...headers, [HEADER.xPayment]: Buffer.from(JSON.stringify(v1)).toString("base64") };
}

test("a v1 client that repeats its Idempotency-Key gets the stored answer; another key gets nothing", async () => {
  const payment = await signFor(stack, url, init);
  const headers = asV1(payment, { "idempotency-key": '"order-of-drone-47-0001"' });
  const first = await esimOf(await fetch(url, { ...init, headers }));
  expect(await esimOf(await fetch(url, { ...init, headers }))).toEqual({ ...first, replayed: true });
  const other = asV1(payment, { "idempotency-key": '"order-of-drone-47-0002"' });
  expect((await fetch(url, { ...init, headers: other })).status).toBe(409);
});

test("a v2 client that names its payment gets the stored answer for that name", async () => {
  const payment = await signFor(stack, url, init);
  const parsed: object = JSON.parse(Buffer.from(payment.header, "base64").toString());
  const extensions = { "payment-identifier": { info: { required: false, id: "payment_of_drone_47" } } };
  const header = Buffer.from(JSON.stringify({ ...parsed, extensions })).toString("base64");
  const headers = { [HEADER.paymentSignature]: header };
  const first = await esimOf(await fetch(url, { ...init, headers }));
  expect(await esimOf(await fetch(url, { ...init, headers }))).toEqual({ ...first, replayed: true });
});

test.each([
  "short",
  "has space in it 123",
  "x".repeat(300),
])("the Idempotency-Key %j is refused before anything is taken", async (key) => {
  const payment = await signFor(stack, url, init);
  const before = await balances(stack, "polygon");
  const response = await fetch(url, { ...init, headers: asV1(payment, { "idempotency-key": key }) });
  expect(response.status).toBe(400);
  expect((await problemOf(response)).code).toBe("idempotency_key_malformed");
  expect(await balances(stack, "polygon")).toEqual(before);
});

test("the payer's wallet opens its order without the token, another wallet does not", async () => {
  const payment = await signFor(stack, url, init);
  const { order_url, iccid } = await esimOf(await fetch(url, paid(payment, init)));
  const refused = await fetch(order_url);
  expect(refused.status).toBe(401);
  const { extensions } = v.parse(
    v.object({ extensions: v.record(v.string(), v.object({ info: v.record(v.string(), v.unknown()) })) }),
    await refused.json(),
  );
  const prove = async (account: PrivateKeyAccount) => {
    const info = {
      ...v.parse(signInInfo, extensions["sign-in-with-x"]?.info),
      chainId: "eip155:137",
      type: "eip191" as const,
    };
    const proof = await createSIWxPayload(info, account, order_url);
    return fetch(order_url, { headers: { "sign-in-with-x": encodeSIWxHeader(proof) } });
  };
  expect((await esimOf(await prove(payerOf(stack)))).iccid).toBe(iccid);
  expect((await prove(privateKeyToAccount(generatePrivateKey()))).status).toBe(403);
});
