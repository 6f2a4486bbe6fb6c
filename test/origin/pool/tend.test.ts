/** What came back to a pool is sold again, and what is too old to be sold goes back to the supplier. */

import { beforeEach, describe, expect, test } from "vitest";
import { ABANDONED_MS } from "../../../origin/pool/look-back.ts";
import type { TendPorts } from "../../../origin/pool/ports.ts";
import { tend } from "../../../origin/pool/tend.ts";
import {
  applied,
  purchaseIn,
  REFUND_SIGNED,
  REFUNDED,
  RETURN_ASKED,
  RETURNED,
  settledClaim,
} from "../../builders/origin-purchase.ts";
import {
  countsIn,
  DAY_MS,
  levelIn,
  orderNumber,
  PLAN,
  type PoolWorld,
  poolWorld,
  shelve,
  soldAs,
  stock,
  takenFor,
} from "./support.ts";

let world: PoolWorld;
beforeEach(() => {
  world = poolWorld();
});

const run = (ports: TendPorts = world.ports) => tend(ports);

const statesIn = ({ pool }: PoolWorld) => pool.slots().map(({ state }) => state);

describe("an eSIM that was taken", () => {
  beforeEach(() => shelve(world, 2));

  test("is sold where its purchase shows it", async () => {
    await takenFor(world, orderNumber(1), soldAs);
    await run();
    // One was for sale, and the slot of the sold one was filled again.
    expect(countsIn(world)).toEqual([9]);
  });

  test("and shown, and that its owner gave back, is for sale no more", async () => {
    const givenBack = (esim: string) =>
      [RETURN_ASKED, RETURNED, REFUND_SIGNED, REFUNDED].reduce(
        (purchase, change) => applied(purchase, change, 0, 0),
        soldAs(esim),
      );
    const taken = await takenFor(world, orderNumber(1), givenBack);
    await run();
    expect(countsIn(world)).toEqual([9]);
    expect(JSON.stringify(world.pool.slots())).not.toContain(`"${taken}"`);
  });

  test.each([
    "void",
    "refunded",
  ] as const)("for a purchase that ended %s is for sale again, before anything is ordered", async (state) => {
    await takenFor(world, orderNumber(1), () => purchaseIn(state));
    await run();
    expect(countsIn(world)).toEqual([]);
    expect(levelIn(world)).toBe(2);
    expect(world.log).toContainEqual(
      expect.objectContaining({ event: "pool_returned", order: orderNumber(1) }),
    );
  });

  test("for a purchase that got another one is for sale again", async () => {
    await takenFor(world, orderNumber(1), () => soldAs("another"));
    await run();
    expect(levelIn(world)).toBe(2);
  });

  test.each([
    "settling",
    "settled",
    "secured",
    "refund_due",
  ] as const)("for a purchase that is %s stays with it", async (state) => {
    const taken = await takenFor(world, orderNumber(1), () => purchaseIn(state));
    world.clock.advanceTo(world.clock.now() + DAY_MS);
    await run();
    expect(countsIn(world)).toEqual([8]);
    expect(world.pool.slots()).toContainEqual(
      expect.objectContaining({
        state: "taken",
        stock: expect.objectContaining({ esim: expect.objectContaining({ esimTranNo: taken }) }),
      }),
    );
  });

  test("for a purchase that never came about is for sale again after a quarter of an hour, not sooner", async () => {
    const taken = await takenFor(world, orderNumber(1), null);
    world.clock.advanceTo(world.clock.now() + ABANDONED_MS);
    await run();
    expect(countsIn(world)).toEqual([8]);
    for (let nth = 2; nth < 11; nth++) await takenFor(world, orderNumber(nth), soldAs);
    world.clock.advanceTo(world.clock.now() + 1);
    await run();
    expect(world.log).toContainEqual({
      event: "pool_returned",
      plan: PLAN.plan,
      order: orderNumber(1),
      esim: taken,
    });
  });
});

describe("stock that can't be sold any more", () => {
  test("for want of time to install it is cancelled at the supplier, and replaced", async () => {
    await run();
    world.clock.advanceTo(world.clock.now() + 150 * DAY_MS + 1);
    await run();
    expect(world.supplier.cancelled.size).toBe(10);
    expect(countsIn(world)).toEqual([10, 10]);
    expect(levelIn(world)).toBe(10);
  });

  test("is still sold while a buyer has a month to install it", async () => {
    await run();
    world.clock.advanceTo(world.clock.now() + 149 * DAY_MS);
    await run();
    expect(world.supplier.cancelled.size).toBe(0);
  });

  test("is cancelled after two months where the supplier does not say when it lapses", async () => {
    world.supplier.validMs = null;
    await run();
    world.clock.advanceTo(world.clock.now() + 61 * DAY_MS);
    await run();
    expect(world.supplier.cancelled.size).toBe(10);
  });

  test("because the plan has another package now is cancelled, and replaced by that one", async () => {
    await run();
    const [plan = PLAN] = world.ports.plans;
    await run({ ...world.ports, plans: [{ ...plan, packageCode: "EU_2_7" }] });
    expect(world.supplier.cancelled.size).toBe(10);
    expect(world.pool.slots().map((slot) => "stock" in slot && slot.stock.packageCode)).toEqual(
      Array.from({ length: 10 }, () => "EU_2_7"),
    );
  });

  test("because the pool was made smaller is cancelled, all of it with size 0", async () => {
    await run();
    const [plan = PLAN] = world.ports.plans;
    for (const size of [4, 0]) {
      await run({ ...world.ports, plans: [{ ...plan, size }] });
      expect(world.supplier.cancelled.size).toBe(10 - size);
    }
    expect(countsIn(world)).toEqual([10]);
  });

  test("is off the shelf before it is cancelled, and stays off while the supplier does not answer", async () => {
    world.pool.put({ number: 0, version: 1, state: "free", stock: stock("old", { sellUntil: 0 }) });
    const cancel = async () => ({ kind: "unknown", detail: "timeout" }) as const;
    await run({ ...world.ports, supplier: { ...world.supplier, cancel } });
    expect(statesIn(world)[0]).toBe("retiring");
    await run();
    expect(statesIn(world)[0]).toBe("empty");
    expect([...world.supplier.cancelled]).toEqual(["old"]);
  });

  test("that was cancelled by a run that died is done with", async () => {
    world.pool.put({ number: 0, version: 1, state: "retiring", stock: stock("old") });
    world.supplier.cancelled.add("old");
    await run();
    expect(statesIn(world)[0]).not.toBe("retiring");
  });

  test("is never what an undecided purchase holds", async () => {
    shelve(world, 10);
    const taken = await takenFor(world, orderNumber(1), () => settledClaim());
    world.clock.advanceTo(world.clock.now() + 365 * DAY_MS);
    await run();
    expect(world.supplier.cancelled).not.toContain(taken);
  });
});

test("a pool that can't be tended is reported, and does not keep another one waiting", async () => {
  const broken = { ...PLAN, plan: "broken" };
  const head = async (plan: string) => {
    if (plan === "broken") throw new TypeError("broken");
    return world.pool.head(plan);
  };
  await run({ ...world.ports, plans: [broken, PLAN], store: { ...world.pool, head } });
  expect(world.log).toContainEqual({ event: "pool_failed", plan: "broken", error: "TypeError" });
  expect(levelIn(world)).toBe(10);
});
