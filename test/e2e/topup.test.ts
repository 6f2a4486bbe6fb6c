/**
 * An agent's eSIM runs out of data, and the stock clients buy more of it; an eSIM for another region takes its place.
 * Only its owner is asked for money, and what can't be had is paid back on chain.
 */

import * as v from "valibot";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { MAX_CHALLENGE_BODY } from "../../protocol/challenge.ts";
import { type Stack, startStack } from "./stack.ts";
import {
  activation,
  balances,
  type Esim,
  esimOf,
  PRICE_MOVED,
  paid,
  problemOf,
  receiptOf,
  type SignedPayment,
  signFor,
  v1Client,
  v2Client,
} from "./support.ts";

const MB = 1_048_576n;
const MB_50_KB = 51_200;
/** USDC, atomic units. */
const PRICE_50_MB = 180_000n;
const PRICE_500_MB = 1_620_000n;
const PRICE_EU = 6_900_000n;

const optionsSchema = v.looseObject({
  top_up_options: v.array(
    v.object({
      price_usdc: v.string(),
      request: v.object({ method: v.string(), url: v.string(), body: v.looseObject({}) }),
    }),
  ),
});

let stack: Stack;
/** One whose data runs out, and one of which there is enough. */
let esim: Esim;
let full: Esim;

beforeAll(async () => {
  stack = await startStack({
    chains: ["polygon", "base"],
    allocationDelayMs: 300,
    // Else each of these sales would wait for as long as the gateway may take; lifecycle.test.ts has one that does.
    config: { settle: "origin" },
  });
  [esim, full] = await Promise.all([buy("us-7day"), buy("us-7day")]);
});
afterEach(() => stack.supplier.faults.clear());
afterAll(async () => {
  expect(stack.gateways[0].violations).toEqual([]);
  await stack.close();
});

async function buy(plan: string): Promise<Esim> {
  return esimOf(await v2Client(stack)(`${stack.url}/v1/esim/activate`, activation({ plan })));
}

const at = (part: string, of: Esim) => `${stack.url}/v1/esim/${of.iccid}/${part}`;

function ask(body: object | null, of: Esim): RequestInit {
  const headers = { authorization: `Bearer ${of.access_token}` };
  return body === null
    ? { headers }
    : { ...activation(body), headers: { ...headers, "content-type": "application/json" } };
}

function profileOf({ iccid }: Esim) {
  const profiles = stack.supplier.orders.flatMap((order) => order.profiles);
  const found = profiles.find((profile) => profile.iccid === iccid);
  if (found === undefined) throw new Error("the supplier has no such eSIM");
  return found;
}

const answerOf = async (response: Response, status = 200) => {
  const text = await response.text();
  if (response.status !== status) throw new Error(`expected ${status}, got ${response.status}: ${text}`);
  return v.parse(v.pipe(v.string(), v.parseJson(), v.looseObject({})), text);
};

describe("an eSIM that runs out of data", () => {
  let early: SignedPayment;

  test("is asked for money with what there is to choose from, each payable as it stands", async () => {
    const { esimTranNo, totalBytes } = profileOf(esim);
    stack.supplier.install(esimTranNo);
    stack.supplier.consume(esimTranNo, totalBytes);
    const response = await fetch(at("data", esim), ask(null, esim));
    const body = await answerOf(response, 402);
    expect(JSON.stringify(body).length).toBeLessThan(MAX_CHALLENGE_BODY);
    expect(body).toMatchObject({
      code: "payment_required",
      remaining_kb: 0,
      top_up_options: [
        { data_mb: 50, price_usdc: "0.18" },
        { data_mb: 500, price_usdc: "1.62" },
      ],
    });
    const { top_up_options: options } = v.parse(optionsSchema, body);
    for (const { request, price_usdc } of options) {
      const { method, url } = request;
      const alone = await fetch(url, { ...ask(request.body, esim), method });
      expect(await answerOf(alone, 402)).toMatchObject({ amount_usdc: price_usdc });
    }
    early = await signFor(stack, at("data", esim), ask(null, esim));
  });

  test("has data again once the metered gate is paid by a stock v2 client", async () => {
    const before = await balances(stack, "polygon");
    const response = await v2Client(stack)(at("data", esim), ask(null, esim));
    expect(await answerOf(response)).toMatchObject({
      state: "delivered",
      top_up: { iccid: esim.iccid, data_mb: 50 },
      remaining_kb: MB_50_KB,
    });
    expect(receiptOf(response).success).toBe(true);
    const after = await balances(stack, "polygon");
    expect(after.merchant - before.merchant).toBe(PRICE_50_MB);
  });

  test("is asked for nothing while some is left, and a payment that comes along is not taken", async () => {
    const before = await balances(stack, "polygon");
    const response = await fetch(at("data", esim), paid(early, ask(null, esim)));
    expect(await answerOf(response)).toMatchObject({ remaining_kb: MB_50_KB, payment: "ignored" });
    expect(await balances(stack, "polygon")).toEqual(before);
  });
});

test("what is paid chooses the top-up: by stock clients of both versions, without a choice in the body", async () => {
  const total = profileOf(full).totalBytes;
  const topUp = at("topup", full);
  const before = await balances(stack, "base");
  await answerOf(await v1Client(stack, "base")(topUp, ask({}, full)));
  expect(profileOf(full).totalBytes - total).toBe(50n * MB);
  const large = await answerOf(await v2Client(stack, PRICE_500_MB)(topUp, ask({}, full)));
  expect(large).toMatchObject({ top_up: { data_mb: 500 } });
  expect(profileOf(full).totalBytes - total).toBe((50n + 500n) * MB);
  await answerOf(await v1Client(stack, "base")(topUp, ask({ data_mb: 500 }, full)));
  const after = await balances(stack, "base");
  expect(after.merchant - before.merchant).toBe(PRICE_50_MB + PRICE_500_MB);
});

test("a stranger is refused, whatever it pays, and the owner can still use the same payment", async () => {
  const payment = await signFor(stack, at("topup", full), ask({}, full));
  const before = await balances(stack, "polygon");
  const { headers: _, ...nobody } = ask({}, full);
  expect((await v2Client(stack)(at("topup", full), nobody)).status).toBe(401);
  for (const [init, code] of [
    [nobody, "access_token_required"],
    [ask({}, esim), "esim_not_found"],
  ] as const) {
    const refused = await fetch(at("topup", full), paid(payment, init));
    expect(await problemOf(refused)).toMatchObject({ code, payment_state: "unused" });
  }
  expect(await balances(stack, "polygon")).toEqual(before);
  await answerOf(await fetch(at("topup", full), paid(payment, ask({}, full))));
  expect((await balances(stack, "polygon")).merchant - before.merchant).toBe(PRICE_50_MB);
});

test("a top-up that the supplier refuses once it is paid for is refunded on chain", async () => {
  const total = profileOf(full).totalBytes;
  const before = await balances(stack, "polygon");
  stack.supplier.faults.add("esim/topup", { kind: "error", code: "310241" });
  const response = await v2Client(stack)(at("topup", full), ask({ data_mb: 50 }, full));
  expect(await answerOf(response, 502)).toMatchObject({
    code: "fulfilment_failed",
    payment_state: "refunded",
    refund: { amount_usdc: "0.18" },
  });
  expect((await balances(stack, "polygon")).payer).toBe(before.payer);
  expect(profileOf(full).totalBytes).toBe(total);
});

describe("a swap", () => {
  test("that the supplier can't serve costs nothing, and leaves the old eSIM as it is", async () => {
    const before = await balances(stack, "polygon");
    stack.supplier.faults.add("esim/order", PRICE_MOVED);
    const response = await v2Client(stack)(at("swap", full), ask({ plan: "eu-30day" }, full));
    expect(await problemOf(response)).toMatchObject({ code: "goods_unavailable", payment_state: "unused" });
    expect(await balances(stack, "polygon")).toEqual(before);
    expect(profileOf(full).esimStatus).toBe("GOT_RESOURCE");
  });

  test("delivers the new eSIM for its price, and takes the old one off the network", async () => {
    stack.supplier.install(profileOf(full).esimTranNo);
    const before = await balances(stack, "polygon");
    const swapped = await esimOf(await v2Client(stack)(at("swap", full), ask({ plan: "eu-30day" }, full)));
    const after = await balances(stack, "polygon");
    expect(after.merchant - before.merchant).toBe(PRICE_EU);
    expect(swapped.iccid).not.toBe(full.iccid);
    await expect.poll(() => profileOf(full).esimStatus, { timeout: 10_000, interval: 100 }).toBe("SUSPENDED");
    expect(profileOf(swapped).esimStatus).toBe("GOT_RESOURCE");
  });
});
