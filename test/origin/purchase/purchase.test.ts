/** What each change brings along, and how a purchase begins. */

import { describe, expect, test } from "vitest";
import { claimed } from "../../../origin/purchase/claimed.ts";
import { refundTransaction } from "../../builders/origin-chain.ts";
import { TRANSACTION } from "../../builders/origin-ports.ts";
import {
  applied,
  EARNED,
  ESIM,
  LANDED_LATE,
  newPurchase,
  purchaseIn,
  REFUND_LAPSED,
  REFUND_SIGNED,
  SETTLED,
  SIGNATURE,
  settledClaim,
  VOIDED,
} from "../../builders/origin-purchase.ts";
import { NOW } from "../../builders/payment.ts";

const LATER = NOW * 1_000 + 700;

describe("what a change brings along", () => {
  test.each([
    ["settling", SETTLED],
    ["secured", EARNED],
  ] as const)("%s that settles records the transaction and the time, and forgets the signature", (state, change) => {
    const settled = applied(purchaseIn(state), change, LATER, LATER);
    expect(settled).toMatchObject({ transaction: TRANSACTION, settledAt: LATER, signature: null });
  });

  test.each([
    "reserved",
    "securing",
    "secured",
  ] as const)("%s keeps the signature to settle with", (state) => {
    expect(purchaseIn(state)).toMatchObject({ signature: SIGNATURE, transaction: null, settledAt: null });
  });

  test("a void purchase forgets the signature and has no transaction", () => {
    expect(purchaseIn("void")).toMatchObject({
      signature: null,
      transaction: null,
      settledAt: null,
      release: "none",
    });
  });

  test("goods that were secured for a payment that did not come leave the item, and go back", () => {
    const before = purchaseIn("secured");
    expect(before.delivery).toEqual(ESIM);
    const after = applied(before, VOIDED, LATER, LATER);
    expect(after).toMatchObject({ delivery: null, signature: null, release: "due", reason: "expired" });
  });

  test("an order keeps the supplier's number, a delivery the goods, a failure neither", () => {
    expect(purchaseIn("ordered")).toMatchObject({
      placements: [{ kind: "placed", orderNo: "B1" }],
      delivery: null,
    });
    expect(purchaseIn("delivered")).toMatchObject({
      placements: [{ kind: "placed", orderNo: "B1" }],
      delivery: ESIM,
    });
    expect(purchaseIn("refund_due")).toMatchObject({
      placements: null,
      delivery: null,
      reason: "out_of_stock",
    });
  });

  test.each([
    [true, "due"],
    [false, "none"],
  ] as const)("what may be at the supplier (%s) makes its release %s", (orderMayExist, release) => {
    const failed = { type: "failed", reason: "supplier_too_slow", orderMayExist } as const;
    expect(applied(purchaseIn("settled"), failed, LATER, LATER).release).toBe(release);
    const dropped = { ...failed, type: "dropped" } as const;
    expect(applied(purchaseIn("reserved"), dropped, LATER, LATER).release).toBe(release);
  });

  test("a failure owes the whole price, a late landing as well", () => {
    const { value } = newPurchase().authorization;
    const owed = { number: 1, amount: value, earlier: 0n, signed: null, transaction: null };
    expect(purchaseIn("refund_due").refund).toEqual(owed);
    expect(applied(purchaseIn("void"), LANDED_LATE, LATER, LATER)).toMatchObject({
      refund: owed,
      transaction: TRANSACTION,
      settledAt: LATER,
    });
  });

  test("a refund keeps what was signed until it lapses, and its transaction once it is paid", () => {
    if (REFUND_SIGNED.type !== "refund_signed") throw new Error("a signed refund was expected");
    const { authorization, signature } = REFUND_SIGNED;
    const signing = purchaseIn("refunding");
    expect(signing.refund).toMatchObject({ number: 1, signed: { authorization, signature } });
    const lapsed = applied(signing, REFUND_LAPSED, LATER, LATER);
    expect(lapsed.refund).toMatchObject({ number: 1, signed: null, transaction: null });
    expect(purchaseIn("refunded").refund).toMatchObject({ transaction: refundTransaction(0) });
  });

  test("the purchase before the change stays as it was", () => {
    const before = purchaseIn("settling");
    const copy = structuredClone(before);
    applied(before, SETTLED, LATER, LATER);
    expect(before).toEqual(copy);
  });
});

describe("a claim", () => {
  test("with a transaction is settled from the start", () => {
    const { webhookUrl: _, ...fields } = newPurchase();
    expect(settledClaim()).toMatchObject({
      ...fields,
      version: 1,
      state: "settled",
      transaction: TRANSACTION,
      settledAt: fields.createdAt,
      placements: null,
      delivery: null,
      webhook: null,
    });
  });

  test.each(["settling", "reserved"] as const)("that is %s keeps the signature to settle with", (state) => {
    const purchase = claimed(newPurchase({ signature: SIGNATURE }), { state });
    expect(purchase).toMatchObject({ state, settledAt: null, transaction: null, signature: SIGNATURE });
  });

  test("opens the ledger with what was paid for what", () => {
    const { authorization, fingerprint, invoiceId, createdAt } = newPurchase();
    const { ledger } = settledClaim();
    expect(ledger.map(({ at, event }) => ({ at, event: JSON.parse(event) }))).toEqual([
      {
        at: createdAt,
        event: {
          type: "claimed",
          state: "settled",
          price: authorization.value.toString(),
          fingerprint,
          invoice: invoiceId,
          transaction: TRANSACTION,
        },
      },
    ]);
  });
});
