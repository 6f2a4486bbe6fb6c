/**
 * Payments that an edge which settles left to the origin, since our credit is low: nothing is taken for nothing, and
 * whoever copies a payment from another edge's settlement comes too late.
 */

import { beforeEach, describe, expect, test } from "vitest";
import { buy, type PurchaseRequest } from "../../../origin/purchase/buy.ts";
import type { Hex } from "../../../protocol/hex.ts";
import { type OriginWorld, originWorld, TRANSACTION } from "../../builders/origin-ports.ts";
import {
  applied,
  CONTESTED,
  DEFERRED,
  DROPPED,
  grantedPayment,
  ORDER_ID,
  purchaseIn,
  purchaseRequest,
  SPENT,
  UNKNOWN,
  VERIFIED,
} from "../../builders/origin-purchase.ts";
import { eventsIn, storedIn, sweepToRest } from "../../builders/origin-sweep.ts";
import { NOW } from "../../builders/payment.ts";

const START = NOW * 1_000;
const SETTLED = { state: "settled", transaction: TRANSACTION } as const;
const ALICE: Hex = `0x${"a1".repeat(32)}`;
const OTHER = { grantId: "grant-0002" };

let world: OriginWorld;
beforeEach(() => {
  world = originWorld();
});

const send = (request: PurchaseRequest) => buy(request, world.ports);
const deferred = purchaseRequest({ settlement: DEFERRED });

function noCredit(): void {
  world.supplier.orderAnswers.push({ kind: "refused", reason: "insufficient_balance", code: "200007" });
}

describe("a deferred payment", () => {
  test("is claimed once nobody who began earlier can claim it, then secured and settled once", async () => {
    expect(await send(deferred)).toMatchObject({ kind: "owned", purchase: { state: "delivered" } });
    expect(storedIn(world).createdAt - START).toBeGreaterThanOrEqual(world.ports.edgeBudgetMs);
    expect(eventsIn(world)).toEqual(["claimed", "ordered", "secured", "earned"]);
    expect(world.facilitator.requests).toHaveLength(1);
  });

  test("whose goods can't be had is void, and handed to nobody", async () => {
    noCredit();
    expect(await send(deferred)).toMatchObject({
      kind: "owned",
      purchase: { state: "void", reason: "insufficient_balance", transaction: null, refund: null },
    });
    expect(world.facilitator.requests).toEqual([]);
  });

  test("takes nothing from the pool, and no name, while it waits", async () => {
    const taken: string[] = [];
    const take = async (id: string) => {
      taken.push(id);
      return null;
    };
    const waiting = buy(
      { ...deferred, replayKeys: [ALICE] },
      { ...world.ports, pool: { ...world.ports.pool, take } },
    );
    await world.clock.sleep(world.ports.edgeBudgetMs - 1);
    expect(taken).toEqual([]);
    expect(await world.store.holdKey(ALICE, "ord_other", null)).toBe("ord_other");
    await waiting;
  });

  test("that another edge has handed over in the meantime is not given up", async () => {
    noCredit();
    world.chain.landsAt = START + 1_000;
    const outcome = await send(deferred);
    expect(outcome).toMatchObject({ purchase: { transaction: TRANSACTION, settledAt: expect.any(Number) } });
    await sweepToRest(world);
    expect(storedIn(world).state).toBe("refunded");
    expect(world.chain.refunds).toHaveLength(1);
  });

  test("under a name that has bought something is answered with that, and never taken", async () => {
    const named = (nonce: Hex) => {
      const { authorization } = grantedPayment();
      return purchaseRequest(
        { settlement: DEFERRED, authorization: { ...authorization, nonce } },
        { replayKeys: [ALICE] },
      );
    };
    const first = await send(named(`0x${"01".repeat(32)}`));
    // The script's chain has one nonce; the second payment's is another.
    world.chain.landsAt = Number.POSITIVE_INFINITY;
    const again = await send(named(`0x${"02".repeat(32)}`));
    expect(first).toMatchObject({ kind: "owned", replayed: false });
    expect(again).toMatchObject({ kind: "owned", replayed: true });
    expect(world.facilitator.requests).toHaveLength(1);
    expect(world.supplier.orders.size).toBe(1);
  });
});

describe("a copy of a payment that another edge is settling", () => {
  const copy = purchaseRequest({ settlement: DEFERRED, invoiceId: "2".repeat(20) }, OTHER);

  test.each([
    ["settled", SETTLED, 4_000],
    ["unknown", UNKNOWN, 4_000],
    ["contested", CONTESTED, 4_000],
  ] as const)("gets nothing, though it comes first: the buyer's own is %s", async (_, settlement, settle) => {
    world.chain.landsAt = START + 1_000;
    const copied = send(copy);
    // The buyer's request began at the edge before there was anything to copy.
    await world.clock.sleep(settle - 500);
    const own = purchaseRequest({ settlement, timings: { verify: 200, settle } });
    expect(await send(own)).toMatchObject({
      kind: "owned",
      replayed: false,
      purchase: { state: "delivered" },
    });
    expect(await copied).toMatchObject({ kind: "already_used", orderId: ORDER_ID });
    expect(world.store.counts.claims).toBe(1);
  });

  test("gets nothing else of the same price for it", async () => {
    world.chain.landsAt = START + 1_000;
    const elsewhere = send({ ...copy, fingerprint: `0x${"0f".repeat(32)}` });
    await world.clock.sleep(3_500);
    const own = purchaseRequest({ settlement: SETTLED, timings: { verify: 200, settle: 4_000 } });
    expect(await send(own)).toMatchObject({ kind: "owned", purchase: { state: "delivered" } });
    expect(await elsewhere).toMatchObject({ kind: "other_request", orderId: ORDER_ID });
    expect(world.store.counts.claims).toBe(1);
  });
});

describe("a purchase that was given up, and whose payment comes again", () => {
  beforeEach(() => world.store.overwrite(applied(purchaseIn("reserved"), DROPPED, START, START)));

  test("settled by an edge, goes back to the payer at once", async () => {
    world.chain.landsAt = START;
    const outcome = await send(purchaseRequest({ settlement: SETTLED }, OTHER));
    expect(outcome).toMatchObject({ kind: "owned", replayed: true, purchase: { transaction: TRANSACTION } });
    await sweepToRest(world);
    expect(storedIn(world)).toMatchObject({ state: "refunded", delivery: null });
    expect(world.chain.refunds).toHaveLength(1);
  });

  test("settled, is not called unused to whoever can't prove that it is theirs", async () => {
    const stranger = purchaseRequest({ settlement: SETTLED, invoiceId: null }, OTHER);
    expect(await send(stranger)).toMatchObject({ kind: "already_used", state: "refund_due" });
  });

  test.each([
    ["unknown", UNKNOWN],
    ["contested", CONTESTED],
    ["spent", SPENT],
  ])("%s, is not called unused while nobody knows", async (_, settlement) => {
    expect(await send(purchaseRequest({ settlement }, OTHER))).toEqual({ kind: "unresolved" });
  });

  test.each([
    ["deferred", DEFERRED],
    ["verified", VERIFIED],
  ])("%s, is told again that nothing was taken", async (_, settlement) => {
    expect(await send(purchaseRequest({ settlement }, OTHER))).toMatchObject({
      kind: "owned",
      replayed: true,
      purchase: { state: "void", transaction: null },
    });
    expect(world.facilitator.requests).toEqual([]);
  });
});
