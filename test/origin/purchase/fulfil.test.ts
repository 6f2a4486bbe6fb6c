/** Settled money becomes goods or goes back, whatever the supplier does. */

import { beforeEach, describe, expect, test } from "vitest";
import { buy } from "../../../origin/purchase/buy.ts";
import { drive, FULFIL_WITHIN_MS } from "../../../origin/purchase/drive.ts";
import { follow } from "../../../origin/purchase/follow.ts";
import { isDecided, type Purchase } from "../../../origin/purchase/purchase.ts";
import { dispositions, type SupplierRefusal } from "../../../origin/supplier/errors.ts";
import { type OriginWorld, originWorld } from "../../builders/origin-ports.ts";
import { ORDER_ID, purchaseRequest } from "../../builders/origin-purchase.ts";
import { NOW } from "../../builders/payment.ts";

const START = NOW * 1_000;
const BUDGET_MS = 23_000;

let world: OriginWorld;
beforeEach(() => {
  world = originWorld();
});

/** Buys, then polls as an agent would until the purchase is decided. */
async function buyAndFollow(request = purchaseRequest()): Promise<Purchase> {
  const outcome = await buy(request, world.ports);
  if (outcome.kind !== "owned") throw new Error(`expected to own the purchase: ${outcome.kind}`);
  let { purchase } = outcome;
  for (let polls = 0; !isDecided(purchase.state) && polls < 10; polls++) {
    purchase = await follow(purchase, world.ports, world.clock.now() + BUDGET_MS);
  }
  return purchase;
}

/** When and why the goods were given up. */
function failed({ ledger }: Purchase): { at: number; reason: unknown } {
  const events = ledger.map(({ at, event }) => ({ at, ...JSON.parse(event) }));
  const { at, reason } = events.find(({ type }) => type === "failed") ?? {};
  return { at, reason };
}

function expectOneOrder(): void {
  expect([...world.supplier.orders.keys()]).toEqual([ORDER_ID]);
}

test("orders the plan's package once, at its wholesale price, under the order's id", async () => {
  const orders: unknown[] = [];
  const { supplier } = world;
  const order: typeof supplier.order = (request) => {
    orders.push(request);
    return supplier.order(request);
  };
  await buy(purchaseRequest(), { ...world.ports, supplier: { ...supplier, order } });
  expect(orders).toEqual([{ transactionId: ORDER_ID, packageCode: "EU_1_7", count: 1, unitPrice: 9_000n }]);
});

test.each([
  "timeout",
  "http_500",
  "bad_answer",
] as const)("an order that ends in %s is repeated", async (detail) => {
  world.supplier.orderAnswers.push({ kind: "unknown", detail }, { kind: "unknown", detail });
  world.supplier.profileAnswers.push({ kind: "unknown", detail });
  expect(await buyAndFollow()).toMatchObject({
    state: "delivered",
    placements: [{ kind: "placed", orderNo: "B1" }],
  });
  expectOneOrder();
  const failed = world.log.filter(({ event }) => event === "supplier_failed");
  expect(failed).toEqual(
    Array.from({ length: 3 }, () => expect.objectContaining({ reason: "unknown", code: detail })),
  );
});

test("a profile that takes longer than one request is delivered to a later one", async () => {
  world.supplier.allocationMs = 40_000;
  const outcome = await buy(purchaseRequest(), world.ports);
  expect(outcome).toMatchObject({ kind: "owned", purchase: { state: "ordered", delivery: null } });
  expect(world.clock.now()).toBe(START + BUDGET_MS);
  expect(await buyAndFollow(purchaseRequest())).toMatchObject({ state: "delivered" });
  expectOneOrder();
});

test("an order is ready only when it lists a profile", async () => {
  world.supplier.profileAnswers.push({ kind: "ready", profiles: [] });
  expect(await buyAndFollow()).toMatchObject({ state: "delivered" });
});

describe("a refusal", () => {
  /** Written out again, so that a disposition changed by mistake is seen. */
  const goesOn = ["server_error", "busy", "clock_rejected", "allocating"] as const;
  const ends = [
    "package_unavailable",
    "out_of_stock",
    "price_moved",
    "insufficient_balance",
    "access_denied",
    "order_abnormal",
    "order_missing",
    "unrecognized",
    "profile_missing",
    "wrong_status",
    "invalid_request",
  ] as const;
  const refusal = (reason: SupplierRefusal) => ({ kind: "refused", reason, code: "123456" }) as const;

  test("is one of those below", () => {
    expect([...goesOn, ...ends].toSorted()).toEqual(Object.keys(dispositions).toSorted());
  });

  test.each(goesOn)("for %s is asked again", async (reason) => {
    world.supplier.orderAnswers.push(refusal(reason));
    world.supplier.profileAnswers.push(refusal(reason));
    expect(await buyAndFollow()).toMatchObject({ state: "delivered" });
    expectOneOrder();
  });

  test.each(ends)("of the order for %s is refunded", async (reason) => {
    world.supplier.orderAnswers.push(refusal(reason));
    const purchase = await buyAndFollow();
    expect(purchase).toMatchObject({ state: "refunded", placements: null, delivery: null });
    expect(failed(purchase).reason).toBe(reason);
    expect(failed(purchase).at).toBe(START);
    expect(world.log).toContainEqual({ event: "supplier_failed", order: ORDER_ID, reason, code: "123456" });
  });

  test.each([
    "access_denied",
    "order_abnormal",
    "unrecognized",
  ] as const)("for %s leaves nothing billed of an order whose answer was lost", async (reason) => {
    const { supplier } = world;
    const answers = [{ kind: "unknown", detail: "timeout" } as const, refusal(reason)];
    const order: typeof supplier.order = async (request) => {
      const booked = await supplier.order(request);
      return answers.shift() ?? booked;
    };
    const ports = { ...world.ports, supplier: { ...supplier, order } };
    world = { ...world, ports };
    const refunded = await buyAndFollow();
    expect(refunded).toMatchObject({ state: "refunded", delivery: null });
    await drive(refunded, ports, { deadline: world.clock.now() + 10_000 });
    expect([...supplier.cancelled]).toEqual(["tran-B1"]);
    expectOneOrder();
  });

  test.each(ends)("of the profile for %s is refunded", async (reason) => {
    world.supplier.profileAnswers.push(refusal(reason));
    const purchase = await buyAndFollow();
    expect(purchase).toMatchObject({
      state: "refunded",
      placements: [{ kind: "placed", orderNo: "B1" }],
      delivery: null,
    });
    expect(failed(purchase).reason).toBe(reason);
  });
});

describe("what can't be had is refunded", () => {
  test.each(["CANCEL", "REVOKE"])("a profile that is %s", async (esimStatus) => {
    world.supplier.esimStatus = esimStatus;
    const purchase = await buyAndFollow();
    expect(purchase).toMatchObject({ state: "refunded", delivery: null });
    expect(failed(purchase).reason).toBe("profile_gone");
  });

  test("a supplier slower than its minute, and not before that", async () => {
    world.supplier.allocationMs = FULFIL_WITHIN_MS + 30_000;
    const purchase = await buyAndFollow();
    expect(purchase.state).toBe("refunded");
    expect(failed(purchase).reason).toBe("supplier_too_slow");
    const waited = failed(purchase).at - START;
    expect(waited).toBeGreaterThanOrEqual(FULFIL_WITHIN_MS);
    expect(waited).toBeLessThan(FULFIL_WITHIN_MS + 1_000);
  });

  test("a supplier that answers nothing for a minute", async () => {
    const silent = async () => ({ kind: "unknown", detail: "timeout" }) as const;
    world = { ...world, ports: { ...world.ports, supplier: { ...world.supplier, order: silent } } };
    expect(failed(await buyAndFollow()).reason).toBe("supplier_too_slow");
  });

  test.each([
    ["a resource nobody renders", { kind: "resource", path: "/gone" }, "resource_missing"],
    [
      "what the gateway should not have sold",
      { kind: "unavailable", reason: "price_changed" },
      "price_changed",
    ],
  ] as const)("%s", async (_, goods, reason) => {
    const purchase = await buyAndFollow(purchaseRequest({}, { goods }));
    expect(purchase).toMatchObject({ state: "refunded", delivery: null });
    expect(failed(purchase).reason).toBe(reason);
    expect(world.supplier.orders.size).toBe(0);
  });
});

test("the log names no activation code, signature or invoice", async () => {
  const purchase = await buyAndFollow();
  expect(purchase.delivery).toMatchObject({ kind: "esims" });
  const log = JSON.stringify(world.log);
  for (const secret of ["LPA:", "SECRET", String(purchase.invoiceId)]) expect(log).not.toContain(secret);
});
