/** A package that can't be had gives way to the next one that keeps the promise, and nothing is bought twice. */

import { describe, expect, test } from "vitest";
import { buy } from "../../../origin/purchase/buy.ts";
import { MAX_TRANSACTION_ID_LENGTH } from "../../../origin/supplier/port.ts";
import { batchRequest, type Fate, linesOf } from "../../builders/batch.ts";
import { ORDER_ID, VERIFIED } from "../../builders/origin-purchase.ts";
import { storedIn, sweepToRest } from "../../builders/origin-sweep.ts";
import { alternatesCatalog, expectOneLineSquare, keptOf } from "../../builders/two-esims.ts";
import { openShop } from "./batch-shop.ts";
import { mortal, times, untilDeath } from "./mortal.ts";

const OUT = { refuses: "out_of_stock" } as const;

function openWithAlternates(fates: Readonly<Record<string, Fate>>, catalog = alternatesCatalog()) {
  const shop = openShop(fates);
  return { ...shop, ports: { ...shop.ports, catalog } };
}

type Shop = ReturnType<typeof openWithAlternates>;

/** Buys one eSIM of the package A. */
async function live({ world }: Shop, ports: Shop["ports"], isReserved = false): Promise<void> {
  if (world.store.all().length === 0) {
    if (!isReserved) world.chain.landsAt = 0;
    await buy(batchRequest(linesOf(["A"]), isReserved ? { settlement: VERIFIED } : {}), ports);
  }
  await sweepToRest(world, ports);
}

async function bought(shop: Shop, isReserved = false) {
  await live(shop, shop.ports, isReserved);
  expectOneLineSquare(shop.world, shop.supplier, storedIn(shop.world));
  return storedIn(shop.world);
}

describe("a package that is out of stock", () => {
  test("gives way to the next one, which is another order at the supplier", async () => {
    const shop = openWithAlternates({ A: OUT });
    const purchase = await bought(shop);
    expect(purchase).toMatchObject({
      state: "delivered",
      refund: null,
      release: "none",
      placements: [{ kind: "refused", reason: "out_of_stock", mayExist: false }, { kind: "placed" }],
      later: [{ packageCode: "B", wholesale: 1_000n, lines: [0] }],
    });
    expect(keptOf(purchase)).toBe("B");
    const [id, ...others] = shop.supplier.booked.keys();
    expect([id, others]).toEqual([`${ORDER_ID}-1`, []]);
    expect(id?.length).toBeLessThanOrEqual(MAX_TRANSACTION_ID_LENGTH);
  });

  test("gives way to the one after that where the next one is, too", async () => {
    const shop = openWithAlternates({ A: OUT, B: { refuses: "package_unavailable" } });
    expect(keptOf(await bought(shop))).toBe("C");
    expect([...shop.supplier.booked.keys()]).toEqual([`${ORDER_ID}-2`]);
  });

  test("is refunded where all that could stand in are", async () => {
    const purchase = await bought(openWithAlternates({ A: OUT, B: OUT, C: OUT }));
    expect(purchase).toMatchObject({ state: "refunded", reason: "out_of_stock", delivery: null });
  });

  test("is refunded where what could stand in would cost us more than was paid", async () => {
    const shop = openWithAlternates({ A: OUT }, alternatesCatalog({ B: "4.21", C: "4.30" }));
    expect(await bought(shop)).toMatchObject({ state: "refunded", reason: "out_of_stock" });
    expect(shop.supplier.booked.size).toBe(0);
  });

  test("is not charged for where the origin settles and nothing can stand in", async () => {
    const purchase = await bought(openWithAlternates({ A: OUT, B: OUT, C: OUT }), true);
    expect(purchase).toMatchObject({ state: "void", reason: "out_of_stock", refund: null });
  });

  test("gives way before money is taken where the origin settles", async () => {
    const purchase = await bought(openWithAlternates({ A: OUT }), true);
    expect(purchase).toMatchObject({ state: "delivered", refund: null });
    const types = purchase.ledger.map(({ event }) => String(JSON.parse(event).type));
    expect(types).toEqual(["claimed", "ordered", "ordered", "secured", "earned"]);
  });
});

test("a package whose price has moved gives way to nothing: it is refunded", async () => {
  const shop = openWithAlternates({ A: { refuses: "price_moved" } });
  expect(await bought(shop)).toMatchObject({ state: "refunded", reason: "price_moved" });
  expect(shop.supplier.booked.size).toBe(0);
});

test("a refusal that may not speak for an earlier try is followed up, and what that booked is given back", async () => {
  const shop = openWithAlternates({});
  const answers = [
    { kind: "unknown", detail: "timeout" } as const,
    { kind: "refused", reason: "out_of_stock", code: "200011" } as const,
  ];
  const { supplier } = shop;
  const order: typeof supplier.order = async (request) => {
    const booked = await supplier.order(request);
    return (request.packageCode === "A" ? answers.shift() : undefined) ?? booked;
  };
  const ports = { ...shop.ports, supplier: { ...supplier, order } };
  const purchase = await bought({ ...shop, ports });
  expect(purchase).toMatchObject({ state: "delivered", release: "done", refund: null });
  expect(keptOf(purchase)).toBe("B");
  expect([...supplier.cancelled].map((esim) => esim.slice(0, 1))).toEqual(["A"]);
});

test("in a batch only the lines that need it get another package, each by its own price", async () => {
  const shop = openWithAlternates({ A: OUT }, alternatesCatalog({ B: "4.00" }));
  const lines = linesOf(["A", "C", "A"]).map((line, position) => ({
    ...line,
    ...(position === 2 ? { price: linesOf(["C"])[0]?.price ?? line.price } : {}),
  }));
  shop.world.chain.landsAt = 0;
  await buy(batchRequest(lines), shop.ports);
  await sweepToRest(shop.world, shop.ports);
  // The third line was sold for 0.42, which pays for C alone.
  expect(keptOf(storedIn(shop.world))).toBe("BCC");
  expect(storedIn(shop.world)).toMatchObject({ state: "delivered", refund: null });
});

test.each(
  [false, true].flatMap((isReserved) => times.map((when) => ({ isReserved, when }))),
)("whichever call a process dies at ($when, origin settles: $isReserved), one eSIM is bought and kept", async ({
  isReserved,
  when,
}) => {
  const fates = { A: OUT, B: OUT, C: { losesAnswer: true } };
  const unhurt = openWithAlternates(fates);
  const counted = mortal(unhurt.ports);
  await live(unhurt, counted.ports, isReserved);
  for (let call = 1; call <= counted.calls(); call++) {
    const shop = openWithAlternates(fates);
    const dying = mortal(shop.ports, { call, when });
    await untilDeath(() => live(shop, dying.ports, isReserved));
    const purchase = await bought(shop, isReserved);
    expect(keptOf(purchase)).toBe("C");
    expect(shop.supplier.booked.size).toBe(1);
  }
});
