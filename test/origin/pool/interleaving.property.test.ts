/**
 * Two hundred buyers and those who refill, in every order that chance finds, some of them dying on the way: no eSIM gets
 * two buyers, and none is lost.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import type { TendPorts } from "../../../origin/pool/ports.ts";
import type { PooledPlan } from "../../../origin/pool/slot.ts";
import { createPool } from "../../../origin/pool/take.ts";
import { tend } from "../../../origin/pool/tend.ts";
import { buy } from "../../../origin/purchase/buy.ts";
import { type PurchasePorts, StoreUnavailableError } from "../../../origin/purchase/ports.ts";
import { isHandedOver } from "../../../origin/purchase/purchase.ts";
import type { GrantedPayment } from "../../../protocol/grant.ts";
import type { Hex } from "../../../protocol/hex.ts";
import { originWorld, TRANSACTION } from "../../builders/origin-ports.ts";
import { grantedPayment, purchaseRequest, UNKNOWN, VERIFIED } from "../../builders/origin-purchase.ts";
import { sweepToRest } from "../../builders/origin-sweep.ts";
import { diceOf, slowed } from "../../builders/slowed.ts";
import { DAY_MS, memoryPool, PLAN, warehouse } from "./support.ts";

const BUYERS = 200;
/** The time in which they come: several refills. */
const RUSH_MS = 6_000;
/** Longer than anybody holds anything: leases, and what was taken for purchases that never came about. */
const LATER_MS = 1_000_000;

const ways = ["settled", "unknown", "verified", "unpaid", "dies"] as const;
type Way = (typeof ways)[number];

const SETTLED: GrantedPayment["settlement"] = { state: "settled", transaction: TRANSACTION };

const settlements: Readonly<Record<Way, GrantedPayment["settlement"]>> = {
  settled: SETTLED,
  unknown: UNKNOWN,
  verified: VERIFIED,
  unpaid: VERIFIED,
  /** After it took from the pool, before it claimed. */
  dies: SETTLED,
};

const nonceOf = (buyer: number): Hex => `0x${(buyer + 1).toString(16).padStart(64, "0")}`;

interface Story {
  readonly seed: number;
  readonly size: number;
  readonly ways: readonly Way[];
}

async function live({ seed, size, ways: chosen }: Story) {
  const world = originWorld();
  const dice = diceOf(seed);
  const { clock, store: purchases } = world;
  const plan: PooledPlan = { ...PLAN, size };
  const supplier = warehouse(clock);
  supplier.allocationMs = Math.floor(dice() * 300);
  const memory = memoryPool();
  const pools = {
    plans: [plan],
    store: slowed(memory, clock, dice, 20),
    purchases,
    now: clock.now,
    log: world.ports.log,
  };
  const wayOf = (nonce: Hex): Way => chosen[Number(BigInt(nonce)) - 1] ?? "settled";
  world.chain.landsAt = 0;
  const ports: PurchasePorts = {
    ...world.ports,
    supplier,
    pool: createPool(pools),
    store: slowed(purchases, clock, dice, 200),
    chain: {
      ...world.chain,
      authorizationState: async (network, authorization) =>
        wayOf(authorization.nonce) === "unpaid"
          ? { kind: "unused", blockTime: BigInt(Math.floor(clock.now() / 1_000)) }
          : world.chain.authorizationState(network, authorization),
    },
    facilitator: {
      ...world.facilitator,
      settle: async (request) =>
        wayOf(request.payment.authorization.nonce) === "unpaid"
          ? { kind: "rejected", reason: "insufficient_funds" }
          : world.facilitator.settle(request),
    },
  };
  const tending: TendPorts = { ...ports, ...pools };
  await tend(tending);

  let open = true;
  const tender = async () => {
    while (open) {
      await tend(tending);
      await clock.sleep(50);
    }
  };
  const buyer = async (index: number) => {
    await clock.sleep(Math.floor(dice() * RUSH_MS));
    const nonce = nonceOf(index);
    const settlement = settlements[wayOf(nonce)];
    const authorization = { ...grantedPayment().authorization, nonce };
    const dying = async (): Promise<never> => {
      throw new StoreUnavailableError("dead");
    };
    const own = wayOf(nonce) === "dies" ? { ...ports, store: { ...purchases, claim: dying } } : ports;
    await buy(purchaseRequest({ settlement, authorization }), own).catch((error: unknown) => {
      if (!(error instanceof StoreUnavailableError)) throw error;
    });
  };
  const tenders = [tender(), tender()];
  await Promise.all(chosen.map((_, index) => buyer(index)));
  open = false;
  await Promise.all(tenders);

  clock.advanceTo(clock.now() + LATER_MS);
  await sweepToRest(world, ports);
  return { clock, tending, memory, plan, supplier, purchases: purchases.all() };
}

function shown(purchases: ReturnType<ReturnType<typeof originWorld>["store"]["all"]>): readonly string[] {
  return purchases.flatMap((purchase) => {
    if (!isHandedOver(purchase) || purchase.delivery?.kind !== "esims") return [];
    return purchase.delivery.esims.flatMap((esim) => esim?.esimTranNo ?? []);
  });
}

test("no eSIM is handed to two buyers and none is lost, however claims and refills interleave", async () => {
  const anyWays = fc.array(fc.constantFrom(...ways), { minLength: BUYERS, maxLength: BUYERS });
  const anyStory: fc.Arbitrary<Story> = fc.record({
    seed: fc.nat(),
    size: fc.integer({ min: 1, max: 90 }),
    ways: anyWays,
  });
  await fc.assert(
    fc.asyncProperty(anyStory, async (story) => {
      const { clock, tending, memory, plan, supplier, purchases } = await live(story);
      const byDelivery = shown(purchases);
      expect(new Set(byDelivery).size).toBe(byDelivery.length);
      const paid = story.ways.filter((way) => way !== "unpaid" && way !== "dies");
      expect(purchases.filter(({ state }) => state === "delivered")).toHaveLength(paid.length);

      // Each eSIM that we paid for was delivered, went back to the supplier, or is in one slot of the pool.
      const sold = new Set(byDelivery);
      const inSlots = memory
        .slots(plan)
        .flatMap((slot) => ("stock" in slot ? [slot.stock.esim.esimTranNo] : []));
      const inStock = inSlots.filter((name) => !sold.has(name));
      const all = [...byDelivery, ...supplier.cancelled, ...inStock];
      expect(all.toSorted()).toEqual([...supplier.sold()].toSorted());

      // And what is in a slot without a buyer is not stuck there: once it is too old, all of it goes back.
      clock.advanceTo(clock.now() + 160 * DAY_MS);
      const empty = { ...tending, plans: [{ ...plan, size: 0 }] };
      await tend(empty);
      await tend(empty);
      expect(inStock.filter((name) => !supplier.cancelled.has(name))).toEqual([]);
      expect(byDelivery.filter((name) => supplier.cancelled.has(name))).toEqual([]);
    }),
    { numRuns: 6, endOnFailure: true },
  );
});
