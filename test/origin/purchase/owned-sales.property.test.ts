/**
 * Top-ups and swaps under crashes: whichever call a process dies at, whoever comes later ends it with the data added
 * once, the eSIM replaced once, or the money with its buyer.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buy } from "../../../origin/purchase/buy.ts";
import type { PurchasedGoods } from "../../../origin/purchase/goods.ts";
import { isIntact } from "../../../origin/purchase/ledger.ts";
import type { PurchasePorts } from "../../../origin/purchase/ports.ts";
import type { PurchaseState } from "../../../origin/purchase/states.ts";
import { type OriginWorld, originWorld } from "../../builders/origin-ports.ts";
import { GOODS, ORDER_ID, purchaseRequest, VERIFIED } from "../../builders/origin-purchase.ts";
import { storedIn, sweepToRest } from "../../builders/origin-sweep.ts";
import { anyCrash, mortal, times, untilDeath } from "./mortal.ts";

const OLD = { order: `ord_${"0".repeat(40)}`, position: 0, esimTranNo: "tran-old" };

const TOP_UP: PurchasedGoods = {
  kind: "topup",
  ...OLD,
  iccid: "8944500102198304826",
  dataMb: 50,
  packageCode: "TOPUP_50",
  wholesale: 1_200n,
};

const SWAP: PurchasedGoods = { ...GOODS, replaces: OLD };

interface Path {
  readonly name: string;
  readonly goods: PurchasedGoods;
  readonly arrange?: (world: OriginWorld) => Partial<PurchasePorts>;
  readonly end: PurchaseState;
}

const refusing = ({ supplier }: OriginWorld): Partial<PurchasePorts> => ({
  lifecycle: {
    ...supplier,
    topUp: async () => ({ kind: "refused", reason: "package_unavailable", code: "310241" }),
  },
});

const outOfStock = ({ supplier }: OriginWorld): Partial<PurchasePorts> => ({
  supplier: { ...supplier, order: async () => ({ kind: "refused", reason: "out_of_stock", code: "200011" }) },
});

const paths: readonly Path[] = [
  { name: "a top-up", goods: TOP_UP, end: "delivered" },
  { name: "a top-up that the supplier refuses", goods: TOP_UP, arrange: refusing, end: "refunded" },
  { name: "a swap", goods: SWAP, end: "delivered" },
  { name: "a swap that is out of stock", goods: SWAP, arrange: outOfStock, end: "void" },
];

function begin({ arrange }: Path): { world: OriginWorld; ports: PurchasePorts } {
  const world = originWorld();
  return { world, ports: { ...world.ports, ...arrange?.(world) } };
}

async function live(world: OriginWorld, { goods }: Path, ports: PurchasePorts): Promise<void> {
  if (world.store.all().length === 0) await buy(purchaseRequest({ settlement: VERIFIED }, { goods }), ports);
  await sweepToRest(world, ports);
}

/** Looks at the chain, the supplier and the table, whatever the code says of itself. */
function expectKept(world: OriginWorld, ...ends: readonly PurchaseState[]): void {
  const { chain, supplier, clock } = world;
  const { state, goods, ledger, delivery, suspend } = storedIn(world);
  const isDelivered = state === "delivered";
  expect(ends).toContain(state);
  expect(isIntact(ledger)).toBe(true);
  expect(chain.landsAt <= clock.now()).toBe(state !== "void");
  expect(chain.refunds).toHaveLength(state === "refunded" ? 1 : 0);
  expect(delivery !== null).toBe(isDelivered);

  const isSwap = goods.kind === "esims";
  expect([...supplier.topUps.keys()]).toEqual(isDelivered && !isSwap ? [ORDER_ID] : []);
  expect([...supplier.suspended]).toEqual(isDelivered && isSwap ? [OLD.esimTranNo] : []);
  expect(suspend).toBe(isDelivered && isSwap ? "done" : "none");
  const kept = [...supplier.orders.values()].filter((orderNo) => !supplier.cancelled.has(`tran-${orderNo}`));
  expect(kept).toHaveLength(isDelivered && isSwap ? 1 : 0);
}

describe.each(paths)("$name", (path) => {
  test.each(times)("ends as it should, whichever call the process dies at, %s", async (when) => {
    const unhurt = begin(path);
    const { ports, calls } = mortal(unhurt.ports);
    await live(unhurt.world, path, ports);
    expectKept(unhurt.world, path.end);
    expect(calls()).toBeGreaterThanOrEqual(3);

    for (let call = 1; call <= calls(); call++) {
      const { world, ports } = begin(path);
      const dying = mortal(ports, { call, when });
      await untilDeath(() => live(world, path, dying.ports));
      expect(dying.isDead()).toBe(true);
      await live(world, path, ports);
      expectKept(world, path.end);
    }
  });

  test("ends with goods or money, whatever crashes follow one another", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyCrash(25), { minLength: 2, maxLength: 6 }), async (crashes) => {
        const { world, ports } = begin(path);
        for (const crash of crashes) {
          await untilDeath(() => live(world, path, mortal(ports, crash).ports));
        }
        await live(world, path, ports);
        // Deaths cost time, and a payment that nobody has settled by then expires.
        expectKept(world, path.end, "void");
      }),
      { numRuns: 30 },
    );
  });
});
