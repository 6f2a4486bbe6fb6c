/** `X-Fallback-Region` and packages that stand in, over the gateway: two eSIMs for one payment, and one of them stays. */

import * as v from "valibot";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import merchant from "../../edge402.config.ts";
import type { ConfigInput } from "../../protocol/config.ts";
import { type Stack, startStack } from "./stack.ts";
import { activation, balances, paid, problemOf, signFor } from "./support.ts";

/** As the simulated supplier has them, and what it charges: US dollars × 10,000. */
const US_1GB = { packageCode: "CKH802", wholesale: 9_000n };
const US_3GB = { packageCode: "CKH806", wholesale: 26_000n };
const EU_1GB = { packageCode: "CKH520", wholesale: 6_200n };

/** USDC, atomic units: the plan by itself, and a gigabyte in Europe at the rate below. */
const US_7DAY = 4_200_000n;
const DEARER = 9_660_000n;

const FALLBACK_AFTER_MS = 1_500;
/** Refused looks at the order, half a second each: longer than that. */
const LATE = 6;

const plan = "us-7day";
const header = { "x-fallback-region": "eu-central" };
const plain = activation({ plan });
const init = { ...plain, headers: { ...plain.headers, ...header } };

/** As the merchant has it, but Europe is dear. */
function catalog(): ConfigInput["catalog"] {
  const { metered } = merchant.catalog;
  const europe = metered?.regions["eu-central"];
  if (metered === undefined || europe === undefined)
    throw new Error("the merchant sells Europe by the megabyte");
  const regions = { ...metered.regions, "eu-central": { ...europe, perMb: "0.01" } };
  return { ...merchant.catalog, metered: { ...metered, regions } };
}

let stack: Stack;
let url: string;

beforeAll(async () => {
  const budgets = { edgeMs: 2_000, verifyMs: 1_000, originMs: 6_000, fallbackAfterMs: FALLBACK_AFTER_MS };
  stack = await startStack({ allocationDelayMs: 300, config: { budgets, catalog: catalog() } });
  url = `${stack.url}/v1/esim/activate`;
  // The first purchase of a process also warms it up.
  await orderOf(await buy(plain));
});
afterEach(() => stack.supplier.faults.clear());
afterAll(() => stack.close());

const orderSchema = v.object({
  order_url: v.string(),
  access_token: v.string(),
  state: v.literal("delivered"),
  iccid: v.optional(v.string()),
  active: v.optional(v.nullable(v.string())),
  fallback: v.optional(v.object({ region: v.string(), iccid: v.optional(v.string()) })),
});

type Order = v.InferOutput<typeof orderSchema>;

async function orderOf(response: Response): Promise<Order> {
  const text = await response.text();
  if (response.status !== 200) throw new Error(`expected 200, got ${response.status}: ${text}`);
  return v.parse(orderSchema, JSON.parse(text));
}

async function buy(request: RequestInit): Promise<Response> {
  return fetch(url, paid(await signFor(stack, url, request), request));
}

/** What a purchase took from the buyer and brought the merchant, and what it cost us at the supplier. */
async function counted(work: () => Promise<Order>) {
  const [before, credit, orders] = [
    await balances(stack, "polygon"),
    stack.supplier.balance(),
    stack.supplier.orders.length,
  ];
  const order = await work();
  const after = await balances(stack, "polygon");
  expect(after.merchant - before.merchant).toBe(before.payer - after.payer);
  return {
    order,
    price: before.payer - after.payer,
    cost: credit - stack.supplier.balance(),
    packages: stack.supplier.orders.slice(orders).map(({ packageCode }) => packageCode),
  };
}

/** The first eSIM is late: the supplier is still allocating whatever is asked for. */
async function buyLate() {
  stack.supplier.faults.add("esim/query", { kind: "error", code: "200010" }, LATE);
  return counted(async () => orderOf(await buy(init)));
}

function profileOf(iccid: string | undefined) {
  const profiles = stack.supplier.orders.flatMap((order) => order.profiles);
  const profile = profiles.find((one) => one.iccid === iccid);
  if (profile === undefined) throw new Error("the supplier knows no such eSIM");
  return profile;
}

function report({ order_url, access_token }: Order, iccid: string | undefined): Promise<Response> {
  const { method, headers, body } = activation({ iccid });
  return fetch(`${order_url}/connected`, {
    method: method ?? "POST",
    headers: { ...Object.fromEntries(new Headers(headers)), authorization: `Bearer ${access_token}` },
    body: body ?? null,
  });
}

describe("an eSIM with a fallback region", () => {
  test("is offered at the dearer of the two prices, which the challenge and the quote name", async () => {
    const challenge = await fetch(url, init);
    expect(challenge.status).toBe(402);
    const body = await challenge.json();
    expect(body).toMatchObject({ amount: "9.66", invoice_id: expect.stringMatching(/^inv_/) });
    expect(JSON.stringify(body)).toContain("fallback in eu-central");
    const quote = await fetch(`${url}?dry_run`, init);
    expect(await quote.json()).toMatchObject({
      amount_usdc: "9.66",
      delivers: { items: [{ plan }], fallback: { region: "eu-central", data_mb: 1_024 } },
    });
  });

  test("that comes at once comes alone", async () => {
    const { order, price, cost, packages } = await counted(async () => orderOf(await buy(init)));
    expect(order).toMatchObject({ active: "primary", fallback: { region: "eu-central" } });
    expect(order.fallback?.iccid).toBeUndefined();
    expect([price, cost, packages]).toEqual([DEARER, US_1GB.wholesale, [US_1GB.packageCode]]);
  });

  test("that is late comes with the other one; the one that is not reported goes back for its price", async () => {
    const { order, price, cost, packages } = await buyLate();
    expect(order).toMatchObject({ active: null, iccid: expect.stringMatching(/^89/) });
    expect(order.fallback?.iccid).toMatch(/^89/);
    expect([price, packages]).toEqual([DEARER, [US_1GB.packageCode, EU_1GB.packageCode]]);
    expect(cost).toBe(US_1GB.wholesale + EU_1GB.wholesale);

    const credit = stack.supplier.balance();
    const answers = [await report(order, order.fallback?.iccid), await report(order, order.fallback?.iccid)];
    for (const answer of answers) {
      expect(await orderOf(answer)).toMatchObject({
        active: "fallback",
        fallback: { iccid: order.fallback?.iccid },
      });
    }
    expect(profileOf(order.iccid).esimStatus).toBe("CANCEL");
    expect(profileOf(order.fallback?.iccid).esimStatus).toBe("GOT_RESOURCE");
    expect(stack.supplier.balance() - credit).toBe(US_1GB.wholesale);
    expect(await problemOf(await report(order, order.iccid))).toMatchObject({ code: "other_esim_kept" });
  });

  test("that is late and then used stays without a report, and the other one goes back", async () => {
    const { order } = await buyLate();
    const credit = stack.supplier.balance();
    stack.supplier.install(profileOf(order.iccid).esimTranNo);
    await expect
      .poll(() => profileOf(order.fallback?.iccid).esimStatus, { timeout: 20_000, interval: 200 })
      .toBe("CANCEL");
    expect(stack.supplier.balance() - credit).toBe(EU_1GB.wholesale);
    expect(profileOf(order.iccid).esimStatus).toBe("IN_USE");
  });

  test("can't be paid for with what was signed for the eSIM alone", async () => {
    const before = await balances(stack, "polygon");
    const response = await fetch(url, paid(await signFor(stack, url, plain), init));
    expect(await problemOf(response)).toMatchObject({ code: "payment_for_other_request" });
    expect(await balances(stack, "polygon")).toEqual(before);
  });

  test("in a region that is not sold is refused without a price", async () => {
    const response = await fetch(url, {
      ...plain,
      headers: { ...plain.headers, "x-fallback-region": "mars" },
    });
    expect([response.status, response.headers.has("payment-required")]).toEqual([422, false]);
    expect(await problemOf(response)).toMatchObject({ code: "region_unknown", payment_state: "unused" });
  });
});

test("a package that is out of stock is replaced by the next one, at the price that was asked", async () => {
  stack.supplier.setStock(US_1GB.packageCode, 0);
  const { order, price, cost, packages } = await counted(async () => orderOf(await buy(plain)));
  expect([price, cost, packages]).toEqual([US_7DAY, US_3GB.wholesale, [US_3GB.packageCode]]);
  expect(profileOf(order.iccid).totalBytes).toBe(3_072n * 1_048_576n);
});
