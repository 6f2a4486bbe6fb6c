/** A purchase changes in the allowed ways alone, and remembers all of them. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isIntact } from "../../../origin/purchase/ledger.ts";
import {
  apply,
  type Change,
  claimed,
  isFinal,
  type PurchaseState,
} from "../../../origin/purchase/purchase.ts";
import { ACTIVATION_CODE, TRANSACTION } from "../../builders/origin-ports.ts";
import {
  DELIVERED,
  ESIM,
  FAILED,
  newPurchase,
  ORDERED,
  purchaseIn,
  SETTLED,
  SIGNATURE,
  VOIDED,
} from "../../builders/origin-purchase.ts";
import { NOW } from "../../builders/payment.ts";

const states = ["settling", "settled", "ordered", "delivered", "void", "refund_due"] as const;
const changes: readonly Change[] = [SETTLED, ORDERED, DELIVERED, VOIDED, FAILED];

/** Written out again, so that a transition added by mistake is seen. */
const allowed: Readonly<Record<string, PurchaseState>> = {
  "settling settled": "settled",
  "settling voided": "void",
  "settled ordered": "ordered",
  "settled delivered": "delivered",
  "settled failed": "refund_due",
  "ordered delivered": "delivered",
  "ordered failed": "refund_due",
};

const LATER = NOW * 1_000 + 700;

describe("state and change", () => {
  const pairs = states.flatMap((state) =>
    changes.map((change) => ({ state, change, type: change.type, next: allowed[`${state} ${change.type}`] })),
  );

  test.each(pairs.filter(({ next }) => next !== undefined))("$state and $type give $next", (pair) => {
    const before = purchaseIn(pair.state);
    const after = apply(before, pair.change, LATER, LATER + 5);
    expect(after).toMatchObject({
      state: pair.next,
      version: before.version + 1,
      dueAt: LATER + 5,
      id: before.id,
      authorization: before.authorization,
    });
    expect(after.ledger).toHaveLength(before.ledger.length + 1);
    expect(after.ledger.slice(0, -1)).toEqual(before.ledger);
    expect(after.ledger.at(-1)?.at).toBe(LATER);
  });

  test.each(pairs.filter(({ next }) => next === undefined))("$state can't be $type", ({ state, change }) => {
    expect(() => apply(purchaseIn(state), change, LATER, LATER)).toThrow(`${state} can't be ${change.type}`);
  });

  test.each(states)("%s is final exactly when nothing may follow it", (state) => {
    const canChange = Object.keys(allowed).some((pair) => pair.startsWith(`${state} `));
    expect(isFinal(state)).toBe(!canChange);
  });
});

describe("what a change brings along", () => {
  test("settling again records the transaction and the time, and forgets the signature", () => {
    const settled = apply(purchaseIn("settling"), SETTLED, LATER, LATER);
    expect(settled).toMatchObject({ transaction: TRANSACTION, settledAt: LATER, signature: null });
  });

  test("a void purchase forgets the signature and has no transaction", () => {
    expect(purchaseIn("void")).toMatchObject({ signature: null, transaction: null, settledAt: null });
  });

  test("an order keeps the supplier's number, a delivery the goods, a failure neither", () => {
    expect(purchaseIn("ordered")).toMatchObject({ supplierOrder: "B1", delivery: null });
    expect(purchaseIn("delivered")).toMatchObject({ supplierOrder: "B1", delivery: ESIM });
    expect(purchaseIn("refund_due")).toMatchObject({ supplierOrder: null, delivery: null });
  });

  test("the purchase before the change stays as it was", () => {
    const before = purchaseIn("settling");
    const copy = structuredClone(before);
    apply(before, SETTLED, LATER, LATER);
    expect(before).toEqual(copy);
  });
});

describe("a claim", () => {
  test("with a transaction is settled from the start", () => {
    const fields = newPurchase();
    expect(claimed(fields)).toMatchObject({
      ...fields,
      version: 1,
      state: "settled",
      settledAt: fields.createdAt,
      supplierOrder: null,
      delivery: null,
    });
  });

  test("without a transaction is settling, and keeps the signature to settle with", () => {
    const purchase = claimed(newPurchase({ transaction: null, signature: SIGNATURE }));
    expect(purchase).toMatchObject({ state: "settling", settledAt: null, signature: SIGNATURE });
  });

  test("opens the ledger with what was paid for what", () => {
    const { authorization, fingerprint, invoiceId, createdAt } = newPurchase();
    const { ledger } = claimed(newPurchase());
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

describe("along any path", () => {
  const anyPath = fc.array(fc.constantFrom(...changes), { maxLength: 8 });

  /** Takes the changes that are allowed and leaves the others out. */
  function walk(path: readonly Change[]) {
    let purchase = claimed(newPurchase({ transaction: null, signature: SIGNATURE }));
    const seen = [purchase];
    path.forEach((change, index) => {
      if (allowed[`${purchase.state} ${change.type}`] === undefined) return;
      purchase = apply(purchase, change, NOW * 1_000 + index, NOW * 1_000);
      seen.push(purchase);
    });
    return seen;
  }

  test("the ledger is intact and has one entry for each version", () => {
    fc.assert(
      fc.property(anyPath, (path) => {
        for (const { ledger, version } of walk(path)) {
          expect(isIntact(ledger)).toBe(true);
          expect(ledger).toHaveLength(version);
        }
      }),
    );
  });

  test("no ledger event holds a signature or an activation code", () => {
    const [, , matchingId = ""] = ACTIVATION_CODE.split("$");
    fc.assert(
      fc.property(anyPath, (path) => {
        const ledger = JSON.stringify(walk(path).at(-1)?.ledger);
        expect(ledger).not.toContain(SIGNATURE);
        expect(ledger).not.toContain(matchingId);
      }),
    );
    expect(JSON.stringify(purchaseIn("delivered").delivery)).toContain(matchingId);
  });
});
