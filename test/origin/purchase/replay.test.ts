/** A payment that comes again: who gets what it bought, and that it never buys twice. */

import { beforeEach, describe, expect, test } from "vitest";
import { buy, type PurchaseRequest } from "../../../origin/purchase/buy.ts";
import { lookupCodes } from "../../../protocol/grant.ts";
import type { Hex } from "../../../protocol/hex.ts";
import { ACTIVATION_CODE, type OriginWorld, originWorld, TRANSACTION } from "../../builders/origin-ports.ts";
import {
  CONTESTED,
  FINGERPRINT,
  INVOICE,
  ORDER_ID,
  purchaseIn,
  purchaseRequest,
  SPENT,
  UNKNOWN,
} from "../../builders/origin-purchase.ts";
import { NOW } from "../../builders/payment.ts";

const START = NOW * 1_000;
const OTHER_INVOICE = "2".repeat(20);
const OTHER_FINGERPRINT: Hex = `0x${"0f".repeat(32)}`;
const OTHER_GRANT = { grantId: "grant-0002" };

let world: OriginWorld;
beforeEach(() => {
  world = originWorld();
});

const request = (request: PurchaseRequest) => buy(request, world.ports);

/** Nothing was claimed, ordered or handed to the facilitator. */
function expectNothingDone(): void {
  expect(world.store.all()).toEqual([]);
  expect(world.store.counts).toEqual({ claims: 0, saves: 0 });
  expect(world.supplier.orders.size).toBe(0);
  expect(world.facilitator.requests).toEqual([]);
}

describe("a spent payment", () => {
  const spent = purchaseRequest({ settlement: SPENT }, OTHER_GRANT);

  test("without a claim is already used, and nothing is ever claimed or ordered", async () => {
    expect(await request(spent)).toEqual({ kind: "already_used", orderId: ORDER_ID, state: null });
    expect(world.clock.now() - START).toBeGreaterThanOrEqual(world.ports.edgeBudgetMs);
    expectNothingDone();
  });

  test("waits for the claim that is on its way, and owns it with the right invoice", async () => {
    const waiting = request(spent);
    await world.clock.sleep(4_000);
    const first = await request(purchaseRequest());
    expect(first).toMatchObject({ kind: "owned", replayed: false });
    expect(await waiting).toMatchObject({ kind: "owned", replayed: true, purchase: { state: "delivered" } });
    expect(world.store.counts.claims).toBe(1);
    expect(world.supplier.orders.size).toBe(1);
  });

  test.each([OTHER_INVOICE, null])("with the invoice %s, not its own, gets no secret", async (invoiceId) => {
    world.store.overwrite(purchaseIn("delivered"));
    const outcome = await request(purchaseRequest({ settlement: SPENT, invoiceId }, OTHER_GRANT));
    expect(outcome).toEqual({ kind: "already_used", orderId: ORDER_ID, state: "delivered" });
    expect(JSON.stringify(outcome)).not.toContain(ACTIVATION_CODE);
  });

  test("without an invoice does not own what was bought without one", async () => {
    world.store.overwrite(purchaseIn("delivered", { invoiceId: null }));
    const outcome = await request(purchaseRequest({ settlement: SPENT, invoiceId: null }, OTHER_GRANT));
    expect(outcome).toEqual({ kind: "already_used", orderId: ORDER_ID, state: "delivered" });
  });
});

describe.each([
  ["contested", CONTESTED],
  ["unknown", UNKNOWN],
])("a payment that is %s", (_, settlement) => {
  const contested = purchaseRequest({ settlement }, OTHER_GRANT);
  const claimedAfter = () => (world.store.all()[0]?.createdAt ?? 0) - START;

  test("and that nobody else claims is its own: the chain tells that it landed", async () => {
    world.chain.landsAt = START;
    expect(await request(contested)).toMatchObject({
      kind: "owned",
      replayed: false,
      purchase: { state: "delivered", transaction: TRANSACTION },
    });
    expect(claimedAfter()).toBeGreaterThanOrEqual(world.ports.edgeBudgetMs);
    expect(world.facilitator.requests).toEqual([]);
  });

  test("has waited at the edge already for whoever began before it", async () => {
    world.chain.landsAt = START;
    const timings = { verify: 200, settle: 4_000 };
    await request({ ...contested, payment: { ...contested.payment, timings } });
    expect(claimedAfter()).toBeGreaterThanOrEqual(world.ports.edgeBudgetMs - 4_200);
    expect(claimedAfter()).toBeLessThan(world.ports.edgeBudgetMs);
  });

  test.each([
    ["its own invoice", INVOICE, { kind: "owned", replayed: true, purchase: { state: "delivered" } }],
    ["another invoice", OTHER_INVOICE, { kind: "already_used", orderId: ORDER_ID }],
  ])("is left to a rival whose claim comes within the edge's budget; with %s", async (_, invoiceId, expected) => {
    world.chain.landsAt = START;
    const waiting = request({ ...contested, payment: { ...contested.payment, invoiceId } });
    await world.clock.sleep(world.ports.edgeBudgetMs - 1);
    await request(purchaseRequest());
    expect(await waiting).toMatchObject(expected);
    expect(world.store.counts.claims).toBe(1);
    expect(world.supplier.orders.size).toBe(1);
  });

  test("and whose nonce went elsewhere is void, and nothing is ordered", async () => {
    world.chain.usedElsewhereAt = START;
    expect(await request(contested)).toMatchObject({ kind: "owned", purchase: { state: "void" } });
    expect(world.supplier.orders.size).toBe(0);
  });
});

describe.each(lookupCodes)("a payment looked up because of %s", (code) => {
  const lookup = purchaseRequest({ settlement: { state: "lookup", code } }, OTHER_GRANT);

  test("is answered from what it bought", async () => {
    world.store.overwrite(purchaseIn("delivered"));
    expect(await request(lookup)).toEqual({
      kind: "owned",
      replayed: true,
      purchase: purchaseIn("delivered"),
    });
  });

  test("is refused with that code when its nonce is unused, and nothing is claimed", async () => {
    expect(await request(lookup)).toEqual({ kind: "refused", code });
    expect(world.clock.now()).toBe(START);
    expectNothingDone();
  });

  test("is already used when its nonce is, though nobody claimed it", async () => {
    world.chain.landsAt = START;
    expect(await request(lookup)).toEqual({ kind: "already_used", orderId: ORDER_ID, state: null });
    expectNothingDone();
  });

  test("is unresolved while the chain can't be reached", async () => {
    world.chain.reachableAt = Number.POSITIVE_INFINITY;
    expect(await request(lookup)).toEqual({ kind: "unresolved" });
    expectNothingDone();
  });
});

describe("a payment that was claimed for another request", () => {
  const settlements = [
    UNKNOWN,
    SPENT,
    CONTESTED,
    { state: "settled", transaction: TRANSACTION },
    { state: "lookup", code: "payment_expired" },
  ] as const;

  test.each(settlements)("buys nothing else, even with its invoice: $state", async (settlement) => {
    world.store.overwrite(purchaseIn("delivered"));
    const other = purchaseRequest({ settlement }, { fingerprint: OTHER_FINGERPRINT });
    expect(await request(other)).toEqual({ kind: "other_request", orderId: ORDER_ID, state: "delivered" });
    expect(world.supplier.orders.size).toBe(0);
  });
});

describe("the same grant again, as CloudFront repeats a GET", () => {
  const grant = purchaseRequest({ invoiceId: null }, { goods: { kind: "resource", path: "/report" } });

  test("is owned without an invoice", async () => {
    const first = await request(grant);
    const second = await request(grant);
    expect(first).toMatchObject({ kind: "owned", replayed: false, purchase: { state: "delivered" } });
    expect(second).toMatchObject({ kind: "owned", replayed: true, purchase: { state: "delivered" } });
    expect(world.store.counts.claims).toBe(1);
  });

  test("is not owned under another grant", async () => {
    await request(grant);
    expect(await request({ ...grant, ...OTHER_GRANT })).toMatchObject({ kind: "already_used" });
  });
});

describe("twenty arrivals of one payment at once", () => {
  const COUNT = 20;
  const arrivals = (settlement: (index: number) => PurchaseRequest["payment"]["settlement"]) =>
    Promise.all(
      Array.from({ length: COUNT }, (_, index) =>
        request(purchaseRequest({ settlement: settlement(index) }, { grantId: `grant-${index}` })),
      ),
    );

  test.each<[string, (index: number) => PurchaseRequest["payment"]["settlement"]]>([
    ["settled", () => ({ state: "settled", transaction: TRANSACTION })],
    ["unknown", () => UNKNOWN],
    ["contested", () => CONTESTED],
    ["spent but for one", (index: number) => (index === 13 ? UNKNOWN : SPENT)],
  ])("%s: one claim, one order, and the same goods for all", async (_, settlement) => {
    world.chain.landsAt = START + 3_000;
    const outcomes = await arrivals(settlement);
    const goods = outcomes.map((outcome) => (outcome.kind === "owned" ? outcome.purchase : outcome.kind));
    expect(goods).toEqual(Array.from({ length: COUNT }, () => world.store.all()[0]));
    expect(world.store.all()).toMatchObject([{ state: "delivered", fingerprint: FINGERPRINT }]);
    expect(outcomes.filter((outcome) => outcome.kind === "owned" && !outcome.replayed)).toHaveLength(1);
    expect(world.store.counts.claims).toBe(1);
    expect([...world.supplier.orders.keys()]).toEqual([ORDER_ID]);
  });
});

test("a replay waits for whoever works on the purchase, and does not work on it itself", async () => {
  world.store.overwrite({ ...purchaseIn("settled"), dueAt: START + 20_000 });
  const replay = request(purchaseRequest({}, OTHER_GRANT));
  await world.clock.sleep(10_000);
  expect(world.supplier.orders.size).toBe(0);
  world.store.overwrite(purchaseIn("delivered"));
  expect(await replay).toMatchObject({ kind: "owned", purchase: { state: "delivered" } });
  expect(world.supplier.orders.size).toBe(0);
});

test("a replay takes over from whoever has not finished by the time it was given", async () => {
  world.store.overwrite({ ...purchaseIn("settled"), dueAt: START + 5_000 });
  const outcome = await request(purchaseRequest({}, OTHER_GRANT));
  expect(outcome).toMatchObject({ kind: "owned", replayed: true, purchase: { state: "delivered" } });
  expect([...world.supplier.orders.keys()]).toEqual([ORDER_ID]);
});
