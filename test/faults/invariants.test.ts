/** The checker itself: it says nothing about a world in order, and finds each way in which one is not. */

import { describe, expect, test } from "vitest";
import { claimed } from "../../origin/purchase/claimed.ts";
import type { Purchase } from "../../origin/purchase/purchase.ts";
import { usdc } from "../../protocol/money.ts";
import { networks } from "../../protocol/network.ts";
import { type Case, violations } from "../../scripts/faults/invariants.ts";
import type { Observed } from "../../scripts/faults/observe.ts";
import { subjectOf } from "../../scripts/faults/subject.ts";
import { defaultPackages } from "../../scripts/local/supplier/catalog.ts";
import { Ledger } from "../../scripts/local/supplier/ledger.ts";
import { GOODS } from "../builders/origin-purchase.ts";

const parties = { merchant: `0x${"aa".repeat(20)}`, refundWallet: `0x${"bb".repeat(20)}` } as const;
const network = networks.base;
const subject = subjectOf(1, "test", network);
const PRICE = 4_200_000n;
const CREDIT = 1_000_000n;
const TRANSACTION = `0x${"cc".repeat(32)}` as const;

const payment = {
  chain: network.chain,
  transaction: TRANSACTION,
  from: subject.payer,
  to: parties.merchant,
  value: PRICE,
};
const refund = { ...payment, from: parties.refundWallet, to: subject.payer };

const bought: Case = {
  subject,
  goods: "esim",
  bought: { signatures: 1, validBefore: 100n, result: null },
};

const NAMELESS = { iccid: "89", activationCode: "LPA:1$a$b", apn: null } as const;

function supplierWith(orders: number): Ledger {
  const ledger = new Ledger({
    balance: CREDIT,
    packages: defaultPackages,
    allocationDelayMs: 0,
    seed: "test",
  });
  for (let n = 0; n < orders; n++) {
    const transactionId = n === 0 ? subject.orderId : `ord_other-${n}`;
    ledger.order({ transactionId, packageCode: "CKH802", count: 1, price: null, amount: null }, 0);
  }
  return ledger;
}

function delivered(ledger: Ledger): Purchase {
  const { payer: from, nonce, orderId: id } = subject;
  const beginning = { state: "settled", transaction: TRANSACTION } as const;
  const esimTranNo = ledger.orders[0]?.profiles[0]?.esimTranNo ?? "none";
  const purchase = claimed(
    {
      id,
      claimId: "claim",
      grantId: "grant",
      x402Version: 2,
      network,
      authorization: {
        from,
        to: parties.merchant,
        value: usdc(PRICE),
        validAfter: 0n,
        validBefore: 100n,
        nonce,
      },
      signature: null,
      invoiceId: null,
      replayKeys: [],
      fingerprint: TRANSACTION,
      goods: GOODS,
      agentId: null,
      createdAt: 0,
      dueAt: 0,
      webhookUrl: null,
    },
    beginning,
  );
  const delivery = { kind: "esims", esims: [{ ...NAMELESS, esimTranNo }] } as const;
  return { ...purchase, state: "delivered", delivery };
}

function observed(ledger: Ledger, changes: Partial<Observed>): Observed {
  return {
    transfers: [payment],
    purchases: [delivered(ledger)],
    orders: ledger.orders,
    supplierCharged: CREDIT - ledger.balance,
    chainTime: 200n,
    ...changes,
  };
}

const rulesBroken = (seen: Observed, one: Case = bought) =>
  violations([one], seen, parties).map(({ rule }) => rule);

describe("a world in order", () => {
  test("paid and delivered breaks no rule", () => {
    expect(rulesBroken(observed(supplierWith(1), {}))).toEqual([]);
  });

  test("paid and refunded, with nothing left at the supplier, breaks no rule", () => {
    const ledger = supplierWith(0);
    const purchases = [{ ...delivered(ledger), state: "refunded", delivery: null } as const];
    expect(rulesBroken(observed(ledger, { transfers: [payment, refund], purchases }))).toEqual([]);
  });

  test("neither paid nor delivered breaks no rule", () => {
    expect(rulesBroken(observed(supplierWith(0), { transfers: [], purchases: [] }))).toEqual([]);
  });
});

describe("orders at the supplier", () => {
  const ledger = supplierWith(0);
  for (const transactionId of [subject.orderId, `${subject.orderId}-1`]) {
    ledger.order({ transactionId, packageCode: "CKH802", count: 1, price: null, amount: null }, 0);
  }
  for (const { profiles } of ledger.orders) for (const profile of profiles) profile.esimStatus = "CANCEL";
  const failed = { ...delivered(ledger), state: "refunded", delivery: null } as const;
  const seen = (purchase: Purchase) =>
    observed(ledger, { transfers: [payment, refund], purchases: [purchase], supplierCharged: 0n });

  test("may be two where the second was written down, and both were given back", () => {
    const later = [{ lines: [0], packageCode: "CKH806", wholesale: 9_000n, since: 2 }];
    expect(rulesBroken(seen({ ...failed, later }))).toEqual([]);
  });

  test("may not be two where nobody wrote down the second", () => {
    expect(rulesBroken(seen(failed))).toContain(
      "the supplier is asked for no order that is not written down",
    );
  });
});

describe("a world that is not in order", () => {
  const ledger = supplierWith(1);
  const item = delivered(ledger);

  test.each<[string, Observed]>([
    ["money taken means goods delivered or money returned", observed(ledger, { purchases: [] })],
    ["nobody gets both the goods and the money", observed(ledger, { transfers: [payment, refund] })],
    ["nobody pays twice", observed(ledger, { transfers: [payment, payment] })],
    ["nobody is refunded twice", observed(ledger, { transfers: [payment, refund, refund] })],
    [
      "what is returned is what was taken",
      observed(ledger, { transfers: [payment, { ...refund, value: PRICE - 1n }] }),
    ],
    ["nothing is given for a payment that never came", observed(ledger, { transfers: [] })],
    ["a purchase without a payment is void", observed(ledger, { transfers: [] })],
    ["the supplier keeps no profile that nobody got", observed(ledger, { purchases: [] })],
    [
      "the eSIM that was delivered is alive, and the only one",
      observed(ledger, {
        purchases: [
          {
            ...item,
            delivery: { kind: "esims", esims: [{ ...NAMELESS, esimTranNo: "another" }] },
          },
        ],
      }),
    ],
    [
      "left alone, every purchase comes to rest",
      observed(ledger, { purchases: [{ ...item, state: "ordered" }] }),
    ],
    [
      "every ledger is intact",
      observed(ledger, {
        purchases: [{ ...item, ledger: item.ledger.map((entry) => ({ ...entry, at: 1 })) }],
      }),
    ],
    [
      "the merchant is paid by buyers alone",
      observed(ledger, { transfers: [payment, { ...payment, from: parties.refundWallet }] }),
    ],
    [
      "refunds go to buyers alone",
      observed(ledger, { transfers: [payment, { ...refund, to: parties.merchant }] }),
    ],
    ["every purchase is somebody's", observed(ledger, { purchases: [item, { ...item, id: "ord_other" }] })],
    ["every supplier order is a purchase's", observed(supplierWith(2), {})],
    [
      "the supplier charges once for what it keeps",
      observed(ledger, { supplierCharged: 2n * (CREDIT - ledger.balance) }),
    ],
  ])("is found: %s", (rule, seen) => {
    expect(rulesBroken(seen)).toContain(rule);
  });

  test("is found: a wallet that signed twice", () => {
    const twice = { ...bought, bought: { ...bought.bought, signatures: 2 } };
    expect(rulesBroken(observed(ledger, {}), twice)).toEqual(["nobody pays twice"]);
  });
});
