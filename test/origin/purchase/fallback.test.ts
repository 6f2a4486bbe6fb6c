/** A fallback is ordered when the first eSIM is late, and not before; both come for one price. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PurchasePorts } from "../../../origin/purchase/ports.ts";
import { isAtRest, type Purchase } from "../../../origin/purchase/purchase.ts";
import type { Fate } from "../../builders/batch.ts";
import { ORDER_ID } from "../../builders/origin-purchase.ts";
import { storedIn, sweepToRest } from "../../builders/origin-sweep.ts";
import { expectOneLineSquare, keptOf } from "../../builders/two-esims.ts";
import { openShop, type Shop } from "./batch-shop.ts";
import { buyIn, untilIdle } from "./fallback-shop.ts";
import { anyCrash, mortal, times, untilDeath } from "./mortal.ts";

const AFTER_MS = 15_000;
const NEVER = { allocationMs: 3_600_000 };

function orderedAt(purchase: Purchase): readonly (readonly [type: string, ms: number])[] {
  return purchase.ledger.map(({ at, event }) => [JSON.parse(event).type, at - purchase.createdAt] as const);
}

describe.each([
  ["the edge", false],
  ["the origin", true],
])("settled by %s", (_, isReserved) => {
  test("a first eSIM that is quick is delivered alone, and the fallback is never ordered", async () => {
    const shop = openShop({ A: { allocationMs: AFTER_MS - 1_000 } });
    const purchase = await buyIn(shop, isReserved);
    expect(purchase).toMatchObject({ state: "delivered", choice: null, release: "none", later: [] });
    expect(keptOf(purchase)).toBe("A");
    expect([...shop.supplier.booked.keys()]).toEqual([ORDER_ID]);
    expectOneLineSquare(shop.world, shop.supplier, purchase);
  });

  test("one that is late comes together with the fallback's, and the buyer may choose", async () => {
    const shop = openShop({ A: { allocationMs: 16_500 } });
    const purchase = await buyIn(shop, isReserved);
    expect(purchase).toMatchObject({
      state: "delivered",
      refund: null,
      choice: { kind: "open" },
      later: [{ packageCode: "B", lines: [1] }],
    });
    expect(keptOf(purchase)).toBe("AB");
    expect([...shop.supplier.booked.keys()]).toEqual([ORDER_ID, `${ORDER_ID}-1`]);
    const [, , second] = orderedAt(purchase);
    expect(second?.[1]).toBeGreaterThanOrEqual(AFTER_MS);
    expect(isAtRest(purchase)).toBe(false);
    expectOneLineSquare(shop.world, shop.supplier, purchase);
  });

  test("one that does not come leaves the fallback's alone, and goes back when it comes", async () => {
    const shop = openShop({ A: { allocationMs: 90_000 } });
    const purchase = await buyIn(shop, isReserved);
    const idle = await untilIdle(shop);
    expect(idle).toMatchObject({ state: "delivered", choice: null, refund: null, release: "done" });
    expect(keptOf(idle)).toBe("B");
    expectOneLineSquare(shop.world, shop.supplier, idle);
    // The request that bought it could be answered before its budget was over.
    if (!isReserved) expect(purchase.state).toBe("delivered");
  });

  test("a fallback that does not come leaves the first one alone, and goes back when it comes", async () => {
    const shop = openShop({ A: { allocationMs: 18_000 }, B: { allocationMs: 90_000 } });
    await buyIn(shop, isReserved);
    const idle = await untilIdle(shop);
    expect(idle).toMatchObject({ state: "delivered", choice: null, release: "done" });
    expect(keptOf(idle)).toBe("A");
    expectOneLineSquare(shop.world, shop.supplier, idle);
  });

  test("a first one that can't be had at all is not waited for", async () => {
    const shop = openShop({ A: { refuses: "price_moved" } });
    const purchase = await buyIn(shop, isReserved);
    expect(keptOf(purchase)).toBe("B");
    expect(orderedAt(purchase).every(([, ms]) => ms < AFTER_MS)).toBe(true);
    expectOneLineSquare(shop.world, shop.supplier, purchase);
  });

  test("where neither can be had all money stays, or goes back", async () => {
    const out = { refuses: "out_of_stock" } as const;
    const shop = openShop({ A: out, B: out });
    await buyIn(shop, isReserved);
    const idle = await untilIdle(shop);
    expect(idle.state).toBe(isReserved ? "void" : "refunded");
    expectOneLineSquare(shop.world, shop.supplier, idle);
  });

  test("where neither comes in time all money stays, or goes back, and both are given back", async () => {
    const shop = openShop({ A: NEVER, B: NEVER });
    await buyIn(shop, isReserved);
    const idle = await untilIdle(shop);
    expect(idle.state).toBe(isReserved ? "void" : "refunded");
    expect(shop.supplier.cancelled.size).toBe(2);
    expectOneLineSquare(shop.world, shop.supplier, idle);
  });

  test.each(times)("whichever call a process dies at, %s, goods and money are square", async (when) => {
    const fates: Readonly<Record<string, Fate>> = { A: { allocationMs: 16_500 }, B: { losesAnswer: true } };
    const live = async (shop: Shop, ports: PurchasePorts) => {
      if (shop.world.store.all().length === 0) await buyIn({ ...shop, ports }, isReserved);
      await untilIdle({ ...shop, ports });
    };
    const unhurt = openShop(fates);
    const counted = mortal(unhurt.ports);
    await live(unhurt, counted.ports);
    expect(keptOf(storedIn(unhurt.world))).toBe("AB");
    for (let call = 1; call <= counted.calls(); call++) {
      const shop = openShop(fates);
      await untilDeath(() => live(shop, mortal(shop.ports, { call, when }).ports));
      await live(shop, shop.ports);
      // After a death both may be ordered late, and at once.
      expect(keptOf(storedIn(shop.world))).toMatch(/^(A|B|AB)$/);
      expectOneLineSquare(shop.world, shop.supplier, storedIn(shop.world));
    }
  });
});

test("a supplier that answers no order for the first one still gets one for the fallback", async () => {
  const shop = openShop();
  const { supplier } = shop;
  const order: typeof supplier.order = async (asked) =>
    asked.packageCode === "A" ? { kind: "unknown", detail: "timeout" } : supplier.order(asked);
  const ports = { ...shop.ports, supplier: { ...supplier, order } };
  const purchase = await buyIn({ ...shop, ports });
  expect(purchase).toMatchObject({ state: "delivered", release: "due" });
  expect(keptOf(purchase)).toBe("B");
  // Once it answers, what it may have booked is asked for under the same id, and given back.
  await untilIdle(shop);
  expect([...supplier.cancelled].map((esim) => esim.slice(0, 1))).toEqual(["A"]);
});

test("whatever comes when, one line is served or refunded, and nothing is left at the supplier", async () => {
  const anyFate = fc.oneof(
    fc.record({
      allocationMs: fc.constantFrom(500, 14_900, 15_100, 18_000, 30_000, 59_900, 61_000, 600_000),
    }),
    fc.constantFrom<Fate>({ refuses: "out_of_stock" }, { refuses: "price_moved" }, { gone: 1 }),
    fc.constant({ losesAnswer: true }),
  );
  const anyCrashes = fc.array(anyCrash(40), { maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(
      anyFate,
      anyFate,
      fc.boolean(),
      anyCrashes,
      async (first, second, isReserved, crashes) => {
        const shop = openShop({ A: first, B: second });
        const live = async (ports: PurchasePorts) => {
          if (shop.world.store.all().length === 0) await buyIn({ ...shop, ports }, isReserved);
          await sweepToRest(shop.world, ports);
        };
        for (const crash of crashes) await untilDeath(() => live(mortal(shop.ports, crash).ports));
        await live(shop.ports);
        expectOneLineSquare(shop.world, shop.supplier, storedIn(shop.world));
      },
    ),
    { numRuns: 150 },
  );
});
