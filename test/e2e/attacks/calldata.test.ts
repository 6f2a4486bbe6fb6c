/** After settlement a payment's signature is public: whoever reads it off the chain gets nothing for it. */

import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import type { Hex } from "viem";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { HEADER } from "../../../protocol/headers.ts";
import { type Stack, startStack } from "../stack.ts";
import {
  activation,
  type Esim,
  esimOf,
  PRICE,
  paid,
  type SignedPayment,
  signFor,
  submit,
} from "../support.ts";
import {
  books,
  init,
  opened,
  type Payload,
  type PaymentHeaders,
  payloadIn,
  payloadOnChain,
  settlements,
  v1Headers,
  v2Headers,
  withHeaders,
} from "./support.ts";

let stack: Stack;
let url: string;

beforeAll(async () => {
  stack = await startStack({
    gateways: 2,
    allocationDelayMs: 600,
    config: { budgets: { edgeMs: 2_500, verifyMs: 1_800, originMs: 12_000 } },
  });
  url = `${stack.url}/v1/esim/activate`;
});

afterEach(() => stack.facilitator.faults.clear());
afterAll(() => stack.close());

const quote = v.object({ invoice_id: v.string() });
const thiefs = activation({ plan: "us-7day", device_id: "thief" });

/** What can be made of the chain's copy: payments, payments under a name of the forger's own, the mere hash. */
type Forgery = "unnamed" | "named" | "proof";

const everything: readonly Forgery[] = ["unnamed", "named", "proof"];

/** For the buyer's own request and for another, each with an invoice that its forger was quoted. */
async function forge(
  payload: Payload,
  transaction: Hex,
  kinds: readonly Forgery[],
): Promise<readonly RequestInit[]> {
  const made = await Promise.all(
    [init, thiefs].map(async (request, i) => {
      const { invoice_id } = v.parse(quote, await (await fetch(url, request)).json());
      const own = opened(await signFor(stack, url, request));
      const invoice = { [HEADER.invoice]: invoice_id };
      const id = `name-of-the-thief-${i}-${transaction.slice(2, 10)}`;
      const info = { required: false, id };
      const forgeries: Readonly<Record<Forgery, readonly PaymentHeaders[]>> = {
        unnamed: [v1Headers(payload), { ...v1Headers(payload), ...invoice }, v2Headers({ ...own, payload })],
        named: [
          { ...v1Headers(payload), [HEADER.idempotencyKey]: `"${id}"` },
          v2Headers({ ...own, payload, extensions: { "payment-identifier": { info } } }),
        ],
        proof: [{ [HEADER.paymentReceipt]: transaction, ...invoice }],
      };
      return kinds.flatMap((kind) => forgeries[kind]).map((headers) => withHeaders(request, headers));
    }),
  );
  return made.flat();
}

/** Sends all of them at once, over both gateways. */
async function steal(
  payload: Payload,
  transaction: Hex,
  kinds: readonly Forgery[] = everything,
): Promise<readonly Response[]> {
  const requests = await forge(payload, transaction, kinds);
  return Promise.all(
    requests.map((request, i) => {
      const { url: gateway } = stack.gateways[i % stack.gateways.length] ?? stack.gateways[0];
      return fetch(`${gateway}/v1/esim/activate`, request);
    }),
  );
}

async function expectNothingIn(thefts: readonly Response[], bought?: Esim): Promise<void> {
  expect(thefts.length).toBeGreaterThan(0);
  for (const theft of thefts) {
    const text = await theft.text();
    expect([402, 409, 503], text).toContain(theft.status);
    const secrets = bought === undefined ? [] : [bought.iccid, bought.qr_code, bought.access_token];
    for (const secret of [...secrets, "LPA:1$", "access_token"]) expect(text).not.toContain(secret);
  }
}

async function expectOneSale(before: Awaited<ReturnType<typeof books>>, payment: SignedPayment) {
  expect(await settlements(stack, payment.nonce)).toHaveLength(1);
  expect(await books(stack)).toEqual({
    payer: before.payer - PRICE["us-7day"],
    merchant: before.merchant + PRICE["us-7day"],
    orders: before.orders + 1,
  });
}

/** As soon as a block has it. */
async function stealFromChain({ nonce }: SignedPayment): Promise<readonly Response[]> {
  const settled = async () => (await settlements(stack, nonce)).length;
  await expect.poll(settled, { interval: 10, timeout: 5_000 }).toBe(1);
  const [hash = "0x"] = await settlements(stack, nonce);
  return steal(await payloadOnChain(stack, hash), hash);
}

test("21. what is rebuilt from calldata gets nothing after the sale, in either version and with whatever invoice or key", async () => {
  const before = await books(stack);
  const payment = await signFor(stack, url, init);
  const bought = await esimOf(await fetch(url, paid(payment, init)));
  await expectNothingIn(await stealFromChain(payment), bought);
  await expectOneSale(before, payment);
});

test("21. it gets nothing while the buyer's request waits for its goods", async () => {
  const before = await books(stack);
  const payment = await signFor(stack, url, init);
  const [bought, thefts] = await Promise.all([
    fetch(url, paid(payment, init)).then(esimOf),
    stealFromChain(payment),
  ]);
  await expectNothingIn(thefts, bought);
  await expectOneSale(before, payment);
});

test("21. it gets nothing before the buyer's claim arrives, however late the buyer's gateway learns of the settlement", async () => {
  const before = await books(stack);
  const payment = await signFor(stack, url, init);
  stack.facilitator.faults.queue("settle", { kind: "delay_after", ms: 900 }, payment.nonce);
  const [bought, thefts] = await Promise.all([
    fetch(url, paid(payment, init)).then(esimOf),
    stealFromChain(payment),
  ]);
  await expectNothingIn(thefts, bought);
  await expectOneSale(before, payment);
});

test("21. it gets nothing where the buyer's claim never arrives", async () => {
  const payment = await signFor(stack, url, init);
  await submit(stack, payment);
  const { orders } = await books(stack);
  await expectNothingIn(await stealFromChain(payment));
  expect((await books(stack)).orders).toBe(orders);
});

/** Long enough for copies to be verified on a chain that does not know the nonce, and submitted. Milliseconds. */
const IN_MEMPOOL_MS = 500;

/** The buyer's settlement waits in the mempool, where it is copied; then it is mined, and its gateway told of it. */
async function copyFromMempool(payment: SignedPayment, kinds: readonly Forgery[], meanwhile = () => {}) {
  const chain = stack.chain("polygon");
  stack.facilitator.faults.queue("settle", { kind: "delay_after", ms: 200 }, payment.nonce);
  await chain.pauseMining();
  const buying = fetch(url, paid(payment, init));
  const pending = async () =>
    (await chain.client.getBlock({ blockTag: "pending", includeTransactions: true })).transactions;
  let stealing: ReturnType<typeof steal> | undefined;
  try {
    await expect.poll(async () => (await pending()).length, { interval: 10 }).toBe(1);
    const [transaction] = await pending();
    meanwhile();
    if (transaction !== undefined) stealing = steal(payloadIn(transaction.input), transaction.hash, kinds);
    await sleep(IN_MEMPOOL_MS);
  } finally {
    await chain.resumeMining();
  }
  return { bought: await buying, thefts: (await stealing) ?? [] };
}

test("21. a copy from the mempool gets nothing while the settlement is not mined yet", async () => {
  const before = await books(stack);
  const payment = await signFor(stack, url, init);
  const { bought, thefts } = await copyFromMempool(payment, ["unnamed", "proof"]);
  await expectNothingIn(thefts, await esimOf(bought));
  await expectOneSale(before, payment);
});

test("21. a copy from the mempool gets nothing under a name of its own", async () => {
  const { bought, thefts } = await copyFromMempool(await signFor(stack, url, init), ["named"]);
  await expectNothingIn(thefts, await esimOf(bought));
});

test("21. a copy from the mempool gets nothing where the facilitator breaks on the copy", async () => {
  const before = await books(stack);
  const payment = await signFor(stack, url, init);
  const broken = { kind: "status", when: "before", status: 502 } as const;
  const { bought, thefts } = await copyFromMempool(payment, ["unnamed"], () => {
    for (let copy = 0; copy < 12; copy++) stack.facilitator.faults.queue("settle", broken, payment.nonce);
  });
  await expectNothingIn(thefts, await esimOf(bought));
  const settling = stack.facilitator.callsFor(payment.nonce).filter(({ endpoint }) => endpoint === "settle");
  expect(settling.length).toBeGreaterThan(1);
  await expectOneSale(before, payment);
});
