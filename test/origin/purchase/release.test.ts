/** What the buyer does not get goes back to the supplier, and nothing else does. */

import { beforeEach, describe, expect, test } from "vitest";
import { buy } from "../../../origin/purchase/buy.ts";
import { drive } from "../../../origin/purchase/drive.ts";
import type { Purchase } from "../../../origin/purchase/purchase.ts";
import type { SupplierRefusal } from "../../../origin/supplier/errors.ts";
import { type OriginWorld, originWorld } from "../../builders/origin-ports.ts";
import { applied, ORDER_ID, ORDERED, purchaseIn, purchaseRequest } from "../../builders/origin-purchase.ts";
import { eventsIn, storedIn, sweepOnce, sweepToRest } from "../../builders/origin-sweep.ts";
import { NOW } from "../../builders/payment.ts";

const START = NOW * 1_000;
const TOO_SLOW = { type: "failed", reason: "supplier_too_slow", orderMayExist: true } as const;

let world: OriginWorld;
beforeEach(() => {
  world = originWorld();
});

const work = (ms = 5_000): Promise<Purchase> =>
  drive(storedIn(world), world.ports, { deadline: world.clock.now() + ms });

/** A purchase that was given up, with or without the supplier's answer to its order. */
function givenUp({ ordered }: { readonly ordered: boolean }): void {
  const settled = purchaseIn("settled");
  const before = ordered ? applied(settled, ORDERED, START, START) : settled;
  world.store.overwrite(applied(before, TOO_SLOW, START, START));
}

/** The supplier booked the order, whether or not we heard of it. */
async function book(): Promise<void> {
  const { supplier } = world;
  await supplier.order({ transactionId: ORDER_ID, packageCode: "EU_1_7", count: 1, unitPrice: 9_000n });
  world.clock.advanceTo(START + supplier.allocationMs);
}

function expectReleased(...esims: readonly string[]): void {
  expect(storedIn(world)).toMatchObject({ state: "refunded", release: "done" });
  const released = storedIn(world).ledger.map(({ event }): unknown => JSON.parse(event));
  expect(released).toContainEqual({ type: "released", esims });
  expect(world.chain.refunds).toHaveLength(1);
}

describe("an order of which nobody knows whether it was placed", () => {
  beforeEach(() => givenUp({ ordered: false }));

  test("and that was, is placed again under the same id, and its eSIM cancelled", async () => {
    await book();
    await work();
    expectReleased("tran-B1");
    expect([...world.supplier.orders]).toEqual([[ORDER_ID, "B1"]]);
    expect([...world.supplier.cancelled]).toEqual(["tran-B1"]);
  });

  test("and that was not, leaves nothing with the supplier either", async () => {
    await sweepToRest(world);
    expectReleased("tran-B1");
    expect([...world.supplier.cancelled]).toEqual(["tran-B1"]);
  });

  test("and that the supplier refuses now, needs no cancelling", async () => {
    world.supplier.orderAnswers.push({ kind: "refused", reason: "out_of_stock", code: "200011" });
    await work();
    expectReleased();
    expect(world.supplier.orders.size).toBe(0);
  });

  test.each([
    "access_denied",
    "order_abnormal",
    "unrecognized",
  ] as const)("and that was, is not taken for none when the supplier answers %s", async (reason) => {
    const refusal = { kind: "refused", reason, code: "123456" } as const;
    world.supplier.orderAnswers.push(refusal, refusal, refusal);
    expect(await work(700)).toMatchObject({ state: "refunded", release: "due" });
    await book();
    await sweepToRest(world);
    expectReleased("tran-B1");
    expect([...world.supplier.orders]).toEqual([[ORDER_ID, "B1"]]);
  });

  test("and that is not answered again, is asked for later; the refund does not wait", async () => {
    const silent = { kind: "unknown", detail: "timeout" } as const;
    world.supplier.orderAnswers.push(silent, silent, silent);
    expect(await work(700)).toMatchObject({ state: "refunded", release: "due" });
    await book();
    await sweepToRest(world);
    expectReleased("tran-B1");
  });

  test("for a plan that left the catalog is found all the same", async () => {
    await book();
    const { catalog } = world.ports;
    const ports = { ...world.ports, catalog: { ...catalog, plans: {} } };
    await drive(storedIn(world), ports, { deadline: world.clock.now() + 5_000 });
    expectReleased("tran-B1");
  });
});

describe("an eSIM", () => {
  beforeEach(() => givenUp({ ordered: true }));

  test("that is allocated long after the refund was decided is cancelled then", async () => {
    world.supplier.allocationMs = 600_000;
    await world.supplier.order({
      transactionId: ORDER_ID,
      packageCode: "EU_1_7",
      count: 1,
      unitPrice: 9_000n,
    });
    expect(await work()).toMatchObject({ state: "refunded", release: "due" });
    expect(world.supplier.cancelled.size).toBe(0);
    await sweepToRest(world);
    expectReleased("tran-B1");
    expect([...world.supplier.cancelled]).toEqual(["tran-B1"]);
    expect(world.clock.now()).toBeGreaterThanOrEqual(START + 600_000);
  });

  test("that was cancelled before is not cancelled again", async () => {
    await book();
    world.supplier.cancelled.add("tran-B1");
    // It would be given, were it asked for.
    world.supplier.cancelAnswers.push({ kind: "refused", reason: "server_error", code: "000001" });
    await work();
    expectReleased("tran-B1");
    expect(world.supplier.cancelAnswers).toHaveLength(1);
  });

  test("that a phone has downloaded is let go, and that is logged", async () => {
    await book();
    world.supplier.esimStatus = "IN_USE";
    await work();
    expectReleased("tran-B1");
    expect(world.supplier.cancelled.size).toBe(0);
    expect(world.log).toContainEqual({
      event: "release_refused",
      order: ORDER_ID,
      esim: "tran-B1",
      reason: "wrong_status",
    });
  });

  test.each([
    "access_denied",
    "busy",
    "server_error",
    "unrecognized",
  ] satisfies SupplierRefusal[])("whose cancelling is refused for %s is cancelled later", async (reason) => {
    await book();
    world.supplier.cancelAnswers.push({ kind: "refused", reason, code: "123456" });
    expect(await work(500)).toMatchObject({ release: "due" });
    expect(world.log).toContainEqual(expect.objectContaining({ event: "release_refused", reason }));
    await sweepToRest(world);
    expectReleased("tran-B1");
    expect([...world.supplier.cancelled]).toEqual(["tran-B1"]);
  });

  test("whose cancelling is not answered is cancelled later", async () => {
    await book();
    world.supplier.cancelAnswers.push({ kind: "unknown", detail: "timeout" });
    expect(await work(500)).toMatchObject({ release: "due" });
    await sweepToRest(world);
    expectReleased("tran-B1");
  });

  test("is given back though its refund is blocked", async () => {
    world.chain.walletBalance = 0n;
    await book();
    await sweepOnce(world);
    expect(storedIn(world)).toMatchObject({ state: "refund_blocked", release: "done" });
    expect([...world.supplier.cancelled]).toEqual(["tran-B1"]);
    world.chain.walletBalance = 10_000_000n;
    await sweepToRest(world);
    expect(eventsIn(world).slice(-2)).toEqual(["refund_signed", "refunded"]);
  });
});

describe("what was delivered", () => {
  test("is never cancelled, however often it is looked at", async () => {
    await buy(purchaseRequest(), world.ports);
    for (let sweeps = 0; sweeps < 3; sweeps++) await sweepOnce(world);
    world.clock.advanceTo(START + 86_400_000);
    await sweepOnce(world);
    expect(storedIn(world)).toMatchObject({ state: "delivered", release: "none" });
    expect(world.supplier.cancelled.size).toBe(0);
  });

  test("in the moment in which another process gives it up is delivered or refunded, never both", async () => {
    const patient = { fulfilWithinMs: 61_000 };
    const strict = { fulfilWithinMs: 60_000 };
    const ends = new Set<string>();
    for (const allocationMs of [59_000, 60_000, 60_400, 62_000]) {
      for (const drivers of [
        [patient, strict],
        [strict, patient],
      ]) {
        world = originWorld();
        world.supplier.allocationMs = allocationMs;
        const start = purchaseIn("settled");
        world.store.overwrite(start);
        const deadline = START + 70_000;
        await Promise.all(drivers.map((driver) => drive(start, { ...world.ports, ...driver }, { deadline })));
        await sweepToRest(world);
        const { state, delivery } = storedIn(world);
        ends.add(state);
        const isRefunded = state === "refunded";
        expect(delivery === null).toBe(isRefunded);
        expect(world.chain.refunds).toHaveLength(isRefunded ? 1 : 0);
        expect([...world.supplier.cancelled]).toEqual(isRefunded ? ["tran-B1"] : []);
      }
    }
    expect([...ends].sort()).toEqual(["delivered", "refunded"]);
  });
});
