/**
 * The promise that money taken means goods delivered once or money returned once, under the harshest fault there is:
 * the process dies at a call to the outside, and whoever comes later finishes. On every path that a purchase can take.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buy } from "../../../origin/purchase/buy.ts";
import { isIntact } from "../../../origin/purchase/ledger.ts";
import type { PurchasePorts } from "../../../origin/purchase/ports.ts";
import type { PurchaseState } from "../../../origin/purchase/states.ts";
import type { GrantedPayment } from "../../../protocol/grant.ts";
import { type OriginWorld, originWorld, TRANSACTION } from "../../builders/origin-ports.ts";
import {
  grantedPayment,
  ORDER_ID,
  purchaseRequest,
  UNKNOWN,
  VERIFIED,
} from "../../builders/origin-purchase.ts";
import { sweepOnce, sweepToRest } from "../../builders/origin-sweep.ts";
import { NOW } from "../../builders/payment.ts";
import { anyCrash, mortal, times, untilDeath } from "./mortal.ts";

interface Path {
  readonly name: string;
  readonly payment: Partial<GrantedPayment>;
  /** What goes wrong in this world, besides crashes. */
  readonly arrange?: (world: OriginWorld) => Partial<PurchasePorts>;
  /** Where it ends, however often one process dies. */
  readonly end: PurchaseState;
  /** Where it may end when deaths cost so much time that the goods come too late. */
  readonly late: PurchaseState;
}

const SETTLED: GrantedPayment["settlement"] = { state: "settled", transaction: TRANSACTION };

/** Long enough to secure the goods and to settle, short enough to run out quickly. Seconds. */
const SHORT_PAYMENT_SECONDS = 40;

/** A payment that soon can't land any more. */
const SHORT = { ...grantedPayment().authorization, validBefore: BigInt(NOW + SHORT_PAYMENT_SECONDS) };

const outOfStock = ({ supplier }: OriginWorld): Partial<PurchasePorts> => ({
  supplier: {
    ...supplier,
    order: async () => ({ kind: "refused", reason: "out_of_stock", code: "200011" }),
  },
});

const tooSlow = ({ supplier }: OriginWorld): Partial<PurchasePorts> => {
  // Longer than any deaths can keep everybody from looking: what is there by then is delivered, however late.
  supplier.allocationMs = 600_000;
  return { fulfilWithinMs: 2_000 };
};

const unpaid = ({ facilitator }: OriginWorld): Partial<PurchasePorts> => {
  facilitator.onSettle = () => ({ kind: "rejected", reason: "insufficient_funds" });
  return {};
};

const slowRefund = (world: OriginWorld): Partial<PurchasePorts> => {
  world.chain.refundDelayMs = 1_500;
  return outOfStock(world);
};

const paths: readonly Path[] = [
  { name: "settled at the edge", payment: { settlement: SETTLED }, end: "delivered", late: "refunded" },
  { name: "unknown at the edge", payment: { settlement: UNKNOWN }, end: "delivered", late: "refunded" },
  {
    name: "settled at the edge, out of stock",
    payment: { settlement: SETTLED },
    arrange: outOfStock,
    end: "refunded",
    late: "refunded",
  },
  {
    name: "settled at the edge, out of stock, on a slow chain",
    payment: { settlement: SETTLED },
    arrange: slowRefund,
    end: "refunded",
    late: "refunded",
  },
  {
    name: "settled at the edge, delivered too late",
    payment: { settlement: SETTLED },
    arrange: tooSlow,
    end: "refunded",
    late: "refunded",
  },
  { name: "settled by the origin", payment: { settlement: VERIFIED }, end: "delivered", late: "void" },
  {
    name: "settled by the origin, out of stock",
    payment: { settlement: VERIFIED },
    arrange: outOfStock,
    end: "void",
    late: "void",
  },
  {
    name: "settled by the origin, unpaid",
    payment: { settlement: VERIFIED, authorization: SHORT },
    arrange: unpaid,
    end: "void",
    late: "void",
  },
];

/** A world on this path, and the ports that a process has in it. */
function begin({ arrange, payment }: Path): { world: OriginWorld; ports: PurchasePorts } {
  const world = originWorld();
  if (payment.settlement?.state === "settled") world.chain.landsAt = 0;
  return { world, ports: { ...world.ports, ...arrange?.(world) } };
}

/** The buyer asks, and the sweeper does what is left; where nothing is stored, the buyer asks again. */
async function live(world: OriginWorld, { payment }: Path, ports: PurchasePorts): Promise<void> {
  if (world.store.all().length === 0) await buy(purchaseRequest(payment), ports);
  await sweepToRest(world, ports);
}

/** Looks at the chain, the supplier and the table, whatever the code says of itself. */
function expectKept({ chain, store, supplier, clock }: OriginWorld, ...ends: readonly PurchaseState[]): void {
  const [purchase, ...others] = store.all();
  if (purchase === undefined) throw new Error("a purchase was expected");
  const { state, delivery, release, ledger, authorization, refund } = purchase;
  expect(others).toEqual([]);
  expect(purchase.id).toBe(ORDER_ID);
  expect(ends).toContain(state);
  expect(release).not.toBe("due");
  expect(isIntact(ledger)).toBe(true);

  const isPaid = chain.landsAt <= clock.now();
  expect(isPaid).toBe(state !== "void");
  expect(delivery === null).toBe(state !== "delivered");

  const refunds = chain.refunds.filter(({ landsAt }) => landsAt <= clock.now());
  expect(refunds).toHaveLength(state === "refunded" ? 1 : 0);
  for (const { authorization: returned, transaction } of refunds) {
    expect(returned).toMatchObject({ to: authorization.from, value: authorization.value });
    expect(refund?.transaction).toBe(transaction);
  }

  const ordered = [...supplier.orders.values()].map((orderNo) => `tran-${orderNo}`);
  expect(ordered.length).toBeLessThanOrEqual(1);
  expect([...supplier.cancelled]).toEqual(state === "delivered" ? [] : ordered);
  if (delivery !== null) expect(delivery).toMatchObject({ esims: [{ esimTranNo: ordered[0] }] });

  const types = ledger.map(({ event }): unknown => JSON.parse(event).type);
  for (const type of ["ordered", "secured", "delivered", "earned", "failed", "released", "refunded"]) {
    expect(types.filter((other) => other === type).length).toBeLessThanOrEqual(1);
  }
}

describe.each(paths)("a payment $name", (path) => {
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
        expectKept(world, path.end, path.late);
      }),
      { numRuns: 60 },
    );
  });

  test("ends with goods or money while buyers and sweepers work on it at once, and each may die", async () => {
    const crash = anyCrash(30);
    await fc.assert(
      fc.asyncProperty(fc.tuple(crash, crash, crash, crash), async ([one, two, three, four]) => {
        const { world, ports } = begin(path);
        const request = purchaseRequest(path.payment);
        const buyers = [one, two].map((at) => untilDeath(() => buy(request, mortal(ports, at).ports)));
        await world.clock.sleep(100);
        const sweepers = [three, four].map((at) =>
          untilDeath(async () => {
            const dying = mortal(ports, at);
            for (let sweeps = 0; sweeps < 3; sweeps++) await sweepOnce(world, dying.ports);
          }),
        );
        await Promise.all([...buyers, ...sweepers]);
        await live(world, path, ports);
        expectKept(world, path.end, path.late);
      }),
      { numRuns: 60 },
    );
  });
});
