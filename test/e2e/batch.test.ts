/** Batches and metered data over the gateway: one payment, many eSIMs, and what can't be had is paid back on chain. */

import * as v from "valibot";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Stack, startStack } from "./stack.ts";
import { activation, balances, liveOrders, paid, receiptOf, signFor } from "./support.ts";

/** As the simulated supplier has them. */
const US_7DAY_PACKAGE = "CKH802";
/** Its own, and the one that stands in for it. */
const EU_30DAY_PACKAGES = ["CKH523", "CKH527"] as const;

/** USDC, atomic units. */
const US_7DAY = 4_200_000n;
const EU_30DAY = 6_900_000n;

/** A batch of 20 may take this many times as long as one eSIM, and a busy machine may spoil a comparison or two. */
const MAX_SLOWDOWN = 1.5;
const RETRIES = 2;

let stack: Stack;
let url: string;
let batchUrl: string;

beforeAll(async () => {
  // A refund begins when the time of the request that bought is up.
  stack = await startStack({ config: { budgets: { edgeMs: 2_000, verifyMs: 1_000, originMs: 6_000 } } });
  url = `${stack.url}/v1/esim/activate`;
  batchUrl = `${url}/batch`;
});

afterEach(() => stack.supplier.faults.clear());
afterAll(() => stack.close());

const itemSchema = v.object({
  item: v.number(),
  item_state: v.picklist(["pending", "delivered", "undelivered"]),
  plan: v.string(),
  device_id: v.nullable(v.string()),
  iccid: v.optional(v.string()),
  qr_code: v.optional(v.string()),
  qr_image: v.optional(v.string()),
});

const orderSchema = v.object({
  state: v.string(),
  order_url: v.string(),
  access_token: v.string(),
  items: v.array(itemSchema),
  refund: v.optional(v.object({ amount_usdc: v.string(), transaction: v.nullable(v.string()) })),
});

type Order = v.InferOutput<typeof orderSchema>;

async function orderOf(response: Response): Promise<Order> {
  const text = await response.text();
  if (response.status !== 200) throw new Error(`expected 200, got ${response.status}: ${text}`);
  return v.parse(orderSchema, JSON.parse(text));
}

/** Asks, signs, pays: what the stock client does, without its limit of spending. */
async function buy(target: string, init: RequestInit): Promise<Response> {
  return fetch(target, paid(await signFor(stack, target, init), init));
}

async function timed<Result>(work: () => Promise<Result>): Promise<{ result: Result; ms: number }> {
  const start = performance.now();
  const result = await work();
  return { result, ms: performance.now() - start };
}

/** Plans and metered data in turn, each for a device of its own. */
function mixed(count: number): object[] {
  const kinds = [
    { plan: "us-7day" },
    { plan: "eu-30day" },
    { region: "us-west", data_mb: 100 },
    { region: "us-west", data_mb: 500, carrier: "verizon" },
  ];
  return Array.from({ length: count }, (_, index) => ({
    ...kinds[index % kinds.length],
    device_id: `drone-${index}`,
  }));
}

/** Five of each kind. */
const MIXED_20_PRICE = 5n * (US_7DAY + EU_30DAY + 420_000n + 1_820_000n);

describe("a batch of 20 mixed items", () => {
  test("is paid once and delivered whole, to each device its own eSIM, hardly slower than one", async () => {
    const init = activation({ items: mixed(20) });
    // The first purchase of a process also warms it up.
    await orderOf(await buy(url, activation({ plan: "us-7day" })));
    const compare = async () => {
      const one = await timed(() => buy(url, activation({ plan: "us-7day" })));
      const before = await balances(stack, "polygon");
      const orders = stack.supplier.orders.length;
      const { result: response, ms } = await timed(() => buy(batchUrl, init));
      return { before, orders, response, slowdown: ms / one.ms };
    };
    let compared = await compare();
    for (let more = RETRIES; more > 0 && compared.slowdown >= MAX_SLOWDOWN; more--)
      compared = await compare();
    const { before, orders, response, slowdown } = compared;
    expect(slowdown).toBeLessThan(MAX_SLOWDOWN);
    expect(receiptOf(response).success).toBe(true);
    const { items, state, refund } = await orderOf(response);
    expect({ state, refund }).toEqual({ state: "delivered", refund: undefined });
    expect(items.map(({ item, item_state, device_id }) => ({ item, item_state, device_id }))).toEqual(
      Array.from({ length: 20 }, (_, item) => ({
        item,
        item_state: "delivered",
        device_id: `drone-${item}`,
      })),
    );
    expect(items[3]?.plan).toBe("us-west:500mb:verizon");
    expect(new Set(items.map(({ qr_code }) => qr_code)).size).toBe(20);
    expect(stack.supplier.orders.length - orders).toBe(4);
    const after = await balances(stack, "polygon");
    expect(before.payer - after.payer).toBe(MIXED_20_PRICE);

    const image = await fetch(items[7]?.qr_image ?? "");
    expect([image.status, image.headers.get("content-type")]).toEqual([200, "image/svg+xml"]);
  });

  test("is quoted at what it then costs, and the quote takes nothing", async () => {
    const before = await balances(stack, "polygon");
    const init = activation({ items: mixed(20) });
    const payment = await signFor(stack, batchUrl, init);
    for (const asking of [init, paid(payment, init)]) {
      const response = await fetch(`${batchUrl}?dry_run`, asking);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({
        dry_run: true,
        amount_usdc: "66.70",
        payment: asking === init ? "none" : "ignored",
      });
    }
    expect(await balances(stack, "polygon")).toEqual(before);
    // The payment that was ignored is as good as before.
    await orderOf(await fetch(batchUrl, paid(payment, init)));
    expect(before.payer - (await balances(stack, "polygon")).payer).toBe(MIXED_20_PRICE);
  });
});

describe("a batch of which something can't be had", () => {
  test("is delivered without it, and that much comes back on chain", async () => {
    const before = await balances(stack, "polygon");
    const live = liveOrders(stack);
    for (const packageCode of EU_30DAY_PACKAGES) stack.supplier.setStock(packageCode, 0);
    const items = [{ plan: "us-7day" }, { plan: "eu-30day" }, { plan: "us-7day" }, { plan: "eu-30day" }];
    const order = await orderOf(await buy(batchUrl, activation({ items })));
    expect(order.items.map(({ item_state }) => item_state)).toEqual([
      "delivered",
      "undelivered",
      "delivered",
      "undelivered",
    ]);
    expect(order.items[1]).not.toHaveProperty("qr_code");
    expect(order.refund).toMatchObject({ amount_usdc: "13.80" });

    const paidOut = async () => before.payer - (await balances(stack, "polygon")).payer;
    await expect.poll(paidOut, { timeout: 30_000, interval: 250 }).toBe(2n * US_7DAY);
    const authorization = { authorization: `Bearer ${order.access_token}` };
    const state = async () => (await orderOf(await fetch(order.order_url, { headers: authorization }))).state;
    await expect.poll(state, { timeout: 15_000, interval: 250 }).toBe("refunded");
    expect(liveOrders(stack) - live).toBe(1);
    for (const packageCode of EU_30DAY_PACKAGES) stack.supplier.setStock(packageCode, 1_000);
  });

  test("of which a price moved is never bought at a loss", async () => {
    const before = await balances(stack, "polygon");
    const orders = stack.supplier.orders.length;
    stack.supplier.setPrice(US_7DAY_PACKAGE, 50_000n);
    const items = [{ plan: "us-7day" }, { plan: "eu-30day" }];
    const order = await orderOf(await buy(batchUrl, activation({ items })));
    expect(order.items.map(({ item_state }) => item_state)).toEqual(["undelivered", "delivered"]);
    const paidOut = async () => before.payer - (await balances(stack, "polygon")).payer;
    await expect.poll(paidOut, { timeout: 30_000, interval: 250 }).toBe(EU_30DAY);
    expect(stack.supplier.orders.length - orders).toBe(1);
    stack.supplier.setPrice(US_7DAY_PACKAGE, 9_000n);
  });

  test.each([
    ["an unknown plan", { plan: "mars" }, 422, "plan_unknown"],
    [
      "a carrier that is not there",
      { region: "eu-central", data_mb: 1, carrier: "verizon" },
      422,
      "package_unavailable",
    ],
    ["more data than is sold", { region: "us-west", data_mb: 9_999 }, 422, "package_unavailable"],
    ["an item that is none", {}, 400, "body_invalid"],
  ])("because of %s is refused without a price", async (_, item, status, code) => {
    const response = await fetch(batchUrl, activation({ items: [{ plan: "us-7day" }, item] }));
    expect(response.status).toBe(status);
    expect(response.headers.has("payment-required")).toBe(false);
    expect(await response.json()).toMatchObject({
      code,
      payment_state: "unused",
      detail: expect.stringContaining("items.1"),
    });
  });
});

test("the challenge of 50 items stays under what agents read of it", async () => {
  const response = await fetch(batchUrl, activation({ items: mixed(50) }));
  expect(response.status).toBe(402);
  expect((await response.text()).length).toBeLessThan(3_000);
});

test("metered data is sold by the megabyte", async () => {
  const before = await balances(stack, "polygon");
  const body = { region: "us-west", data_mb: 100, carrier: "t-mobile" };
  const response = await buy(url, activation(body));
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    state: "delivered",
    plan: "us-west:100mb:t-mobile",
    region: "us-west",
    data_mb: 100,
    carrier: "t-mobile",
    qr_code: expect.stringContaining("LPA:1$"),
    payment: { amount_usdc: "0.42" },
  });
  expect(before.payer - (await balances(stack, "polygon")).payer).toBe(420_000n);
});
