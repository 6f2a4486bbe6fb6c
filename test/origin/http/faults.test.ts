/** What a buyer is answered when something of ours is down: never that the money is lost, never to sign again. */

import { beforeEach, describe, expect, test } from "vitest";
import { StoreUnavailableError } from "../../../origin/purchase/ports.ts";
import { grantedPayment, UNKNOWN } from "../../builders/origin-purchase.ts";
import { ACTIVATE, expectProblem, forward, headerOf, openShop, type Shop } from "./shop.ts";

let shop: Shop;
beforeEach(() => {
  shop = openShop();
});

describe("what can't be told", () => {
  test("because the chain is down is 503, and the same payment may come again", async () => {
    shop.world.chain.reachableAt = Number.POSITIVE_INFINITY;
    const settlement = { state: "lookup", code: "payment_expired" } as const;
    const response = await forward(shop, ACTIVATE, grantedPayment({ settlement }));
    expectProblem(response, "payment_unresolved", {
      retry_action: "retry_same_payment",
      payment_state: "in_flight",
    });
    expect(headerOf(response, "retry-after")).toBe("2");
  });

  test("because the table is down is 503, and nothing is ordered or settled", async () => {
    shop.world.store.faults.claim.push("unavailable");
    const response = await forward(shop, ACTIVATE, grantedPayment({ settlement: UNKNOWN }));
    expectProblem(response, "purchase_unrecorded", {
      retry_action: "retry_same_payment",
      payment_state: "in_flight",
    });
    expect(headerOf(response, "retry-after")).toBe("2");
    expect(shop.world.supplier.orders.size).toBe(0);
    expect(shop.world.facilitator.requests).toEqual([]);
  });

  test("because of a fault of ours is 500, with none of its text", async () => {
    const broken = async () => {
      throw new TypeError("cannot read the secret hunter2");
    };
    shop = openShop(({ store }) => ({ store: { ...store, claim: broken } }));
    const response = await forward(shop, ACTIVATE, grantedPayment());
    expectProblem(response, "internal_error", { retry_action: "retry_same_payment" });
    expect(response.body).not.toMatch(/hunter2|TypeError/);
    expect(shop.world.log).toEqual([{ event: "internal_error", error: "TypeError" }]);
  });

  test("because a table's fault quotes what was sent is 503, with none of its text", async () => {
    const broken = async () => {
      throw new StoreUnavailableError("hunter2");
    };
    shop = openShop(({ store }) => ({ store: { ...store, claim: broken } }));
    const response = await forward(shop, ACTIVATE, grantedPayment());
    expectProblem(response, "purchase_unrecorded");
    expect(response.body).not.toContain("hunter2");
  });
});
