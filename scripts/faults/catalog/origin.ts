/** Origins that die at each of their steps. Where a step needs a refund, the supplier is out of profiles. */

import { killAfter, killBefore, pageBefore } from "../acts.ts";
import type { Rule } from "../book.ts";
import { type Fault, fault, prepare } from "../fault.ts";
import { outOfProfiles } from "./supplier.ts";

const esim = { goods: "esim" } as const;
const edgeSettles = { settler: "edge" } as const;
const originSettles = { settler: "origin" } as const;

const table = (operation: string, act: Rule["act"]): Rule => ({ backend: "table", operation, act });
const supplier = (operation: string, act: Rule["act"]): Rule => ({ backend: "supplier", operation, act });
const facilitator = (operation: string, act: Rule["act"]): Rule => ({
  backend: "facilitator",
  operation,
  act,
});

/** Of a purchase that can't be delivered. Where the origin settles, nothing is taken for it, so nothing is refunded. */
function refunding(name: string, rule: Rule): Fault {
  const rules: Fault["rules"] = (context) => [prepare(outOfProfiles(context)), rule];
  return { name, rules, ...esim, ...edgeSettles };
}

/** Of a payment that settled and never reached the origin. */
function reconciling(name: string, rule: Rule): Fault {
  const lost = facilitator("settle", killAfter);
  return fault(name, [prepare(lost), rule], { ...edgeSettles, buyer: "vanishes" });
}

export const originFaults: readonly Fault[] = [
  fault("origin killed before its claim", [table("claim settled", killBefore)], edgeSettles),
  fault("origin killed after its claim", [table("claim settled", killAfter)], edgeSettles),
  fault("origin killed before its claim, unpaid", [table("claim reserved", killBefore)], originSettles),
  fault("origin killed after its claim, unpaid", [table("claim reserved", killAfter)], originSettles),
  fault("origin killed before the supplier's order", [supplier("esim/order", killBefore)], esim),
  fault("origin killed after the supplier's order", [supplier("esim/order", killAfter)], esim),
  fault("origin killed before the order is recorded", [table("save ordered", killBefore)], {
    ...esim,
    ...edgeSettles,
  }),
  fault("origin killed after the order is recorded", [table("save ordered", killAfter)], {
    ...esim,
    ...edgeSettles,
  }),
  fault("origin killed while it fetches the profile", [supplier("esim/query", killAfter)], esim),
  fault("origin killed before the goods are secured", [table("save secured", killBefore)], originSettles),
  fault("origin killed after the goods are secured", [table("save secured", killAfter)], originSettles),
  fault("origin killed before it settles", [facilitator("settle", killBefore)], originSettles),
  fault("origin killed after it settled", [facilitator("settle", killAfter)], originSettles),
  fault("origin killed before delivery is recorded", [table("save delivered", killBefore)]),
  fault("origin killed before the answer", [table("save delivered", killAfter)]),
  fault(
    "origin killed before a settlement is recorded",
    [prepare(facilitator("settle", pageBefore(503))), table("save settled", killBefore)],
    edgeSettles,
  ),
  refunding("origin killed before a refund is decided", table("save refund_due", killBefore)),
  refunding("origin killed after a refund is decided", table("save refund_due", killAfter)),
  refunding("origin killed before the signed refund is stored", table("save refunding", killBefore)),
  refunding("origin killed after the signed refund is stored", table("save refunding", killAfter)),
  refunding("origin killed before the refund is broadcast", facilitator("refund", killBefore)),
  refunding("origin killed after the refund is broadcast", facilitator("refund", killAfter)),
  refunding("origin killed before the refund is confirmed", table("save refunded", killBefore)),
  refunding("origin killed after the refund is confirmed", table("save refunded", killAfter)),
  reconciling("reconciler killed before its claim", table("claim refund_due", killBefore)),
  reconciling("reconciler killed after its claim", table("claim refund_due", killAfter)),
];
