/** What a failing table does to a purchase: nothing is done twice, and nothing is done unrecorded. */

import { beforeEach, describe, expect, test } from "vitest";
import { buy } from "../../../origin/purchase/buy.ts";
import { StoreUnavailableError } from "../../../origin/purchase/ports.ts";
import { type OriginWorld, originWorld } from "../../builders/origin-ports.ts";
import { applied, FAILED, ORDERED, purchaseRequest, UNKNOWN } from "../../builders/origin-purchase.ts";

let world: OriginWorld;
beforeEach(() => {
  world = originWorld();
});

const buyIt = () => buy(purchaseRequest(), world.ports);

/** The payment again, once whoever failed has had its time. */
async function buyAgain() {
  const [stored] = world.store.all();
  world.clock.advanceTo(stored?.dueAt ?? world.clock.now());
  return buy(purchaseRequest({}, { grantId: "grant-0002" }), world.ports);
}

const types = () =>
  world.store.all().map(({ ledger }) => ledger.map(({ event }): unknown => JSON.parse(event).type));

describe("the claim", () => {
  test("that is written but whose answer is lost is owned by its writer, once", async () => {
    world.store.faults.claim.push("answer_lost_and_retried");
    expect(await buyIt()).toMatchObject({
      kind: "owned",
      replayed: false,
      purchase: { state: "delivered" },
    });
    expect(world.store.counts.claims).toBe(1);
    expect(world.supplier.orders.size).toBe(1);
  });

  test("that can't be written surfaces as a fault, and nothing is ordered or settled", async () => {
    world.store.faults.claim.push("unavailable");
    const bought = buy(purchaseRequest({ settlement: UNKNOWN }), world.ports);
    await expect(bought).rejects.toThrow(StoreUnavailableError);
    expect(world.store.all()).toEqual([]);
    expect(world.supplier.orders.size).toBe(0);
    expect(world.facilitator.requests).toEqual([]);
  });

  test.each([
    "unavailable",
    "answer_lost",
  ] as const)("%s: sending the payment again delivers", async (fault) => {
    world.store.faults.claim.push(fault);
    await expect(buyIt()).rejects.toThrow(StoreUnavailableError);
    expect(await buyAgain()).toMatchObject({ kind: "owned", purchase: { state: "delivered" } });
    expect(world.store.counts.claims).toBe(1);
    expect(world.supplier.orders.size).toBe(1);
  });
});

describe("a save", () => {
  test("that is written but whose answer is lost goes on from what is stored", async () => {
    world.store.faults.save.push("answer_lost_and_retried", "answer_lost_and_retried");
    expect(await buyIt()).toMatchObject({ kind: "owned", purchase: { state: "delivered" } });
    expect(types()).toEqual([["claimed", "ordered", "delivered"]]);
  });

  test("that somebody else was faster with goes on from theirs", async () => {
    const { supplier, store } = world;
    const ports = {
      ...world.ports,
      supplier: {
        ...supplier,
        // Between our order and our save another process orders, under the same transaction id, and saves.
        order: async (request: Parameters<typeof supplier.order>[0]) => {
          const answer = await supplier.order(request);
          const [purchase] = store.all();
          if (purchase?.state === "settled") store.overwrite(applied(purchase, ORDERED, 0, purchase.dueAt));
          return answer;
        },
      },
    };
    expect(await buy(purchaseRequest(), ports)).toMatchObject({
      kind: "owned",
      purchase: { state: "delivered" },
    });
    expect(types()).toEqual([["claimed", "ordered", "delivered"]]);
    expect(world.store.all()).toMatchObject([{ version: 3 }]);
    expect(world.supplier.orders.size).toBe(1);
  });

  test("that comes after somebody else gave the purchase up hands out no goods", async () => {
    const { supplier, store } = world;
    const ports = {
      ...world.ports,
      supplier: {
        ...supplier,
        profiles: async (orderNo: string) => {
          const answer = await supplier.profiles(orderNo);
          const [purchase] = store.all();
          if (answer.kind === "ready" && purchase?.state === "ordered") {
            store.overwrite(applied(purchase, FAILED, 0, purchase.dueAt));
          }
          return answer;
        },
      },
    };
    const outcome = await buy(purchaseRequest(), ports);
    expect(outcome).toMatchObject({ kind: "owned", purchase: { state: "refunded", delivery: null } });
    expect(types()).toEqual([["claimed", "ordered", "failed", "refund_signed", "refunded"]]);
  });

  test.each([
    "unavailable",
    "answer_lost",
  ] as const)("%s surfaces, and a later request finishes it", async (fault) => {
    world.store.faults.save.push(fault);
    await expect(buyIt()).rejects.toThrow(StoreUnavailableError);
    expect(await buyAgain()).toMatchObject({ kind: "owned", purchase: { state: "delivered" } });
    expect(types()).toEqual([["claimed", "ordered", "delivered"]]);
    expect(world.supplier.orders.size).toBe(1);
  });
});

test.each(["spent", "lookup"] as const)("a %s payment surfaces a table that can't be read", async (state) => {
  const unreadable = async () => {
    throw new StoreUnavailableError("unavailable");
  };
  const settlement = state === "spent" ? { state } : { state, code: "payment_expired" as const };
  const ports = { ...world.ports, store: { ...world.store, get: unreadable } };
  await expect(buy(purchaseRequest({ settlement }), ports)).rejects.toThrow(StoreUnavailableError);
});
