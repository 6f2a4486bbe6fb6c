/** A pool is filled up when it runs low: by one order, whatever breaks in between. */

import { beforeEach, describe, expect, test } from "vitest";
import type { TendPorts } from "../../../origin/pool/ports.ts";
import { LEASE_MS, tend } from "../../../origin/pool/tend.ts";
import type { SupplierRefusal } from "../../../origin/supplier/errors.ts";
import {
  countsIn,
  levelIn,
  orderNumber,
  type PoolWorld,
  poolWorld,
  shelve,
  soldAs,
  takenFor,
} from "./support.ts";

let world: PoolWorld;
beforeEach(() => {
  world = poolWorld();
});

const run = (ports: TendPorts = world.ports) => tend(ports);

describe("a refill", () => {
  test("fills an empty pool by one order", async () => {
    await run();
    expect(countsIn(world)).toEqual([10]);
    expect(levelIn(world)).toBe(10);
  });

  test("waits until less than a fifth is left", async () => {
    shelve(world, 2);
    await run();
    expect(countsIn(world)).toEqual([]);
    expect(world.pool.counts.writes).toBe(0);
  });

  test("fills up to the size, no further", async () => {
    shelve(world, 1);
    await run();
    expect(countsIn(world)).toEqual([9]);
    expect(levelIn(world)).toBe(10);
  });

  test("orders 30 at a time, as the supplier takes no more", async () => {
    world = poolWorld({ size: 65 });
    await run();
    expect(countsIn(world)).toEqual([30, 30, 5]);
    expect(levelIn(world)).toBe(65);
  });

  test("takes the slots of what was sold, and the next one takes those again", async () => {
    for (const round of [1, 2, 3]) {
      await run();
      expect(levelIn(world)).toBe(10);
      for (let nth = 0; nth < 9; nth++) await takenFor(world, orderNumber(round * 100 + nth), soldAs);
    }
    expect(countsIn(world)).toEqual([10, 9, 9]);
  });

  test("whose profiles are long in coming is gone on with by the next runs, as the same order", async () => {
    world.supplier.allocationMs = 45_000;
    await run();
    expect(levelIn(world)).toBe(0);
    for (let runs = 0; runs < 4; runs++) await run();
    expect(levelIn(world)).toBe(10);
    expect(countsIn(world)).toEqual([10]);
  });

  test("is decided once, however many processes find the pool low", async () => {
    world.supplier.allocationMs = 3_000;
    await Promise.all(Array.from({ length: 5 }, () => run()));
    expect(countsIn(world)).toEqual([10]);
    expect(levelIn(world)).toBe(10);
  });

  test("for which the credit does not suffice is not made, and said; it is once there is credit", async () => {
    world.supplier.answers.push({ kind: "refused", reason: "insufficient_balance", code: "200007" });
    await run();
    expect(countsIn(world)).toEqual([]);
    expect(world.log).toContainEqual(
      expect.objectContaining({ event: "supplier_failed", reason: "insufficient_balance" }),
    );
    await run();
    expect(levelIn(world)).toBe(10);
  });

  test.each([
    "out_of_stock",
    "price_moved",
    "package_unavailable",
  ] satisfies SupplierRefusal[])("that is refused for %s is over, and the next has another id", async (reason) => {
    world.supplier.answers.push({ kind: "refused", reason, code: "1" });
    await run();
    await run();
    expect([...world.supplier.booked.keys()]).toEqual(["pool_refill-2"]);
  });

  test.each([
    { kind: "unknown", detail: "timeout" },
    { kind: "refused", reason: "busy", code: "900001" },
    { kind: "refused", reason: "access_denied", code: "101003" },
  ] as const)("that is answered %j may have been booked, so the same one is asked for again", async (answer) => {
    world.supplier.answers.push(answer);
    await run();
    await run();
    expect([...world.supplier.booked.keys()]).toEqual(["pool_refill-1"]);
    expect(levelIn(world)).toBe(10);
  });

  test("leaves out an eSIM that was touched at the supplier", async () => {
    world.supplier.allocationMs = 15_000;
    await run();
    world.supplier.cancelled.add("tran-B1-003");
    await run();
    expect(levelIn(world)).toBe(9);
    expect(
      world.pool
        .slots()
        .some((slot) => slot.state !== "empty" && slot.stock.esim.esimTranNo === "tran-B1-003"),
    ).toBe(false);
  });

  test("buys each eSIM once and loses none, whichever call the process dies at", async () => {
    const unhurt = mortalPorts(world.ports);
    await run(unhurt.ports);
    expect(unhurt.calls()).toBeGreaterThan(20);
    for (const when of ["before", "after"] as const) {
      for (let call = 1; call <= unhurt.calls(); call++) {
        world = poolWorld();
        await run(mortalPorts(world.ports, call, when).ports);
        world.clock.advanceTo(world.clock.now() + LEASE_MS);
        for (let runs = 0; runs < 3; runs++) await run();
        expect(countsIn(world), `${when} call ${call}`).toEqual([10]);
        const held = world.pool
          .slots()
          .flatMap((slot) => ("stock" in slot ? [slot.stock.esim.esimTranNo] : []));
        expect(held.toSorted()).toEqual(world.supplier.sold().toSorted());
      }
    }
  });
});

/** The ports of a process that dies at a call to table or supplier: neither that call's answer nor any later call. */
function mortalPorts(ports: TendPorts, at = 0, when: "before" | "after" = "before") {
  let calls = 0;
  let dead = false;
  const guard =
    <Arguments extends readonly unknown[], Answer>(call: (...args: Arguments) => Promise<Answer>) =>
    async (...args: Arguments): Promise<Answer> => {
      calls += 1;
      const dies = calls === at;
      if (dead) throw new Error("dead");
      if (dies) dead = true;
      if (dies && when === "before") throw new Error("dead");
      const answer = await call(...args);
      if (dies) throw new Error("dead");
      return answer;
    };
  const { store, supplier } = ports;
  return {
    calls: () => calls,
    ports: {
      ...ports,
      store: {
        slot: guard(store.slot),
        saveSlot: guard(store.saveSlot),
        head: guard(store.head),
        saveHead: guard(store.saveHead),
      },
      supplier: { ...supplier, order: guard(supplier.order), profiles: guard(supplier.profiles) },
    },
  };
}
