/** Where the origin settles: goods before money, nothing shown before it is paid for, nothing taken for nothing. */

import { beforeEach, describe, expect, test } from "vitest";
import { buy } from "../../../origin/purchase/buy.ts";
import { apply } from "../../../origin/purchase/changes.ts";
import { follow } from "../../../origin/purchase/follow.ts";
import { isIn, type Purchase } from "../../../origin/purchase/purchase.ts";
import type { SupplierRefusal } from "../../../origin/supplier/errors.ts";
import type { SettleOutcome } from "../../../protocol/settlement.ts";
import { type OriginWorld, originWorld, TRANSACTION } from "../../builders/origin-ports.ts";
import {
  EXPIRES_AT,
  ORDER_ID,
  purchaseRequest,
  SIGNATURE,
  VERIFIED,
} from "../../builders/origin-purchase.ts";
import { eventsIn, storedIn, sweepOnce, sweepToRest } from "../../builders/origin-sweep.ts";
import { NOW } from "../../builders/payment.ts";

const START = NOW * 1_000;

/** What must be left of a payment's time when goods are secured for it. */
const SETTLE_BEFORE_EXPIRY_MS = 10_000;

let world: OriginWorld;
beforeEach(() => {
  world = originWorld();
});

async function buyVerified(request = purchaseRequest({ settlement: VERIFIED })): Promise<Purchase> {
  const outcome = await buy(request, world.ports);
  if (outcome.kind !== "owned") throw new Error(`expected to own the purchase: ${outcome.kind}`);
  return outcome.purchase;
}

describe("a payment that was only verified", () => {
  test("is settled once, when the goods are secured, and then earned", async () => {
    const whenSettled: unknown[] = [];
    const { facilitator, store } = world;
    const { onSettle } = facilitator;
    facilitator.onSettle = (request) => {
      whenSettled.push(store.all().map(({ state, delivery }) => [state, delivery?.kind]));
      expect(request.payment.signature).toBe(SIGNATURE);
      return onSettle(request);
    };
    expect(await buyVerified()).toMatchObject({
      state: "delivered",
      transaction: TRANSACTION,
      signature: null,
      delivery: { kind: "esims" },
    });
    expect(whenSettled).toEqual([[["secured", "esims"]]]);
    expect(eventsIn(world)).toEqual(["claimed", "ordered", "secured", "earned"]);
    expect([...world.supplier.orders.keys()]).toEqual([ORDER_ID]);
  });

  test("for a resource is settled when that is made", async () => {
    const goods = { kind: "resource", path: "/report" } as const;
    const purchase = await buyVerified(purchaseRequest({ settlement: VERIFIED }, { goods }));
    expect(purchase).toMatchObject({ state: "delivered", delivery: { kind: "resource" } });
    expect(eventsIn(world)).toEqual(["claimed", "secured", "earned"]);
    expect(world.facilitator.requests).toHaveLength(1);
    expect(world.supplier.orders.size).toBe(0);
  });

  test("is not handed to the facilitator while its goods are on the way", async () => {
    world.supplier.allocationMs = 40_000;
    expect(await buyVerified()).toMatchObject({ state: "securing", transaction: null, delivery: null });
    expect(world.facilitator.requests).toEqual([]);
    await sweepToRest(world);
    expect(storedIn(world).state).toBe("delivered");
  });

  test("that comes again waits for the first, and is settled once", async () => {
    const request = purchaseRequest({ settlement: VERIFIED });
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, index) => buy({ ...request, grantId: `grant-${index}` }, world.ports)),
    );
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ kind: "owned", purchase: { state: "delivered" } });
    }
    expect(world.facilitator.requests).toHaveLength(1);
    expect(world.supplier.orders.size).toBe(1);
  });

  test("for another request buys nothing", async () => {
    await buyVerified();
    const other = purchaseRequest({ settlement: VERIFIED }, { fingerprint: `0x${"0f".repeat(32)}` });
    expect(await buy(other, world.ports)).toMatchObject({ kind: "other_request", orderId: ORDER_ID });
  });
});

describe("goods that can't be had", () => {
  test.each([
    "out_of_stock",
    "package_unavailable",
    "insufficient_balance",
    "price_moved",
  ] satisfies SupplierRefusal[])("for %s leave the payment void and untouched", async (reason) => {
    world.supplier.orderAnswers.push({ kind: "refused", reason, code: "123456" });
    expect(await buyVerified()).toMatchObject({
      state: "void",
      reason,
      transaction: null,
      signature: null,
      refund: null,
      release: "none",
    });
    expect(world.facilitator.requests).toEqual([]);
    expect(world.clock.now()).toBe(START);
  });

  test("before the payment's time runs short are given up, cancelled, and never paid for", async () => {
    world.supplier.allocationMs = EXPIRES_AT - SETTLE_BEFORE_EXPIRY_MS + 1_000 - START;
    await buyVerified();
    await sweepToRest(world);
    expect(storedIn(world)).toMatchObject({ state: "void", reason: "supplier_too_slow", refund: null });
    const dropped = storedIn(world).ledger.find(({ event }) => JSON.parse(event).type === "dropped");
    expect(dropped?.at).toBeGreaterThanOrEqual(EXPIRES_AT - SETTLE_BEFORE_EXPIRY_MS);
    expect(dropped?.at).toBeLessThan(EXPIRES_AT);
    expect(world.facilitator.requests).toEqual([]);
    expect([...world.supplier.cancelled]).toEqual(["tran-B1"]);
  });
});

describe("a payment that is rejected once the goods are secured", () => {
  const rejections: readonly SettleOutcome[] = [
    { kind: "rejected", reason: "insufficient_funds" },
    { kind: "rejected", reason: "compliance" },
    { kind: "unknown", fault: "timeout" },
    { kind: "spent" },
  ];

  test.each(
    rejections,
  )("($kind $reason) and never lands leaves the goods with the supplier", async (rejection) => {
    world.facilitator.onSettle = () => rejection;
    expect(await buyVerified()).toMatchObject({ state: "secured", delivery: { kind: "esims" } });
    await sweepToRest(world);
    expect(storedIn(world)).toMatchObject({
      state: "void",
      reason: "expired",
      delivery: null,
      signature: null,
      release: "done",
      refund: null,
    });
    expect([...world.supplier.cancelled]).toEqual(["tran-B1"]);
    expect(world.chain.refunds).toEqual([]);
  });

  test.each(rejections)("($kind $reason) keeps its goods until it can't land any more", async (rejection) => {
    world.facilitator.onSettle = () => rejection;
    await buyVerified();
    world.clock.advanceTo(EXPIRES_AT - 1_001);
    expect(await follow(storedIn(world), world.ports, EXPIRES_AT - 1)).toMatchObject({ state: "secured" });
    expect(world.supplier.cancelled.size).toBe(0);
  });

  test.each(rejections)("($kind $reason) but lands is earned", async (rejection) => {
    world.facilitator.onSettle = () => rejection;
    world.chain.landsAt = START + 30_000;
    await buyVerified();
    await sweepToRest(world);
    expect(storedIn(world)).toMatchObject({ state: "delivered", transaction: TRANSACTION, release: "none" });
    expect(eventsIn(world).at(-1)).toBe("earned");
    expect(world.supplier.cancelled.size).toBe(0);
  });

  test("because its nonce went elsewhere gives the goods back at once", async () => {
    world.chain.usedElsewhereAt = START + 1_000;
    expect(await buyVerified()).toMatchObject({ state: "void", reason: "used_elsewhere", delivery: null });
    await sweepToRest(world);
    expect([...world.supplier.cancelled]).toEqual(["tran-B1"]);
  });
});

test("a void purchase whose payment lands all the same is left to the reconciler, and refunded then", async () => {
  world.supplier.orderAnswers.push({ kind: "refused", reason: "out_of_stock", code: "200011" });
  await buyVerified();
  world.chain.landsAt = world.clock.now();
  for (let sweeps = 0; sweeps < 3; sweeps++) await sweepOnce(world);
  const unseen = storedIn(world);
  expect(unseen).toMatchObject({ state: "void", transaction: null, refund: null });

  if (!isIn(unseen, "void")) throw new Error("a void purchase was expected");
  const { now } = world.clock;
  const landed = apply<"void", "reconciler">(
    unseen,
    { type: "landed_late", transaction: TRANSACTION },
    now(),
    now(),
  );
  expect(await world.store.save(landed)).toBe("saved");
  await sweepToRest(world);
  expect(storedIn(world)).toMatchObject({ state: "refunded", transaction: TRANSACTION, delivery: null });
  expect(world.chain.refunds).toHaveLength(1);
});
