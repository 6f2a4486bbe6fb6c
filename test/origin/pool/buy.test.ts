/** A purchase from the pool, on every way to settle: the goods are in the claim itself, and nobody asks the supplier. */

import { beforeEach, describe, expect, test } from "vitest";
import { createPool } from "../../../origin/pool/take.ts";
import { buy, type PurchaseRequest } from "../../../origin/purchase/buy.ts";
import type { PurchasePorts } from "../../../origin/purchase/ports.ts";
import { isHandedOver } from "../../../origin/purchase/purchase.ts";
import { usdc } from "../../../protocol/money.ts";
import { TRANSACTION } from "../../builders/origin-ports.ts";
import {
  EXPIRES_AT,
  GOODS,
  grantedPayment,
  LINE,
  ORDER_ID,
  purchaseRequest,
  UNKNOWN,
  VERIFIED,
} from "../../builders/origin-purchase.ts";
import { eventsIn, storedIn, sweepOnce, sweepToRest } from "../../builders/origin-sweep.ts";
import { type StockedShop, stockedShop } from "./support.ts";

const SETTLED = { settlement: { state: "settled", transaction: TRANSACTION } } as const;

let shop: StockedShop;
beforeEach(() => {
  shop = stockedShop(4, createPool);
  shop.chain.landsAt = 0;
});

const silent = async () => ({ kind: "unknown", detail: "timeout" }) as const;
const refusing = async () => ({ kind: "refused", reason: "out_of_stock", code: "200011" }) as const;

/** The shop with a supplier whose orders are answered so. */
function withSupplier(order: PurchasePorts["supplier"]["order"]): PurchasePorts {
  return { ...shop.ports, supplier: { ...shop.supplier, order, profiles: silent, cancel: silent } };
}

async function bought(request: PurchaseRequest, ports = withSupplier(silent)) {
  const outcome = await buy(request, ports);
  if (outcome.kind !== "owned") throw new Error(`not owned but ${outcome.kind}`);
  return outcome.purchase;
}

const takenNames = () =>
  shop.memory.slots().flatMap((slot) => (slot.state === "taken" ? [slot.stock.esim.esimTranNo] : []));

/** A request for several eSIMs of the one plan. */
function batchOf(count: number, payment = SETTLED): PurchaseRequest {
  const lines = Array.from({ length: count }, () => LINE);
  const authorization = { ...grantedPayment().authorization, value: usdc(LINE.price * BigInt(count)) };
  return purchaseRequest({ ...payment, authorization }, { goods: { ...GOODS, lines } });
}

describe("where the edge settled", () => {
  test("is delivered in the write that claims it, while the supplier is down", async () => {
    const purchase = await bought(purchaseRequest(SETTLED));
    expect(purchase).toMatchObject({ state: "delivered", version: 1, release: "none" });
    expect(purchase.delivery).toMatchObject({ esims: [{ esimTranNo: takenNames()[0] }] });
    expect(shop.store.counts).toEqual({ claims: 1, saves: 0 });
    expect(eventsIn(shop)).toEqual(["claimed", "delivered"]);
    expect(shop.clock.now()).toBe(purchase.createdAt);
  });

  test("is logged as claimed and then as delivered", async () => {
    await bought(purchaseRequest(SETTLED));
    const moves = shop.log.filter(({ event }) => event.startsWith("purchase_"));
    expect(moves).toEqual([
      expect.objectContaining({ event: "purchase_claimed", state: "settled" }),
      expect.objectContaining({ event: "purchase_moved", state: "delivered", change: "delivered", ms: 0 }),
    ]);
  });

  test("and the same request comes again: the same eSIM, and no other is taken", async () => {
    const [first, again] = await Promise.all([
      bought(purchaseRequest(SETTLED)),
      bought(purchaseRequest(SETTLED)),
    ]);
    expect(again.delivery).toEqual(first.delivery);
    expect(await bought(purchaseRequest(SETTLED))).toEqual(first);
    expect(takenNames()).toHaveLength(1);
  });

  test("from an empty pool is ordered at the supplier", async () => {
    shop = stockedShop(0, createPool);
    const purchase = await bought(purchaseRequest(SETTLED), shop.ports);
    expect(purchase).toMatchObject({ state: "delivered", pooled: null });
    expect([...shop.supplier.orders.keys()]).toEqual([ORDER_ID]);
  });
});

describe("where the origin settles", () => {
  test("is secured in the claim, and earned once the payment settled", async () => {
    const purchase = await bought(purchaseRequest({ settlement: VERIFIED }));
    expect(purchase).toMatchObject({ state: "delivered", signature: null });
    expect(eventsIn(shop)).toEqual(["claimed", "secured", "earned"]);
    expect(shop.store.counts).toEqual({ claims: 1, saves: 1 });
  });

  test("and the payment never lands: the goods stay unseen, and nothing is asked of the supplier", async () => {
    shop.chain.landsAt = Number.POSITIVE_INFINITY;
    shop.facilitator.onSettle = () => ({ kind: "rejected", reason: "insufficient_funds" });
    const ports = withSupplier(async () => {
      throw new Error("the supplier was asked");
    });
    const purchase = await bought(purchaseRequest({ settlement: VERIFIED }), ports);
    expect(isHandedOver(purchase)).toBe(false);
    shop.clock.advanceTo(EXPIRES_AT);
    await sweepToRest(shop, ports);
    expect(storedIn(shop)).toMatchObject({ state: "void", delivery: null, release: "none" });
  });
});

describe("where the settlement is open", () => {
  test("holds its eSIM until the chain tells, and has it then", async () => {
    const purchase = await bought(purchaseRequest({ settlement: UNKNOWN }));
    expect(purchase.state).toBe("delivered");
    expect(purchase.delivery).toMatchObject({ esims: [{ esimTranNo: takenNames()[0] }] });
    expect(eventsIn(shop)).toEqual(["claimed", "settled", "delivered"]);
  });
});

describe("an order of which the pool has a part", () => {
  test("gets the rest from the supplier, each line one eSIM", async () => {
    const purchase = await bought(batchOf(5), shop.ports);
    expect(purchase).toMatchObject({ state: "delivered", release: "none" });
    const { delivery } = purchase;
    const names = delivery?.kind === "esims" ? delivery.esims.map((esim) => esim?.esimTranNo) : [];
    expect(new Set(names)).toEqual(new Set([...takenNames(), "tran-B1"]));
    expect(shop.supplier.orders.size).toBe(1);
  });

  test.each([
    ["refuses", refusing, "out_of_stock"],
    ["is silent", silent, "supplier_too_slow"],
  ] as const)("is delivered in part where the supplier %s, and the rest is paid back", async (_, order, reason) => {
    const ports = withSupplier(order);
    await bought(batchOf(6), ports);
    for (let sweeps = 0; sweeps < 20 && storedIn(shop).state === "settled"; sweeps++) {
      await sweepOnce(shop, ports);
    }
    await sweepToRest(shop, withSupplier(refusing));
    const purchase = storedIn(shop);
    expect(purchase).toMatchObject({ state: "refunded", reason, refund: { amount: LINE.price * 2n } });
    expect(isHandedOver(purchase)).toBe(true);
    const { delivery } = purchase;
    const had = delivery?.kind === "esims" ? delivery.esims.flatMap((esim) => esim?.esimTranNo ?? []) : [];
    expect(had.toSorted()).toEqual(takenNames().toSorted());
  });

  test("and that is given up gives back what the supplier sold for it, and nothing of the pool's", async () => {
    await bought(batchOf(5), { ...shop.ports, fulfilWithinMs: 1_000 });
    await sweepToRest(shop);
    expect(storedIn(shop)).toMatchObject({ state: "refunded", release: "done" });
    expect([...shop.supplier.cancelled]).toEqual(["tran-B1"]);
  });
});

test("a claim that is lost with the process leaves an eSIM taken, which the same request finds again", async () => {
  shop.store.faults.claim.push("unavailable");
  await expect(buy(purchaseRequest(SETTLED), shop.ports)).rejects.toThrow();
  const [taken] = takenNames();
  const purchase = await bought(purchaseRequest(SETTLED));
  expect(purchase.delivery).toMatchObject({ esims: [{ esimTranNo: taken }] });
  expect(takenNames()).toHaveLength(1);
});
