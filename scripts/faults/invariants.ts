/**
 * The promises, checked on what was observed: nobody pays twice; money taken means goods or money back, once; nothing
 * is given away; the supplier keeps nothing that nobody got. Pure.
 */

import { isDeepStrictEqual } from "node:util";
import { isIntact } from "../../origin/purchase/ledger.ts";
import { isAtRest, type Purchase } from "../../origin/purchase/purchase.ts";
import type { SimulatedOrder } from "../local/supplier/ledger.ts";
import type { Bought } from "./buyer.ts";
import type { Observed, Transfer } from "./observe.ts";
import type { Subject } from "./subject.ts";

/** One purchase as its buyer knows it. */
export interface Case {
  readonly subject: Subject;
  readonly goods: "esim" | "report";
  readonly bought: Bought;
}

export interface Parties {
  /** Addresses in lower case. */
  readonly merchant: string;
  readonly refundWallet: string;
}

export interface Violation {
  /** Null for what belongs to no purchase. */
  readonly orderId: string | null;
  readonly rule: string;
  readonly evidence: string;
}

export type Ending = "delivered" | "refunded" | "unpaid";

export function violations(
  cases: readonly Case[],
  observed: Observed,
  parties: Parties,
): readonly Violation[] {
  const found = cases.flatMap((one) => violationsOf(one, observedOf(one.subject, observed, parties)));
  return [...found, ...strangers(cases, observed, parties), ...supplierBill(observed)];
}

/** How a purchase ended, by the chain and the table. */
export function endingOf(subject: Subject, observed: Observed, parties: Parties): Ending {
  const { payments, refunds } = observedOf(subject, observed, parties);
  if (payments.length === 0) return "unpaid";
  return refunds.length > 0 ? "refunded" : "delivered";
}

interface ObservedCase {
  readonly payments: readonly Transfer[];
  readonly refunds: readonly Transfer[];
  readonly purchase: Purchase | undefined;
  readonly orders: readonly SimulatedOrder[];
}

/** A payer buys once, so its address finds everything that is its. */
function observedOf(
  { payer, orderId, network }: Subject,
  observed: Observed,
  parties: Parties,
): ObservedCase {
  const transfers = observed.transfers.filter(({ chain }) => chain === network.chain);
  return {
    payments: transfers.filter(({ from, to }) => from === payer && to === parties.merchant),
    refunds: transfers.filter(({ from, to }) => from === parties.refundWallet && to === payer),
    purchase: observed.purchases.find(({ id }) => id === orderId),
    orders: observed.orders.filter(({ transactionId }) => orderNamed(transactionId) === orderId),
  };
}

/** Orders beside a purchase's first one have a number behind its id. */
function orderNamed(transactionId: string): string {
  return transactionId.split("-")[0] ?? "";
}

function violationsOf({ subject, goods, bought }: Case, seen: ObservedCase): readonly Violation[] {
  const { payments, refunds, purchase, orders } = seen;
  const found: Violation[] = [];
  const rule = (holds: boolean, name: string) => {
    if (!holds) found.push({ orderId: subject.orderId, rule: name, evidence: evidenceOf(seen, bought) });
  };
  const paid = payments.reduce((sum, { value }) => sum + value, 0n);
  const returned = refunds.reduce((sum, { value }) => sum + value, 0n);
  const isDelivered = purchase?.state === "delivered" && purchase.delivery !== null;
  const result = bought.result;

  rule(bought.signatures <= 1 && payments.length <= 1, "nobody pays twice");
  rule(refunds.length <= 1, "nobody is refunded twice");
  if (payments.length > 0) {
    rule(isDelivered || refunds.length > 0, "money taken means goods delivered or money returned");
    rule(!(isDelivered && refunds.length > 0), "nobody gets both the goods and the money");
    rule(refunds.length === 0 || returned === paid, "what is returned is what was taken");
    const unused = result?.paymentState === "unused" && bought.signatures > 0;
    rule(!unused, "nobody is told that a payment is unused which was taken");
  } else {
    rule(!isDelivered && refunds.length === 0, "nothing is given for a payment that never came");
    rule(purchase === undefined || purchase.state === "void", "a purchase without a payment is void");
  }
  if (result?.outcome === "bought") rule(isDelivered, "what the buyer was given is recorded as delivered");
  if (result?.paymentState === "refunded")
    rule(refunds.length === 1, "a refund that the buyer is told of is on chain");

  const live = orders.flatMap((order) =>
    order.profiles.filter(({ esimStatus }) => !GONE.includes(esimStatus)),
  );
  // Where nobody heard that the first was booked, a package that stands in for it may be ordered as well: written down
  // first, and given back with it.
  const written = 1 + (purchase?.later.length ?? 0);
  rule(orders.length <= written, "the supplier is asked for no order that is not written down");
  if (isDelivered && goods === "esim") {
    const { delivery } = purchase;
    const numbers = live.map(({ esimTranNo }) => esimTranNo);
    rule(
      delivery?.kind === "esims" &&
        isDeepStrictEqual(
          numbers,
          delivery.esims.map((esim) => esim?.esimTranNo),
        ),
      "the eSIM that was delivered is alive, and the only one",
    );
  } else rule(live.length === 0, "the supplier keeps no profile that nobody got");

  if (purchase !== undefined) {
    rule(isAtRest(purchase), "left alone, every purchase comes to rest");
    rule(isIntact(purchase.ledger), "every ledger is intact");
  }
  return found;
}

/** What nobody can use any more, and the supplier does not charge for. */
const GONE: readonly string[] = ["CANCEL"];

/** Money, orders and purchases that belong to nobody we know. */
function strangers(cases: readonly Case[], observed: Observed, parties: Parties): readonly Violation[] {
  const payers = new Set<string>(cases.map(({ subject }) => subject.payer));
  const ids = new Set(cases.map(({ subject }) => subject.orderId));
  const stranger = (rule: string, evidence: object) => ({
    orderId: null,
    rule,
    evidence: JSON.stringify(evidence, plain),
  });
  return [
    ...observed.transfers
      .filter(({ from, to }) => to === parties.merchant && !payers.has(from))
      .map((transfer) => stranger("the merchant is paid by buyers alone", transfer)),
    ...observed.transfers
      .filter(({ from, to }) => from === parties.refundWallet && !payers.has(to))
      .map((transfer) => stranger("refunds go to buyers alone", transfer)),
    ...observed.purchases
      .filter(({ id }) => !ids.has(id))
      .map(({ id, state }) => stranger("every purchase is somebody's", { id, state })),
    ...observed.orders
      .filter(({ transactionId }) => !ids.has(orderNamed(transactionId)))
      .map(({ orderNo, transactionId }) =>
        stranger("every supplier order is a purchase's", { orderNo, transactionId }),
      ),
  ];
}

/** The sum over all orders that were kept is what the supplier took: nothing was billed twice. */
function supplierBill({ orders, supplierCharged }: Observed): readonly Violation[] {
  const kept = orders.flatMap(({ price, profiles }) =>
    profiles.filter(({ esimStatus }) => !GONE.includes(esimStatus)).map(() => price),
  );
  const owed = kept.reduce((sum, price) => sum + price, 0n);
  if (owed === supplierCharged) return [];
  const evidence = JSON.stringify({ owed, charged: supplierCharged }, plain);
  return [{ orderId: null, rule: "the supplier charges once for what it keeps", evidence }];
}

function evidenceOf({ payments, refunds, purchase, orders }: ObservedCase, bought: Bought): string {
  return JSON.stringify(
    {
      payments: payments.map(({ transaction, value }) => ({ transaction, value })),
      refunds: refunds.map(({ transaction, value }) => ({ transaction, value })),
      state: purchase?.state ?? null,
      reason: purchase?.reason ?? null,
      release: purchase?.release ?? null,
      ledger: purchase?.ledger.map(({ at, event }) => `${new Date(at).toISOString()} ${event}`) ?? [],
      orders: orders.map(({ orderNo, profiles }) => ({
        orderNo,
        profiles: profiles.map(({ esimTranNo, esimStatus }) => `${esimTranNo} ${esimStatus}`),
      })),
      signatures: bought.signatures,
      buyer: bought.result === null ? "left" : `${bought.result.outcome}, ${bought.result.paymentState}`,
      told: bought.result?.detail ?? null,
    },
    plain,
  );
}

function plain(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
