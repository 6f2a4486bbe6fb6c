/**
 * The promise that money taken means goods delivered, under the harshest fault there is: the process dies at a call to
 * the outside, before or after the call did its work, and whoever comes later finishes.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buy, follow } from "../../../origin/purchase/buy.ts";
import { isIntact } from "../../../origin/purchase/ledger.ts";
import type { PurchasePorts } from "../../../origin/purchase/ports.ts";
import { isFinal, type Purchase } from "../../../origin/purchase/purchase.ts";
import type { GrantedSettlement } from "../../../protocol/grant.ts";
import { type OriginWorld, originWorld, TRANSACTION } from "../../builders/origin-ports.ts";
import { ORDER_ID, purchaseRequest, UNKNOWN } from "../../builders/origin-purchase.ts";

/** Not a fault that the code may handle: nothing runs after it. */
class Death extends Error {}

type When = "before the call" | "after the call";

interface Crash {
  /** Counts all calls to ports, from 1. */
  readonly call: number;
  readonly when: When;
}

/** The ports, with the call at which the process dies; `calls` tells how many there were. */
function mortal(ports: PurchasePorts, crash?: Crash): { ports: PurchasePorts; calls: () => number } {
  let calls = 0;
  const guard =
    <Arguments extends readonly unknown[], Answer>(call: (...args: Arguments) => Promise<Answer>) =>
    async (...args: Arguments): Promise<Answer> => {
      calls += 1;
      const dies = crash?.call === calls;
      if (dies && crash.when === "before the call") throw new Death();
      const answer = await call(...args);
      if (dies) throw new Death();
      return answer;
    };
  const { store, chain, facilitator, supplier } = ports;
  const guarded: PurchasePorts = {
    ...ports,
    store: { ...store, claim: guard(store.claim), get: guard(store.get), save: guard(store.save) },
    chain: {
      ...chain,
      authorizationState: guard(chain.authorizationState),
      findSettlement: guard(chain.findSettlement),
    },
    facilitator: { ...facilitator, settle: guard(facilitator.settle) },
    supplier: { ...supplier, order: guard(supplier.order), profiles: guard(supplier.profiles) },
  };
  return { ports: guarded, calls: () => calls };
}

async function survives(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof Death) return false;
    throw error;
  }
}

/**
 * One life after another, each ending in its crash; then whoever comes next and lives. Before anything is stored that
 * is the buyer, who sends the payment again; afterwards anyone who finds the purchase due.
 */
async function live(
  world: OriginWorld,
  settlement: GrantedSettlement,
  crashes: readonly Crash[],
): Promise<void> {
  for (const crash of [...crashes, undefined]) {
    const { ports } = mortal(world.ports, crash);
    const [stored] = world.store.all();
    if (stored !== undefined) world.clock.advanceTo(stored.dueAt);
    await survives(() =>
      stored === undefined
        ? buy(purchaseRequest({ settlement }), ports)
        : follow(stored, ports, world.clock.now() + ports.budgetMs),
    );
  }
}

function expectDeliveredOnce(world: OriginWorld): void {
  const [purchase, ...others] = world.store.all();
  expect(others).toEqual([]);
  expect(purchase).toMatchObject({ state: "delivered", transaction: TRANSACTION });
  expect([...world.supplier.orders.keys()]).toEqual([ORDER_ID]);
  const { ledger = [], delivery } = purchase ?? {};
  expect(delivery).toMatchObject({ kind: "esim", esimTranNo: "tran-B1" });
  const types = ledger.map(({ event }): unknown => JSON.parse(event).type);
  for (const once of ["ordered", "delivered"]) expect(types.filter((type) => type === once)).toHaveLength(1);
  expect(isIntact(ledger)).toBe(true);
}

const settlements: readonly GrantedSettlement[] = [{ state: "settled", transaction: TRANSACTION }, UNKNOWN];
const times: readonly When[] = ["before the call", "after the call"];

describe.each(settlements)("a payment whose settlement is $state", (settlement) => {
  test.each(times)("is delivered once, whichever call the process dies at, %s", async (when) => {
    const unhurt = originWorld();
    const { ports, calls } = mortal(unhurt.ports);
    await buy(purchaseRequest({ settlement }), ports);
    expectDeliveredOnce(unhurt);
    expect(calls()).toBeGreaterThan(6);

    for (let call = 1; call <= calls(); call++) {
      const world = originWorld();
      const crash = { call, when };
      const finished = await survives(() =>
        buy(purchaseRequest({ settlement }), mortal(world.ports, crash).ports),
      );
      expect(finished).toBe(false);
      await live(world, settlement, []);
      expectDeliveredOnce(world);
    }
  });

  test("is delivered once or owed back, whatever crashes follow one another", async () => {
    const anyCrash = fc.record({ call: fc.integer({ min: 1, max: 14 }), when: fc.constantFrom(...times) });
    await fc.assert(
      fc.asyncProperty(fc.array(anyCrash, { minLength: 2, maxLength: 5 }), async (crashes) => {
        const world = originWorld();
        await live(world, settlement, crashes);
        const [purchase] = world.store.all();
        if (purchase?.state !== "refund_due") return expectDeliveredOnce(world);
        expectOwedBecauseOfTime(purchase, world);
      }),
      { numRuns: 200 },
    );
  });

  test("is delivered once while three processes work on it and each of them may die", async () => {
    const anyCrash = fc.record({ call: fc.integer({ min: 1, max: 20 }), when: fc.constantFrom(...times) });
    await fc.assert(
      fc.asyncProperty(fc.tuple(anyCrash, anyCrash, anyCrash), async (crashes) => {
        const world = originWorld();
        await Promise.all(
          crashes.map((crash) =>
            survives(() => buy(purchaseRequest({ settlement }), mortal(world.ports, crash).ports)),
          ),
        );
        await live(world, settlement, []);
        expectDeliveredOnce(world);
      }),
      { numRuns: 200 },
    );
  });
});

/** Each crash costs the time until the purchase is due; past its minute the money goes back instead. */
function expectOwedBecauseOfTime(purchase: Purchase, world: OriginWorld): void {
  expect(isFinal(purchase.state)).toBe(true);
  expect(purchase.delivery).toBeNull();
  expect(JSON.parse(purchase.ledger.at(-1)?.event ?? "{}").reason).toBe("supplier_too_slow");
  expect(world.clock.now() - (purchase.settledAt ?? 0)).toBeGreaterThanOrEqual(60_000);
}
