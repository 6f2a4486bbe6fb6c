/** The sweeper takes up what nobody works on any more, and disturbs nothing else. */

import { beforeEach, describe, expect, test } from "vitest";
import { buy } from "../../../origin/purchase/buy.ts";
import { StoreUnavailableError } from "../../../origin/purchase/ports.ts";
import type { Purchase } from "../../../origin/purchase/purchase.ts";
import type { PurchaseState } from "../../../origin/purchase/states.ts";
import { sweep } from "../../../origin/purchase/sweep.ts";
import { type OriginWorld, originWorld } from "../../builders/origin-ports.ts";
import { purchaseIn, purchaseRequest } from "../../builders/origin-purchase.ts";
import { eventsIn, storedIn, sweepOnce, sweepToRest } from "../../builders/origin-sweep.ts";
import { NOW } from "../../builders/payment.ts";

const START = NOW * 1_000;
const SLICE_MS = 5_000;

let world: OriginWorld;
beforeEach(() => {
  world = originWorld();
});

const idOf = (number: number) => `ord_${number.toString(16).padStart(40, "0")}`;

/** A settled purchase of the resource, which takes no time, as somebody left it. */
function left(number: number, dueAt: number, state: PurchaseState = "settled"): Purchase {
  const goods = { kind: "resource", path: "/report" } as const;
  const purchase = { ...purchaseIn(state, { id: idOf(number), goods }), dueAt };
  world.store.overwrite(purchase);
  return purchase;
}

const stored = (number: number) => world.store.get(idOf(number));

describe("a sweep", () => {
  test("takes up overdue purchases, and no others", async () => {
    const waiting = left(1, START + 1);
    const overdue = [left(2, START), left(3, START - 60_000)];
    await sweep(world.ports);
    expect(await stored(1)).toEqual(waiting);
    for (const { id } of overdue) expect(await world.store.get(id)).toMatchObject({ state: "delivered" });
  });

  test("leaves purchases at rest alone, however long ago they were due", async () => {
    const resting = (["delivered", "void", "refunded"] as const).map((state, number) =>
      left(number, 0, state),
    );
    await sweep(world.ports);
    expect(world.store.all()).toEqual(resting);
    expect(world.store.counts.saves).toBe(0);
  });

  test("does the longest overdue first, and the rest next time", async () => {
    const count = 130;
    for (let number = 0; number < count; number++) left(number, START - number);
    await sweep(world.ports);
    const states = await Promise.all(Array.from({ length: count }, async (_, n) => (await stored(n))?.state));
    expect(states.indexOf("delivered")).toBe(30);
    expect(states.lastIndexOf("settled")).toBe(29);
    await sweep(world.ports);
    expect(world.store.all().every(({ state }) => state === "delivered")).toBe(true);
  });

  test("works on one purchase for a slice, and comes back to it", async () => {
    world.facilitator.onSettle = () => ({ kind: "unknown", fault: "timeout" });
    left(1, START, "settling");
    left(2, START);
    await sweep(world.ports);
    expect(world.clock.now()).toBe(START + SLICE_MS);
    expect(await stored(1)).toMatchObject({ state: "settling" });
    expect(await stored(2)).toMatchObject({ state: "delivered" });
    world.chain.landsAt = world.clock.now();
    await sweepOnce(world);
    expect(await stored(1)).toMatchObject({ state: "delivered" });
  });

  test("leaves a purchase to the sweep that takes it first", async () => {
    const purchase = purchaseIn("settled");
    const asked: string[] = [];
    const order: typeof world.supplier.order = async (request) => {
      asked.push(request.transactionId);
      return world.supplier.order(request);
    };
    const ports = { ...world.ports, supplier: { ...world.supplier, order } };
    world.store.overwrite({ ...purchase, dueAt: START });
    await Promise.all([sweep(ports), sweep(ports), sweep(ports)]);
    expect(asked).toEqual([purchase.id]);
    expect(storedIn(world).state).toBe("delivered");
  });

  test("takes up what a sweep took that then died, once its slice is over", async () => {
    world.store.overwrite({ ...purchaseIn("settled"), dueAt: START });
    const died = new Promise<never>(() => {});
    void sweep({ ...world.ports, supplier: { ...world.supplier, order: () => died } });
    await Promise.resolve();
    await sweep(world.ports);
    expect(storedIn(world)).toMatchObject({ state: "settled", dueAt: START + SLICE_MS });
    world.clock.advanceTo(START + SLICE_MS);
    await sweep(world.ports);
    expect(storedIn(world).state).toBe("delivered");
  });

  test.each([
    "settling",
    "settled",
    "ordered",
    "reserved",
    "securing",
    "secured",
    "refund_due",
    "refund_blocked",
  ] as const)("brings a purchase that was left %s to rest", async (state) => {
    const { supplier } = world;
    const purchase = purchaseIn(state);
    // What the purchase says it ordered is there.
    await supplier.order({ transactionId: purchase.id, packageCode: "EU_1_7", count: 1, unitPrice: 9_000n });
    world.store.overwrite(purchase);
    await sweepToRest(world);
    expect(storedIn(world).state).toBe(state.startsWith("refund") ? "refunded" : "delivered");
    expect(world.supplier.orders.size).toBe(1);
  });
});

describe("a purchase that can't be moved on", () => {
  /** Blocked refunds wait for an operator, so they wait long. */
  async function waits(sweeps: number): Promise<number[]> {
    world.chain.walletBalance = 0n;
    left(1, START, "refund_blocked");
    const seen: number[] = [];
    for (let times = 0; times < sweeps; times++) {
      await sweepOnce(world);
      seen.push(storedIn(world).dueAt - world.clock.now());
    }
    return seen;
  }

  test("is looked at less and less often, but every minute at least", async () => {
    const seen = await waits(80);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen[0]).toBe(500);
    expect(seen.at(-1)).toBe(60_000);
  });

  test("gets no ledger entry for being put off", async () => {
    await waits(10);
    expect(eventsIn(world).at(-1)).toBe("refund_blocked");
    expect(storedIn(world).version).toBeGreaterThan(storedIn(world).ledger.length);
  });

  test("is not put off where somebody else moved it on meanwhile", async () => {
    world.chain.walletBalance = 0n;
    const blocked = left(1, START, "refund_blocked");
    // The sweep took it, which is a version; the one after that is somebody else's.
    const moved = { ...blocked, version: blocked.version + 2, dueAt: START + 20_000 };
    const usdcBalance: typeof world.chain.usdcBalance = async (...of) => {
      world.store.overwrite(moved);
      return world.chain.usdcBalance(...of);
    };
    await sweep({ ...world.ports, chain: { ...world.chain, usdcBalance } });
    expect(storedIn(world)).toEqual(moved);
  });
});

describe("one purchase that fails", () => {
  const faults = {
    "a table's fault": () => new StoreUnavailableError("unavailable"),
    "a fault of the program": () => new TypeError("undefined is not a function"),
  };

  test.each(
    Object.entries(faults),
  )("by %s does not stop the others, and is taken up again", async (_, fault) => {
    for (const number of [1, 2, 3]) left(number, START - 10 * number);
    const { store } = world;
    const save: typeof store.save = async (next) => {
      if (next.id === idOf(3)) throw fault();
      return store.save(next);
    };
    await sweep({ ...world.ports, store: { ...store, save } });
    expect(await stored(1)).toMatchObject({ state: "delivered" });
    expect(await stored(2)).toMatchObject({ state: "delivered" });
    expect(await stored(3)).toMatchObject({ state: "settled" });
    expect(world.log).toContainEqual({ event: "sweep_failed", order: idOf(3), error: fault().name });
    expect(JSON.stringify(world.log)).not.toContain("undefined is not");
    await sweep(world.ports);
    expect(await stored(3)).toMatchObject({ state: "delivered" });
  });

  test("because the table can't be listed surfaces", async () => {
    const due = async () => {
      throw new StoreUnavailableError("unavailable");
    };
    const swept = sweep({ ...world.ports, store: { ...world.store, due } });
    await expect(swept).rejects.toThrow(StoreUnavailableError);
  });
});

describe("several sweepers at once", () => {
  const sweepers = (count: number) => Promise.all(Array.from({ length: count }, () => sweepOnce(world)));

  test("deliver once", async () => {
    world.store.overwrite({ ...purchaseIn("settled"), dueAt: START });
    for (let round = 0; round < 5; round++) await sweepers(3);
    await sweepToRest(world);
    expect(eventsIn(world)).toEqual(["claimed", "settled", "ordered", "delivered"]);
    expect(world.supplier.orders.size).toBe(1);
    expect(world.supplier.cancelled.size).toBe(0);
  });

  test("refund once, and give back once", async () => {
    world.supplier.allocationMs = 90_000;
    world.store.overwrite({ ...purchaseIn("settled"), dueAt: START });
    for (let round = 0; round < 40; round++) await sweepers(3);
    await sweepToRest(world);
    expect(storedIn(world)).toMatchObject({ state: "refunded", release: "done" });
    expect(world.chain.refunds).toHaveLength(1);
    expect([...world.supplier.cancelled]).toEqual(["tran-B1"]);
  });

  test("and the buyer's own request do no harm to each other", async () => {
    world.chain.landsAt = START + 3_000;
    const settlement = { state: "unknown", signature: `0x${"5e".repeat(65)}` } as const;
    const bought = buy(purchaseRequest({ settlement }), { ...world.ports, budgetMs: 4_000 });
    await world.clock.sleep(500);
    await Promise.all([bought, sweepers(2)]);
    await sweepToRest(world);
    expect(eventsIn(world)).toEqual(["claimed", "settled", "ordered", "delivered"]);
    expect(world.supplier.orders.size).toBe(1);
  });
});
