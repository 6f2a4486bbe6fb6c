/** Attacks, and accidents that look alike, between the money and the goods: what the chain and the supplier show after. */

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { HEADER } from "../../../protocol/headers.ts";
import type { Fault } from "../../../scripts/local/facilitator/faults.ts";
import { type Stack, startStack } from "../stack.ts";
import {
  esimOf,
  PRICE,
  PRICE_MOVED,
  paid,
  problemOf,
  type SignedPayment,
  signFor,
  submit,
} from "../support.ts";
import { books, init, opened, payloadOnChain, resigned, settlements, withHeaders } from "./support.ts";

let stack: Stack;
let url: string;
/** Everything that edge and origin logged, as text. */
let logged = "";

beforeAll(async () => {
  stack = await startStack({
    allocationDelayMs: 100,
    log: (event) => {
      logged += `${JSON.stringify(event)}\n`;
    },
    config: {
      budgets: { edgeMs: 2_500, verifyMs: 1_800, originMs: 10_000 },
      maxTimeoutSeconds: 20,
      unclaimedAfterSeconds: 6,
    },
  });
  url = `${stack.url}/v1/esim/activate`;
});

afterEach(() => {
  stack.facilitator.faults.clear();
  stack.supplier.faults.clear();
});
afterAll(() => stack.close());

const send = (payment: SignedPayment) => fetch(url, paid(payment, init));
const payer = async () => (await books(stack)).payer;
const until = { timeout: 20_000, interval: 200 };

test("5. an ambiguous settlement is never a fresh 402: one signature is one charge and one eSIM, however it is asked again", async () => {
  const faults: readonly Fault[] = [
    { kind: "hang" },
    { kind: "delay_after", ms: 4_000 },
    { kind: "reset", when: "after" },
    { kind: "status", when: "after", status: 500 },
    { kind: "status", when: "before", status: 504 },
    { kind: "garbage", when: "after", body: "wrong_shape" },
    { kind: "pending" },
    { kind: "drop" },
  ];
  const before = await books(stack);
  const payments = await Promise.all(faults.map(() => signFor(stack, url, init)));
  for (const [i, fault] of faults.entries()) {
    stack.facilitator.faults.queue("settle", fault, payments[i]?.nonce);
  }
  const impatient = async (payment: SignedPayment) => {
    const first = send(payment);
    await sleep(400);
    return [await send(payment), await first];
  };
  const answered = (await Promise.all(payments.map(impatient))).flat();
  for (const { headers } of answered) expect(headers.has(HEADER.paymentRequired)).toBe(false);
  expect(answered.filter(({ status }) => status === 402)).toEqual([]);

  const owned = await Promise.all(payments.map(async (payment) => esimOf(await send(payment))));
  expect(new Set(owned.map(({ iccid }) => iccid)).size).toBe(faults.length);
  const paidFor = BigInt(faults.length) * PRICE["us-7day"];
  expect(await books(stack)).toEqual({
    payer: before.payer - paidFor,
    merchant: before.merchant + paidFor,
    orders: before.orders + faults.length,
  });
});

test("6. settled but unfulfilled ends refunded on chain, once, however often the payer asks", async () => {
  const before = await books(stack);
  const used = (await settlements(stack)).length;
  stack.supplier.faults.add("esim/order", PRICE_MOVED);
  const payment = await signFor(stack, url, init);
  const answers = await Promise.all(Array.from({ length: 5 }, () => send(payment)));
  answers.push(await send(payment));
  for (const answer of answers) {
    expect(answer.status).toBe(502);
    expect(await problemOf(answer)).toMatchObject({ payment_state: "refunded" });
  }
  expect(await payer()).toBe(before.payer);
  expect((await books(stack)).orders).toBe(before.orders);
  // The payment, and the one authorization that gave it back.
  expect(await settlements(stack)).toHaveLength(used + 2);
});

test.each([
  { kind: "reset_after" },
  { kind: "garbage" },
  { kind: "status_after", status: 502 },
] as const)("7. fulfilled exactly once when the supplier's answer is lost ($kind) and ten requests retry", async (fault) => {
  const before = await books(stack);
  stack.supplier.faults.add("esim/order", fault);
  const payment = await signFor(stack, url, init);
  const answers = await Promise.all(Array.from({ length: 10 }, () => send(payment)));
  const esims = await Promise.all(answers.map(esimOf));
  expect(new Set(esims.map(({ qr_code }) => qr_code)).size).toBe(1);
  expect(await esimOf(await send(payment))).toEqual({ ...esims[0], replayed: true });
  expect((await books(stack)).orders).toBe(before.orders + 1);
  expect(await payer()).toBe(before.payer - PRICE["us-7day"]);
});

test("8. a nonce settled by somebody else does not strand the payer: no goods, and the money comes back", async () => {
  const before = await books(stack);
  const payment = await signFor(stack, url, init);
  await submit(stack, payment);
  expect(await payer()).toBe(before.payer - PRICE["us-7day"]);
  expect((await send(payment)).status).toBe(409);
  await expect.poll(payer, until).toBe(before.payer);
  expect((await books(stack)).orders).toBe(before.orders);
});

test("8. a payment that is settled by somebody else while the buyer's request is settling it buys the goods", async () => {
  const before = await books(stack);
  const payment = await signFor(stack, url, init);
  stack.facilitator.faults.queue("settle", { kind: "delay", ms: 600 }, payment.nonce);
  const buying = send(payment);
  await expect
    .poll(() => stack.facilitator.callsFor(payment.nonce).map(({ endpoint }) => endpoint), { interval: 10 })
    .toContain("settle");
  await submit(stack, payment);
  await esimOf(await buying);
  expect(await settlements(stack, payment.nonce)).toHaveLength(1);
  expect((await books(stack)).orders).toBe(before.orders + 1);
  expect(await payer()).toBe(before.payer - PRICE["us-7day"]);
});

test("20. signatures, tokens, keys, invoices and activation codes are never logged, on whatever way a purchase ends", async () => {
  const delivered = await signFor(stack, url, init);
  const { qr_code, access_token, order_url } = await esimOf(await send(delivered));
  await esimOf(await send(delivered));
  await fetch(order_url, { headers: { authorization: `Bearer ${access_token}` } });

  const refunded = await signFor(stack, url, init);
  stack.supplier.faults.add("esim/order", PRICE_MOVED);
  expect((await problemOf(await send(refunded))).payment_state).toBe("refunded");

  const unverified = await signFor(stack, url, init);
  stack.facilitator.faults.queue("verify", { kind: "status", when: "before", status: 500 }, unverified.nonce);
  await send(unverified);
  const unsettled = await signFor(stack, url, init);
  stack.facilitator.faults.queue("settle", { kind: "reset", when: "after" }, unsettled.nonce);
  await esimOf(await send(unsettled));
  const forged = `0x${"5a".repeat(64)}1b` as const;
  expect((await fetch(url, withHeaders(init, resigned(unverified, forged)))).status).toBe(402);

  const ways = ["payment_settled", "settlement_unknown", "payment_refused", "facilitator_unavailable"];
  for (const event of [...ways, "purchase_replayed", "refund_submitted"]) {
    expect(logged).toContain(`"event":"${event}"`);
  }
  const hashes = await settlements(stack);
  const onChain = await Promise.all(hashes.map((hash) => payloadOnChain(stack, hash)));
  const payments = [delivered, refunded, unverified, unsettled];
  const secrets = [
    ...onChain.map(({ signature }) => signature),
    ...payments.flatMap((payment) => [
      payment.header,
      opened(payment).payload.signature,
      String(opened(payment).accepted.extra["invoice"]),
    ]),
    ...Object.values(stack.secrets),
    ...[forged, qr_code, access_token, "LPA:1$", "Bearer ", "eyJ", "inv_"],
  ];
  const log = logged.toLowerCase();
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(2);
    expect(log).not.toContain(secret.toLowerCase().replace(/^0x/, ""));
  }
});
