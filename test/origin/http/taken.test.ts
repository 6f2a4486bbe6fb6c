/** A payment that belongs to another order: what its caller is told of the money. */

import { beforeEach, describe, test } from "vitest";
import { UNCLAIMED } from "../../../origin/purchase/purchase.ts";
import { grantedPayment, purchaseIn, VERIFIED } from "../../builders/origin-purchase.ts";
import { ACTIVATE, expectProblem, fingerprintOf, forward, get, openShop, type Shop } from "./shop.ts";

const OTHER_GRANT = { id: "grant-0002" };

let shop: Shop;
beforeEach(() => {
  shop = openShop();
});

describe("a payment that comes again", () => {
  test.each([
    ["refund_due", "settled"],
    ["refunded", "refunded"],
    ["settling", "in_flight"],
    ["void", "unused"],
  ] as const)("for another request tells what became of the money: %s is %s", async (state, paymentState) => {
    shop.world.store.overwrite(purchaseIn(state, { fingerprint: fingerprintOf(get("/report")) }));
    const response = await forward(shop, ACTIVATE, grantedPayment({ settlement: VERIFIED }), OTHER_GRANT);
    expectProblem(response, "payment_for_other_request", { payment_state: paymentState });
  });

  test("after the reconciler claimed it for nobody has been used, and is being given back", async () => {
    const goods = { kind: "unavailable", reason: UNCLAIMED } as const;
    const nobodys = `0x${"0".repeat(64)}` as const;
    shop.world.store.overwrite({ ...purchaseIn("refund_due"), goods, fingerprint: nobodys });
    const response = await forward(shop, ACTIVATE, grantedPayment(), OTHER_GRANT);
    expectProblem(response, "payment_already_used", { order_state: "refund_due", payment_state: "settled" });
  });
});
