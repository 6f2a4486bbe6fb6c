/** What anyone may ask the gateway for: the plans and whether the shop is open. */

import { beforeEach, describe, expect, test } from "vitest";
import { configInput } from "../../builders/config.ts";
import type { OriginWorld } from "../../builders/origin-ports.ts";
import { bodyOf, expectProblem, forward, get, headerOf, openShop, type Shop } from "./shop.ts";

let shop: Shop;
beforeEach(() => {
  shop = openShop();
});

test("the plans name what an agent needs to choose one", async () => {
  const response = await forward(shop, get("/v1/plans"));
  expect(response.statusCode).toBe(200);
  expect(bodyOf(response)).toEqual({
    currency: "USDC",
    chains: ["base"],
    metered: null,
    top_ups: null,
    plans: [
      {
        plan: "eu-1gb",
        title: "Europe 1 GB",
        amount_usdc: "4.20",
        data_mb: 1_024,
        days: 7,
        coverage: ["FR", "DE"],
      },
    ],
  });
});

test.each([
  "/v1/plans",
  "/v1/supply",
  "/healthz",
  "/readyz",
])("%s tells neither the wholesale price nor the package", async (path) => {
  const { plans } = configInput().catalog;
  const [plan] = Object.values(plans);
  const { body } = await forward(shop, get(path));
  expect(plan).toBeDefined();
  for (const secret of [plan?.wholesaleUsd, plan?.packageCode, "9000"]) expect(body).not.toContain(secret);
});

test("alive is alive, whatever else is down, and asks nobody", async () => {
  shop.world.store.reachable = false;
  const response = await forward(shop, get("/healthz"));
  expect(bodyOf(response)).toEqual({ status: "alive" });
  expect(shop.calls).toEqual([]);
});

describe("the supply", () => {
  const credit = async () => bodyOf(await forward(shop, get("/v1/supply")));

  test("is a word about our credit and no figure", async () => {
    expect(await credit()).toEqual({ credit: "enough" });
  });

  test("is low where the dearest thing on sale can't be bought", async () => {
    shop.world.supplier.balanceAnswer = { kind: "ok", balance: 8_999n };
    expect(await credit()).toEqual({ credit: "low" });
  });

  test("is unknown while the supplier does not say", async () => {
    shop.world.supplier.balanceAnswer = { kind: "unknown", detail: "timeout" };
    expect(await credit()).toEqual({ credit: "unknown" });
  });
});

describe("ready", () => {
  test("is when supplier, table and chains are", async () => {
    const response = await forward(shop, get("/readyz"));
    expect(response.statusCode).toBe(200);
    expect(bodyOf(response)).toEqual({
      status: "ready",
      checks: { supplier: "ok", table: "ok", base: "ok" },
    });
  });

  const broken: [string, (world: OriginWorld) => void, object][] = [
    [
      "the supplier refuses us",
      ({ supplier }) => {
        supplier.balanceAnswer = { kind: "refused", reason: "access_denied", code: "101003" };
      },
      { supplier: "refused" },
    ],
    [
      "the supplier does not answer",
      ({ supplier }) => {
        supplier.balanceAnswer = { kind: "unknown", detail: "timeout" };
      },
      { supplier: "unknown" },
    ],
    [
      "our credit does not cover the dearest plan",
      ({ supplier }) => {
        supplier.balanceAnswer = { kind: "ok", balance: 8_999n };
      },
      { supplier: "balance_low" },
    ],
    [
      "the table is unreachable",
      ({ store }) => {
        store.reachable = false;
      },
      { table: "unreachable" },
    ],
    [
      "a chain is unreachable",
      ({ chain }) => {
        chain.reachableAt = Number.POSITIVE_INFINITY;
      },
      { base: "unreachable" },
    ],
  ];
  test.each(broken)("is not when %s, and that alone is named", async (_, breakIt, check) => {
    breakIt(shop.world);
    const response = await forward(shop, get("/readyz"));
    expectProblem(response, "not_ready", { retry_action: "wait_and_retry" });
    expect(bodyOf(response)["checks"]).toEqual({ supplier: "ok", table: "ok", base: "ok", ...check });
    expect(response.body).not.toMatch(/8999|101003/);
  });

  test("is with credit for exactly the dearest plan", async () => {
    shop.world.supplier.balanceAnswer = { kind: "ok", balance: 9_000n };
    expect((await forward(shop, get("/readyz"))).statusCode).toBe(200);
  });
});

test("a fault in a free route is 500, with none of its text", async () => {
  const broken = async () => {
    throw new RangeError("credit is 1234");
  };
  shop = openShop(({ supplier }) => ({ supplier: { ...supplier, balance: broken } }));
  const response = await forward(shop, get("/readyz"));
  expectProblem(response, "internal_error");
  expect(response.body).not.toMatch(/1234|RangeError/);
});

test("browsers may read every answer, and nothing may store one", async () => {
  for (const path of ["/v1/plans", "/healthz", "/readyz", "/nowhere"]) {
    const response = await forward(shop, get(path));
    expect(headerOf(response, "access-control-allow-origin")).toBe("*");
    expect(headerOf(response, "cache-control")).toBe("no-store, private");
  }
});
