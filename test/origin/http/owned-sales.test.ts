/** Top-ups and swaps: only the owner is asked for money, and only where nothing stands in the way. */

import { beforeEach, describe, expect, test } from "vitest";
import merchant from "../../../edge402.config.ts";
import { accessToken } from "../../../origin/access.ts";
import { MAX_CHALLENGE_BODY } from "../../../protocol/challenge.ts";
import { type ErrorCode, problem } from "../../../protocol/errors.ts";
import { HEADER } from "../../../protocol/headers.ts";
import { readInvoice } from "../../../protocol/invoice.ts";
import { parseMerchant } from "../../../protocol/merchant.ts";
import { usdc } from "../../../protocol/money.ts";
import { ORDER_ID, orderOf, purchaseIn } from "../../builders/origin-purchase.ts";
import { NOW } from "../../builders/payment.ts";
import { topUpPackage } from "../../builders/top-ups.ts";
import { requiredIn } from "../../edge/support.ts";
import {
  ESIM,
  ESIM_NO,
  GIB,
  gate,
  ICCID,
  LARGE,
  openOwnedShop,
  owner,
  PLAN,
  paying,
  SMALL,
  swap,
  topUp,
  use,
} from "./owned-shop.ts";
import {
  ACCESS_SECRET,
  bodyOf,
  expectProblem,
  forward,
  headerOf,
  INVOICE_KEY,
  type Sent,
  type Shop,
} from "./shop.ts";

/** Bytes of all headers of an answer through API Gateway. */
const MAX_RESPONSE_HEADERS = 10_240;

let shop: Shop;
beforeEach(() => {
  shop = openOwnedShop();
});

describe("without payment", () => {
  test("a top-up names what is left and what there is to choose from, each with an invoice of its own price", async () => {
    use(shop, GIB - 2_047n);
    const response = await forward(shop, topUp());
    expect(response.statusCode).toBe(402);
    const request = { method: "POST", url: `https://shop.example.com${ESIM}/topup` };
    expect(bodyOf(response)).toMatchObject({
      code: "payment_required",
      remaining_kb: 1,
      top_up_options: [
        { data_mb: 50, price_usdc: "0.18", request: { ...request, body: { data_mb: 50 } } },
        { data_mb: 500, price_usdc: "1.62", request: { ...request, body: { data_mb: 500 } } },
      ],
    });
    const { accepts } = requiredIn(headerOf(response, HEADER.paymentRequired));
    const prices = accepts.map(({ amount, extra }) => {
      const invoice = readInvoice(String(extra.invoice), [INVOICE_KEY]);
      return [amount, invoice.ok && invoice.value.price];
    });
    expect(prices).toEqual([
      ["180000", SMALL],
      ["1620000", LARGE],
    ]);
  });

  test("a top-up that is named is offered alone", async () => {
    const response = await forward(shop, topUp({ data_mb: 500 }));
    expect(bodyOf(response)).toMatchObject({ amount_usdc: "1.62", top_up_options: [{ data_mb: 500 }] });
    expect(requiredIn(headerOf(response, HEADER.paymentRequired)).accepts).toHaveLength(1);
  });

  test("the metered gate lets through while a whole KB is left, and asks for money from then on", async () => {
    use(shop, GIB - 1_024n);
    const open = await forward(shop, gate());
    expect(open.statusCode).toBe(200);
    expect(bodyOf(open)).toMatchObject({ iccid: ICCID, remaining_kb: 1, payment: "none" });
    shop.world.clock.advanceTo(NOW * 1_000 + 10_000);
    use(shop, GIB - 1_023n, 2);
    const shut = await forward(shop, gate());
    expect(shut.statusCode).toBe(402);
    expect(bodyOf(shut)).toMatchObject({ remaining_kb: 0, top_up_options: [{}, {}] });
  });

  test("a swap is asked for at the new eSIM's price", async () => {
    const response = await forward(shop, swap());
    expect(response.statusCode).toBe(402);
    expect(bodyOf(response)).toMatchObject({ amount_usdc: "4.20" });
  });

  test("only what the supplier has at no loss is offered", async () => {
    // 0.18 USDC for 50 MB, and the supplier asks for a hundredth of a cent more.
    shop.world.supplier.shelf = [topUpPackage(50, 1_801n), topUpPackage(500, 16_200n)];
    const response = await forward(shop, topUp());
    expect(bodyOf(response)).toMatchObject({ top_up_options: [{ data_mb: 500 }] });
    expectProblem(await forward(shop, topUp({ data_mb: 50 })), "package_unavailable");
  });

  test("a wallet proof's order stands in the requests that are proposed", async () => {
    const query = `?order=${ORDER_ID}`;
    const response = await forward(shop, { ...topUp(), target: `${ESIM}/topup${query}` });
    const url = `https://shop.example.com${ESIM}/topup${query}`;
    expect(bodyOf(response)).toMatchObject({ top_up_options: [{ request: { url } }, {}] });
  });
});

test.each<[string, { readonly publicUrl?: string; readonly topUps?: readonly number[] }]>([
  ["the merchant's own configuration", {}],
  [
    "as many top-ups as there may be, behind the longest address",
    { publicUrl: `https://${"x".repeat(60)}.${"y".repeat(27)}.com`, topUps: [50, 100, 200, 500] },
  ],
])("%s: the 402 is short enough for clients and for API Gateway", async (_, { publicUrl, topUps }) => {
  const { config } = parseMerchant(merchant);
  const { catalog } = config;
  const sold = topUps?.map((dataMb) => ({ dataMb, price: usdc(BigInt(dataMb) * 20_000n) })) ?? catalog.topUps;
  const large = {
    ...config,
    ...(publicUrl === undefined ? {} : { publicUrl }),
    catalog: { ...catalog, topUps: sold },
  };
  shop = openOwnedShop(large);
  const response = await forward(shop, topUp());
  expect(response.statusCode).toBe(402);
  const header = headerOf(response, HEADER.paymentRequired);
  const { accepts } = requiredIn(header);
  expect(accepts).toHaveLength(config.networks.length * (sold?.length ?? 0));
  expect(response.body?.length).toBeLessThanOrEqual(MAX_CHALLENGE_BODY);
  expect(header.length).toBeLessThan(MAX_RESPONSE_HEADERS);
});

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

interface Obstacle {
  readonly code: ErrorCode;
  readonly headers?: Sent["headers"];
  readonly arrange?: () => unknown;
}

/** What stands in the way of both. */
const everywhere: Readonly<Record<string, Obstacle>> = {
  "no credentials": { code: "access_token_required", headers: {} },
  "a token that we did not make": {
    code: "access_token_invalid",
    headers: bearer(accessToken(new Uint8Array(32), "order", ORDER_ID)),
  },
  "the token of an order that never came about": {
    code: "order_not_found",
    headers: bearer(accessToken(ACCESS_SECRET, "order", `ord_${"0".repeat(40)}`)),
  },
  "an order that has no such eSIM": {
    code: "esim_not_found",
    arrange: () => shop.world.store.overwrite(purchaseIn("void")),
  },
  "an eSIM that has expired": {
    code: "esim_ended",
    arrange: () => {
      shop.world.supplier.esimStatus = "USED_EXPIRED";
    },
  },
};

const ofTopUps: Readonly<Record<string, Obstacle>> = {
  "a dispute": {
    code: "esim_disputed",
    arrange: () => shop.world.usage.book.dispute(ESIM_NO, { reason: null, orderId: ORDER_ID, iccid: ICCID }),
  },
  "nothing at the supplier at that price": {
    code: "package_unavailable",
    arrange: () => {
      shop.world.supplier.shelf = [];
    },
  },
};

const rows = [
  ...Object.entries({ ...everywhere, ...ofTopUps }).map((row) => ["a top-up", ...row] as const),
  ...Object.entries(everywhere).map((row) => ["a swap", ...row] as const),
];

test.each(rows)("%s meets %s: refused, and a payment that came is not touched", async (what, _, obstacle) => {
  const { code, headers = owner, arrange } = obstacle;
  await arrange?.();
  const sent = what === "a swap" ? swap(headers) : topUp({ data_mb: 50 }, headers);
  expectProblem(await forward(shop, sent), code);
  const payment = paying(what === "a swap" ? PLAN : SMALL);
  const refused = await forward(shop, sent, payment);
  expect(bodyOf(refused)).toMatchObject({ code, payment_state: "unused" });
  const status = problem(code).status;
  expect(shop.world.log).toContainEqual(
    expect.objectContaining({
      event: "content_returned",
      order: orderOf(payment),
      transaction: null,
      status,
    }),
  );
  const { facilitator, store, supplier } = shop.world;
  expect(facilitator.requests).toEqual([]);
  expect(store.all().map(({ id }) => id)).toEqual([ORDER_ID]);
  expect(supplier.topUps.size + supplier.orders.size).toBe(0);
});
