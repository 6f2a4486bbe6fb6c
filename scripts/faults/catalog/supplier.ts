/** What suppliers do: they are slow, away, sold out, repeat themselves, and deliver after the refund. */

import {
  answerWith,
  delayAfter,
  delayBefore,
  garbageAfter,
  hang,
  json,
  killAfter,
  pageAfter,
  pageBefore,
  resetAfter,
  resetBefore,
  twice,
} from "../acts.ts";
import type { Act, Rule } from "../book.ts";
import { type Fault, type FaultContext, fault, prepare } from "../fault.ts";

const ALLOCATING = "200010";
const SOLD_OUT = "200011";
const NO_CREDIT = "200007";
const BUSY = "900001";
const ACCESS_DENIED = "000101";

const OK = 200;

/** The requests that one purchase makes until it gives up, and some more. */
const ALWAYS = 1_000;

const esim = { goods: "esim" } as const;

const order = (act: Act, times = 1): Rule => ({ backend: "supplier", operation: "esim/order", act, times });
const query = (act: Act, times = 1): Rule => ({ backend: "supplier", operation: "esim/query", act, times });
const cancel = (act: Act): Rule => ({ backend: "supplier", operation: "esim/cancel", act });

const refusal = (errorCode: string) => ({ success: false, errorCode, errorMsg: "refused", obj: null });
const refuse = (errorCode: string): Act => answerWith(200, refusal(errorCode));

/**
 * Refuses what is not ordered yet. A transaction id that has bought something is answered with that order whatever has
 * run out since, so a refusal proves that there is none.
 */
function refuseNew({ subject, orders }: FaultContext, errorCode: string): Rule {
  const act: Act = async (_, forward) => {
    const isOrdered = orders.some(({ transactionId }) => transactionId === subject.orderId);
    return isOrdered ? forward() : json(200, JSON.stringify(refusal(errorCode)));
  };
  return order(act, ALWAYS);
}

export function outOfProfiles(context: FaultContext): Rule {
  return refuseNew(context, SOLD_OUT);
}

/** Allocation that ends only once the refund is decided. */
function lateDelivery(): readonly Rule[] {
  let isDecided = false;
  const allocating: Act = async (_, forward) =>
    isDecided ? forward() : json(200, JSON.stringify(refusal(ALLOCATING)));
  const decided: Act = async (_, forward) => {
    const answer = await forward();
    // Not by a write that came too late: then somebody else still waits for the profile.
    if (answer.status === OK) isDecided = true;
    return answer;
  };
  const decide = { backend: "table", act: decided, times: ALWAYS } as const;
  return [
    query(allocating, ALWAYS),
    prepare({ ...decide, operation: "save refund_due" }),
    prepare({ ...decide, operation: "save void" }),
  ];
}

export const supplierFaults: readonly Fault[] = [
  fault("supplier's order never answered", [order(hang)], esim),
  fault("supplier's order slow", [order(delayBefore(2_000))], esim),
  fault("supplier's order booked, answered late", [order(delayAfter(5_500))], esim),
  fault("supplier's order lost", [order(resetBefore)], esim),
  fault("supplier's order booked, answer lost", [order(resetAfter)], esim),
  fault("supplier's order 503", [order(pageBefore(503), 3)], esim),
  fault("supplier's order booked, 502", [order(pageAfter(502))], esim),
  fault("supplier's order booked, garbage", [order(garbageAfter)], esim),
  fault("supplier's order booked twice", [order(twice)], esim),
  fault("supplier busy", [order(refuse(BUSY), 3)], esim),
  fault(
    "supplier booked, answer lost, then denies access",
    [prepare(order(resetAfter)), order(refuse(ACCESS_DENIED))],
    esim,
  ),
  { name: "supplier out of profiles", rules: (context) => [outOfProfiles(context)], ...esim },
  { name: "supplier without our credit", rules: (context) => [refuseNew(context, NO_CREDIT)], ...esim },
  fault("supplier's profile never answered", [query(hang)], esim),
  fault("supplier's profile 503", [query(pageBefore(503), 3)], esim),
  fault("supplier's profile answer lost", [query(resetAfter, 2)], esim),
  fault("supplier's profile garbage", [query(garbageAfter)], esim),
  fault("supplier allocates slowly", [query(refuse(ALLOCATING), 4)], esim),
  { name: "supplier delivers after the refund was decided", rules: lateDelivery, ...esim },
  {
    name: "cancellation lost",
    rules: () => [...lateDelivery().map(prepare), cancel(resetBefore)],
    ...esim,
  },
  {
    name: "cancellation done, answer lost",
    rules: () => [...lateDelivery().map(prepare), cancel(resetAfter)],
    ...esim,
  },
  {
    name: "origin killed after the cancellation",
    rules: () => [...lateDelivery().map(prepare), cancel(killAfter)],
    ...esim,
  },
];
