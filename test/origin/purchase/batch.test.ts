/** Orders of several eSIMs: bought together, delivered as far as they can be had, and the rest paid back in one sum. */

import { describe, expect, test } from "vitest";
import { buy } from "../../../origin/purchase/buy.ts";
import { batchRequest, expectSquare, linesOf } from "../../builders/batch.ts";
import { ORDER_ID, VERIFIED } from "../../builders/origin-purchase.ts";
import { storedIn, sweepToRest } from "../../builders/origin-sweep.ts";
import { bought, got, MIXED, openShop, type Shop } from "./batch-shop.ts";

describe("an order of mixed packages", () => {
  test("is one order a package at the supplier, and each line gets an eSIM of its own", async () => {
    const shop = openShop();
    const purchase = await bought(shop);
    expect(purchase).toMatchObject({ state: "delivered", refund: null, release: "none" });
    expect(got(purchase)).toBe("ABACBA");
    expect([...shop.supplier.booked]).toMatchObject([
      [ORDER_ID, { packageCode: "A", count: 3 }],
      [`${ORDER_ID}-1`, { packageCode: "B", count: 2 }],
      [`${ORDER_ID}-2`, { packageCode: "C", count: 1 }],
    ]);
  });

  test("takes no longer than one eSIM does", async () => {
    const [one, many] = [openShop(), openShop()];
    const start = one.world.clock.now();
    await bought(one, ["A"]);
    await bought(many);
    expect(many.world.clock.now() - start).toBe(one.world.clock.now() - start);
  });

  test("of which one is refused is delivered without it, and that much is refunded", async () => {
    const shop = openShop({ B: { refuses: "out_of_stock" } });
    const purchase = await bought(shop);
    expect(purchase).toMatchObject({
      state: "refunded",
      reason: "out_of_stock",
      refund: { amount: 13_800_002n },
    });
    expect(got(purchase)).toBe("A-AC-A");
    expect(shop.world.chain.refunds).toHaveLength(1);
  });

  test("of which one costs more by now is not bought at that price, and that much is refunded", async () => {
    const purchase = await bought(openShop({ A: { refuses: "price_moved" } }));
    expect(purchase).toMatchObject({ reason: "price_moved", refund: { amount: 12_600_000n } });
    expect(got(purchase)).toBe("-B-CB-");
  });

  test("of which the answer to one order is lost is bought once", async () => {
    const shop = openShop({ C: { losesAnswer: true } });
    expect(got(await bought(shop))).toBe("ABACBA");
    expect(shop.supplier.booked.size).toBe(3);
  });

  test("of which one takes too long is delivered without it, and the supplier gets that one back", async () => {
    const shop = openShop({ C: { allocationMs: 600_000 } });
    const purchase = await bought(shop);
    expect(purchase).toMatchObject({
      state: "refunded",
      reason: "supplier_too_slow",
      refund: { amount: 420_000n },
    });
    expect(got(purchase)).toBe("ABA-BA");
    expect(shop.supplier.cancelled.size).toBe(1);
  });

  test("of which a profile is gone is delivered without that one", async () => {
    const purchase = await bought(openShop({ A: { gone: 1 } }));
    expect(purchase).toMatchObject({ reason: "profile_gone", refund: { amount: 4_200_000n } });
    expect(got(purchase)).toBe("-BACBA");
  });

  test("of which nothing can be had is refunded whole", async () => {
    const fate = { refuses: "out_of_stock" } as const;
    const purchase = await bought(openShop({ A: fate, B: fate, C: fate }));
    expect(purchase).toMatchObject({ state: "refunded", delivery: null, placements: null });
    expect(purchase.refund?.amount).toBe(purchase.authorization.value);
  });

  test("of which everything fails in its own way is refunded whole", async () => {
    const shop = openShop({ A: { refuses: "out_of_stock" }, B: { gone: 2 }, C: { allocationMs: 600_000 } });
    const purchase = await bought(shop);
    expect(purchase).toMatchObject({ state: "refunded", delivery: null });
    expect(purchase.refund?.amount).toBe(purchase.authorization.value);
  });
});

test.each([
  [30, [30]],
  [31, [30, 1]],
  [50, [30, 20]],
])("%i eSIMs of one package are orders of %j", async (count, sizes) => {
  const shop = openShop();
  const purchase = await bought(
    shop,
    Array.from({ length: count }, () => "A" as const),
  );
  expect(purchase.state).toBe("delivered");
  expect([...shop.supplier.booked.values()].map((order) => order.count)).toEqual(sizes);
  expect(got(purchase)).toBe("A".repeat(count));
});

describe("where the origin settles", () => {
  const reserve = async (shop: Shop) => {
    await buy(batchRequest(linesOf(MIXED), { settlement: VERIFIED }), shop.ports);
    await sweepToRest(shop.world, shop.ports);
    expectSquare(shop.world, shop.supplier, storedIn(shop.world));
    return storedIn(shop.world);
  };

  test("an order that can be had in part is taken for, and the rest is refunded at once", async () => {
    const shop = openShop({ B: { refuses: "out_of_stock" } });
    expect(await reserve(shop)).toMatchObject({ state: "refunded", refund: { amount: 13_800_002n } });
    expect(got(storedIn(shop.world))).toBe("A-AC-A");
  });

  test("nothing is taken for an order of which nothing can be had", async () => {
    const fate = { refuses: "out_of_stock" } as const;
    const shop = openShop({ A: fate, B: fate, C: fate });
    expect(await reserve(shop)).toMatchObject({ state: "void", delivery: null, refund: null });
  });
});
