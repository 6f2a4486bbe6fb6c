/** What the supplier says of an eSIM that its owner gives back, and what becomes of the order by it. */

import { beforeEach, describe, expect, test } from "vitest";
import { giveBackLines } from "../../../origin/purchase/give-back.ts";
import type { Purchase } from "../../../origin/purchase/purchase.ts";
import type { CancelResult } from "../../../origin/supplier/port.ts";
import { type OriginWorld, originWorld } from "../../builders/origin-ports.ts";
import { applied, LINE, ONE, ORDER_ID, purchaseIn } from "../../builders/origin-purchase.ts";
import { eventsIn, storedIn, sweepToRest } from "../../builders/origin-sweep.ts";

const REFUSED = { kind: "refused", reason: "wrong_status", code: "200002" } as const;

let world: OriginWorld;
beforeEach(() => {
  world = originWorld();
  world.store.overwrite(purchaseIn("delivered"));
});

const ask = (lines: readonly number[] = [0]): Promise<Purchase | undefined> =>
  giveBackLines(storedIn(world), lines, world.ports, world.clock.now() + 5_000);

const refunds = () => world.chain.refunds.map(({ authorization }) => authorization.value);

describe("an eSIM that its owner gives back", () => {
  test("is asked for only once the wish is written down", async () => {
    const states: string[] = [];
    const { supplier } = world;
    const { cancel } = supplier;
    supplier.cancel = async (esim) => {
      states.push(storedIn(world).state);
      return cancel(esim);
    };
    expect(await ask()).toMatchObject({ state: "refunded" });
    expect(states).toEqual(["returning"]);
    expect(eventsIn(world).slice(-4)).toEqual(["return_asked", "returned", "refund_signed", "refunded"]);
    expect(refunds()).toEqual([LINE.price]);
  });

  test.each<CancelResult>([
    { kind: "unknown", detail: "timeout" },
    { kind: "refused", reason: "busy", code: "900001" },
    { kind: "refused", reason: "access_denied", code: "101002" },
    { kind: "refused", reason: "unrecognized", code: "999999" },
  ])("is asked for again where the supplier says $kind $reason $detail, and nothing is paid before", async (answer) => {
    world.supplier.cancelAnswers.push(...Array.from({ length: 30 }, () => answer));
    expect(await ask()).toMatchObject({ state: "returning" });
    expect(refunds()).toEqual([]);
    expect(world.log).toContainEqual(expect.objectContaining({ event: "supplier_failed", order: ORDER_ID }));
    world.supplier.cancelAnswers.splice(0);
    await sweepToRest(world);
    expect(storedIn(world).state).toBe("refunded");
    expect(refunds()).toEqual([LINE.price]);
  });

  test("and that the supplier took without yet showing it is not taken for kept", async () => {
    const { supplier } = world;
    const { profileOf } = supplier;
    supplier.cancelAnswers.push({ kind: "unknown", detail: "timeout" });
    supplier.cancelled.add("tran-1");
    const shown = await profileOf({ esimTranNo: "tran-2" });
    supplier.profileOf = async () => shown;
    expect(await ask()).toMatchObject({ state: "returning" });
    supplier.profileOf = profileOf;
    await sweepToRest(world);
    expect(storedIn(world).state).toBe("refunded");
  });

  test("and that the supplier goes on refusing without a reason to be seen stays its buyer's in the end", async () => {
    const { supplier } = world;
    supplier.cancel = async () => REFUSED;
    expect(await ask()).toMatchObject({ state: "returning" });
    await sweepToRest(world);
    expect(storedIn(world)).toMatchObject({ state: "delivered", refund: null, delivery: { esims: [ONE] } });
    expect(refunds()).toEqual([]);
  });

  test("waits for a refund wallet that can't pay, and nothing else of the order can go back before", async () => {
    const pair = purchaseIn("delivered", { goods: { kind: "esims", lines: [LINE, LINE] } });
    const other = { ...ONE, esimTranNo: "tran-2" };
    world.store.overwrite({ ...pair, delivery: { kind: "esims", esims: [ONE, other] } });
    world.chain.walletBalance = 0n;
    expect(await ask([0])).toMatchObject({ state: "refund_blocked" });
    expect(await ask([1])).toBeUndefined();
    expect([...world.supplier.cancelled]).toEqual(["tran-1"]);
    world.chain.walletBalance = LINE.price;
    await sweepToRest(world);
    expect(refunds()).toEqual([LINE.price]);
  });
});

describe("nothing goes back", () => {
  test.each([
    "settling",
    "secured",
    "void",
    "refunded",
  ] as const)("of an order that is %s and shows none", async (state) => {
    world.store.overwrite(purchaseIn(state));
    const before = storedIn(world);
    expect(await ask()).toEqual(before);
    expect(storedIn(world)).toEqual(before);
  });

  test.each([[[]], [[7]], [[-1]], [[0.5]]])("where lines %j are asked for", async (lines) => {
    const before = storedIn(world);
    expect(await ask(lines)).toEqual(before);
  });

  test("twice", async () => {
    await ask();
    const before = storedIn(world);
    expect(await ask()).toEqual(before);
    expect(refunds()).toEqual([LINE.price]);
  });

  test("of a resource", async () => {
    const goods = { kind: "resource", path: "/report" } as const;
    const report = applied(
      purchaseIn("settled", { goods }),
      { type: "delivered", delivery: { kind: "resource", body: "{}" } },
      0,
      0,
    );
    world.store.overwrite(report);
    expect(await ask()).toEqual(storedIn(world));
  });
});
