/** What is archived of a purchase, and above all what is not. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { archiveRecord, recordLine } from "../../../origin/archive/record.ts";
import type { Purchase } from "../../../origin/purchase/purchase.ts";
import { anyPurchase } from "../../builders/arbitrary-purchase.ts";
import { ACTIVATION_CODE } from "../../builders/origin-ports.ts";
import { LINE, ONE, purchaseIn, SIGNATURE } from "../../builders/origin-purchase.ts";

const states = ["settling", "settled", "ordered", "delivered", "void", "refund_due"] as const;

const PRIVATE = {
  claimId: "private-claim",
  grantId: "private-grant",
  agentId: "private-agent",
  goods: { kind: "esims", lines: [{ ...LINE, deviceId: "private-device" }] },
} as const;

describe("a record", () => {
  test.each(states)("of a purchase that is %s names nothing secret and nobody's device", (state) => {
    const line = recordLine(archiveRecord(purchaseIn(state, PRIVATE)));
    expect(line).not.toContain("private");
    expect(line).not.toContain(SIGNATURE);
    expect(line).not.toContain(ACTIVATION_CODE);
    for (const { iccid } of [ONE]) expect(line).not.toContain(iccid);
  });

  test("does not change with anything but what it names", () => {
    const unnamed = [
      "version",
      "claimId",
      "grantId",
      "signature",
      "agentId",
      "settledAt",
      "dueAt",
      "placements",
      "delivery",
      "missing",
    ] as const;
    fc.assert(
      fc.property(anyPurchase, anyPurchase, (one, other) => {
        const others = Object.fromEntries(unnamed.map((name) => [name, other[name]]));
        const changed: Purchase = { ...one, ...others };
        expect(recordLine(archiveRecord(changed))).toBe(recordLine(archiveRecord(one)));
      }),
    );
  });

  test("holds what a dispute turns on", () => {
    const purchase = purchaseIn("delivered");
    expect(archiveRecord(purchase)).toMatchObject({
      order: purchase.id,
      payer: purchase.authorization.from,
      payTo: purchase.authorization.to,
      amount: purchase.authorization.value,
      nonce: purchase.authorization.nonce,
      transaction: purchase.transaction,
      state: "delivered",
      ledger: purchase.ledger,
    });
  });

  test("is one line", () => {
    fc.assert(fc.property(anyPurchase, (purchase) => !recordLine(archiveRecord(purchase)).includes("\n")));
  });
});
