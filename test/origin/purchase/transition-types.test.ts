/**
 * An impossible transition does not compile: each `@ts-expect-error` is an error of its own once the line below it
 * compiles. What a cast would let through is thrown out all the same.
 */

import { expect, test } from "vitest";
import { apply } from "../../../origin/purchase/changes.ts";
import { isIn, type Purchase, type PurchaseIn } from "../../../origin/purchase/purchase.ts";
import type { PurchaseState } from "../../../origin/purchase/states.ts";
import { TRANSACTION } from "../../builders/origin-ports.ts";
import { ESIM, purchaseIn } from "../../builders/origin-purchase.ts";

const AT = 1_800_000_000_000;

function narrowed<State extends PurchaseState>(state: State): PurchaseIn<State> {
  const purchase = purchaseIn(state);
  if (!isIn(purchase, state)) throw new Error(`a purchase that is ${state} was expected`);
  return purchase;
}

const delivered = { type: "delivered", delivery: ESIM } as const;
const failed = { type: "failed", reason: "x", orderMayExist: false } as const;
const voided = { type: "voided", reason: "expired" } as const;
const earned = { type: "earned", transaction: TRANSACTION, by: "chain" } as const;
const refunded = { type: "refunded", transaction: TRANSACTION } as const;
const landedLate = { type: "landed_late", transaction: TRANSACTION } as const;

test("possible transitions compile", () => {
  expect(apply(narrowed("settled"), delivered, AT, AT).state).toBe("delivered");
  expect(apply(narrowed("secured"), earned, AT, AT).state).toBe("delivered");
  expect(apply(narrowed("refunding"), refunded, AT, AT).state).toBe("refunded");
  expect(apply<"void", "reconciler">(narrowed("void"), landedLate, AT, AT).state).toBe("refund_due");
});

test("what every one of several states allows compiles", () => {
  const unpaid: PurchaseIn<"settling" | "secured"> = narrowed("secured");
  expect(apply(unpaid, voided, AT, AT).state).toBe("void");
});

test("goods for money that is not ours yet do not compile", () => {
  // @ts-expect-error nobody knows whether the money came
  expect(() => apply(narrowed("settling"), delivered, AT, AT)).toThrow();
  // @ts-expect-error the payment was handed to nobody
  expect(() => apply(narrowed("reserved"), delivered, AT, AT)).toThrow();
  // @ts-expect-error the goods are secured, and their payment is open
  expect(() => apply(narrowed("secured"), delivered, AT, AT)).toThrow();
  // @ts-expect-error nothing was taken
  expect(() => apply(narrowed("void"), delivered, AT, AT)).toThrow();
  // @ts-expect-error a payment is earned only once the goods are secured
  expect(() => apply(narrowed("securing"), earned, AT, AT)).toThrow();
});

const asked = { type: "return_asked", lines: [0] } as const;

test("what was delivered goes back because its owner asks for it, and for no other reason", () => {
  expect(apply<"delivered", "owner">(narrowed("delivered"), asked, AT, AT).state).toBe("returning");
  // @ts-expect-error nobody but the owner may
  expect(apply(narrowed("delivered"), asked, AT, AT).state).toBe("returning");
  // @ts-expect-error nothing of it is delivered
  expect(() => apply<"refund_due", "owner">(narrowed("refund_due"), asked, AT, AT)).toThrow();
});

test("a refund of what was delivered, and goods for what is refunded, do not compile", () => {
  // @ts-expect-error the buyer has the goods
  expect(() => apply(narrowed("delivered"), failed, AT, AT)).toThrow();
  // @ts-expect-error the money is to go back
  expect(() => apply(narrowed("refund_due"), delivered, AT, AT)).toThrow();
  // @ts-expect-error the money went back
  expect(() => apply(narrowed("refunded"), delivered, AT, AT)).toThrow();
});

test("a refund that was not signed before it was paid does not compile", () => {
  // @ts-expect-error nothing is signed
  expect(() => apply(narrowed("refund_due"), refunded, AT, AT)).toThrow();
  // @ts-expect-error nothing is signed
  expect(() => apply(narrowed("refund_blocked"), refunded, AT, AT)).toThrow();
  // @ts-expect-error settled money is not void
  expect(() => apply(narrowed("settled"), voided, AT, AT)).toThrow();
});

test("a late landing is found by the reconciler or told by the gateway, and not the driver's to find", () => {
  // @ts-expect-error the driver does not look at void purchases' payments
  expect(apply(narrowed("void"), landedLate, AT, AT).state).toBe("refund_due");
  // @ts-expect-error the reconciler does not void
  expect(apply<"settling", "reconciler">(narrowed("settling"), voided, AT, AT).state).toBe("void");
});

test("what only some of several states allow does not compile", () => {
  const either: PurchaseIn<"settled" | "settling"> = narrowed("settling");
  // @ts-expect-error a purchase that is settling can't be delivered
  expect(() => apply(either, delivered, AT, AT)).toThrow();
  const any: Purchase = purchaseIn("void");
  // @ts-expect-error no change fits every state
  expect(() => apply(any, delivered, AT, AT)).toThrow();
});
