/** An unknown settlement is resolved from the chain, settled again, or void; and void only when it can't land any more. */

import { beforeEach, describe, expect, test } from "vitest";
import { buy } from "../../../origin/purchase/buy.ts";
import { follow } from "../../../origin/purchase/follow.ts";
import type { Purchase } from "../../../origin/purchase/purchase.ts";
import type { SettleOutcome } from "../../../protocol/settlement.ts";
import { type OriginWorld, originWorld, TRANSACTION } from "../../builders/origin-ports.ts";
import {
  ESIM,
  EXPIRES_AT,
  GOODS,
  grantedPayment,
  LINE,
  purchaseRequest,
  SIGNATURE,
  UNKNOWN,
} from "../../builders/origin-purchase.ts";
import { NOW } from "../../builders/payment.ts";

const START = NOW * 1_000;

let world: OriginWorld;
beforeEach(() => {
  world = originWorld();
});

async function bought(payment = purchaseRequest()): Promise<Purchase> {
  const outcome = await buy(payment, world.ports);
  if (outcome.kind !== "owned") throw new Error(`expected to own the purchase: ${outcome.kind}`);
  return outcome.purchase;
}

const buyUnknown = () => bought(purchaseRequest({ settlement: UNKNOWN }));

/** What a poller or the sweeper does: takes the purchase over once it is due, for as long as a request lasts. */
async function takeOver(purchase: Purchase, budgetMs = 23_000): Promise<Purchase> {
  world.clock.advanceTo(purchase.dueAt);
  return follow(purchase, world.ports, world.clock.now() + budgetMs);
}

function stored(): Purchase {
  const [purchase, ...others] = world.store.all();
  if (purchase === undefined || others.length > 0) throw new Error("one purchase was expected");
  return purchase;
}

const states = () =>
  stored().ledger.map(({ event }): unknown => {
    const { type, by, reason } = JSON.parse(event);
    return by === undefined && reason === undefined ? type : `${type}: ${by ?? reason}`;
  });

test("a settled payment is claimed, ordered and delivered, and the facilitator is not asked", async () => {
  const purchase = await bought();
  expect(purchase).toMatchObject({
    state: "delivered",
    transaction: TRANSACTION,
    delivery: { kind: "esims" },
  });
  expect(purchase).toEqual(stored());
  expect(states()).toEqual(["claimed", "ordered", "delivered"]);
  expect(world.facilitator.requests).toEqual([]);
  expect(world.log.map(({ event }) => event)).toEqual([
    "purchase_claimed",
    "purchase_moved",
    "purchase_moved",
  ]);
});

test("a fixed-price resource is delivered without the supplier", async () => {
  const purchase = await bought(purchaseRequest({}, { goods: { kind: "resource", path: "/report" } }));
  expect(purchase.delivery).toMatchObject({ kind: "resource" });
  expect(world.supplier.orders.size).toBe(0);
});

describe("an unknown settlement", () => {
  test("that shows on chain within the grace is delivered and not settled again", async () => {
    world.chain.landsAt = START + 700;
    expect(await buyUnknown()).toMatchObject({ state: "delivered", transaction: TRANSACTION });
    expect(states()).toEqual(["claimed", "settled: chain", "ordered", "delivered"]);
    expect(world.facilitator.requests).toEqual([]);
  });

  test("that lands late, while the facilitator has nothing to say, is delivered", async () => {
    world.facilitator.onSettle = () => ({ kind: "unknown", fault: "timeout" });
    world.chain.landsAt = START + 18_000;
    expect(await buyUnknown()).toMatchObject({ state: "delivered", transaction: TRANSACTION });
    expect(states()).toEqual(["claimed", "settled: chain", "ordered", "delivered"]);
  });

  test("that never landed is settled again by the origin, with the payer's own signature and our terms", async () => {
    expect(await buyUnknown()).toMatchObject({ state: "delivered", transaction: TRANSACTION });
    expect(states()).toEqual(["claimed", "settled: facilitator", "ordered", "delivered"]);
    const { authorization, network } = grantedPayment();
    expect(world.facilitator.requests).toEqual([
      expect.objectContaining({
        payment: {
          x402Version: 2,
          network,
          authorization,
          signature: SIGNATURE,
          accepted: null,
          identifier: null,
        },
        accepted: world.ports.networks[0],
        terms: expect.objectContaining({
          price: authorization.value,
          resourceUrl: "https://shop.example.com/v1/esim/activate",
        }),
      }),
    ]);
  });

  test.each([
    ["an allotment", { ...GOODS, allotment: true }, "/v1/esim/allotments"],
    ["a batch", { ...GOODS, lines: [LINE, LINE] }, "/v1/esim/activate/batch"],
    ["a resource", { kind: "resource", path: "/report" }, "/report"],
  ] as const)("that bought %s is settled again for its own path", async (_, goods, path) => {
    await bought(purchaseRequest({ settlement: UNKNOWN }, { goods }));
    const resourceUrl = `https://shop.example.com${path}`;
    expect(world.facilitator.requests[0]?.terms).toMatchObject({ resourceUrl });
  });

  test("that was settled is stored without its signature", async () => {
    world.facilitator.onSettle = () => ({ kind: "unknown", fault: "timeout" });
    expect((await buyUnknown()).signature).toBe(SIGNATURE);
    world.chain.landsAt = 0;
    await takeOver(stored());
    expect(stored()).toMatchObject({ state: "delivered", signature: null });
  });

  test("asks the facilitator every five seconds, not at each look", async () => {
    world.facilitator.onSettle = () => ({ kind: "unknown", fault: "timeout" });
    await buyUnknown();
    expect(world.facilitator.requests).toHaveLength(4);
    const { log } = world;
    expect(log.filter(({ event }) => event === "settlement_retried")).toHaveLength(4);
  });

  test("never asks the facilitator for longer than five seconds, or than its own budget lasts", async () => {
    world.facilitator.onSettle = () => ({ kind: "unknown", fault: "timeout" });
    await buyUnknown();
    const timeouts = world.facilitator.requests.map(({ timeoutMs }) => timeoutMs);
    expect(timeouts).toEqual([5_000, 5_000, 5_000, 1_000]);
  });

  const noVerdicts: readonly SettleOutcome[] = [
    { kind: "rejected", reason: "insufficient_funds" },
    { kind: "rejected", reason: "invalid_signature" },
    { kind: "rejected", reason: "expired" },
    { kind: "spent" },
    { kind: "unknown", fault: "status_500" },
  ];

  test.each(noVerdicts)("is not void because the facilitator says $kind $reason", async (verdict) => {
    world.facilitator.onSettle = () => verdict;
    expect(await buyUnknown()).toMatchObject({ state: "settling", signature: SIGNATURE });
    world.chain.landsAt = world.clock.now();
    expect(await takeOver(stored())).toMatchObject({ state: "delivered" });
  });
});

describe("an authorization that never lands", () => {
  beforeEach(() => {
    world.facilitator.onSettle = () => ({ kind: "rejected", reason: "insufficient_funds" });
  });

  test("is still settling at the deadline", async () => {
    const purchase = await buyUnknown();
    expect(purchase.state).toBe("settling");
    expect(world.clock.now()).toBe(START + 23_000);
    expect(stored().state).toBe("settling");
  });

  test("is not void a second before the chain's time passes validBefore", async () => {
    await buyUnknown();
    world.clock.advanceTo(EXPIRES_AT - 1_001);
    const purchase = await follow(stored(), world.ports, EXPIRES_AT - 1);
    expect(purchase.state).toBe("settling");
    expect(states()).toEqual(["claimed"]);
  });

  test("is void once it has, and nothing is ordered", async () => {
    await buyUnknown();
    world.clock.advanceTo(EXPIRES_AT);
    expect(await takeOver(stored())).toMatchObject({ state: "void", delivery: null });
    expect(states()).toEqual(["claimed", "voided: expired"]);
    expect(world.supplier.orders.size).toBe(0);
  });

  test("is judged by the chain's clock, not by ours", async () => {
    const { chain } = world;
    const lagging = { kind: "unused", blockTime: BigInt(EXPIRES_AT / 1_000 - 1) } as const;
    const ports = { ...world.ports, chain: { ...chain, authorizationState: async () => lagging } };
    await buy(purchaseRequest({ settlement: UNKNOWN }), ports);
    world.clock.advanceTo(EXPIRES_AT + 30_000);
    expect(await follow(stored(), ports, world.clock.now() + 5_000)).toMatchObject({ state: "settling" });
  });
});

test("a nonce that was cancelled or used for another transfer is void, and nothing is delivered", async () => {
  world.facilitator.onSettle = () => ({ kind: "spent" });
  world.chain.usedElsewhereAt = START;
  expect(await buyUnknown()).toMatchObject({ state: "void", transaction: null, delivery: null });
  expect(states()).toEqual(["claimed", "voided: used_elsewhere"]);
  expect(world.supplier.orders.size).toBe(0);
  expect(world.facilitator.requests).toEqual([]);
});

test("a used nonce whose transaction can't be found yet is neither void nor delivered", async () => {
  const chain = {
    ...world.chain,
    authorizationState: async () => ({ kind: "used" }) as const,
    findSettlement: async () => ({ kind: "not_found" }) as const,
  };
  world.facilitator.onSettle = () => ({ kind: "spent" });
  const outcome = await buy(purchaseRequest({ settlement: UNKNOWN }), { ...world.ports, chain });
  expect(outcome).toMatchObject({ kind: "owned", purchase: { state: "settling" } });
});

describe("while the chain can't be reached", () => {
  beforeEach(() => {
    world.chain.reachableAt = Number.POSITIVE_INFINITY;
    world.facilitator.onSettle = () => ({ kind: "unknown", fault: "timeout" });
  });

  test("a payment stays settling, even long after it expired", async () => {
    await buyUnknown();
    world.clock.advanceTo(EXPIRES_AT + 3_600_000);
    expect(await takeOver(stored())).toMatchObject({ state: "settling" });
    expect(states()).toEqual(["claimed"]);
  });

  test("a settlement that the facilitator confirms counts", async () => {
    world.facilitator.onSettle = () => ({ kind: "settled", transaction: TRANSACTION });
    expect(await buyUnknown()).toMatchObject({ state: "delivered", delivery: { kind: ESIM.kind } });
  });

  test("a purchase goes on when the chain comes back", async () => {
    world.chain.landsAt = START;
    await buyUnknown();
    world.chain.reachableAt = 0;
    expect(await takeOver(stored())).toMatchObject({ state: "delivered" });
  });
});
