/** What DynamoDB does: it throttles, loses answers, and lets somebody else be faster. */

import { answerWith, pageBefore, resetAfter, resetBefore } from "../acts.ts";
import type { Act, Rule } from "../book.ts";
import { type Fault, fault, prepare } from "../fault.ts";
import { outOfProfiles } from "./supplier.ts";

/** As often as the SDK tries. */
const ALL_TRIES = 3;

const error = (name: string) =>
  answerWith(400, { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: "planned" });

const throttled = error("ProvisionedThroughputExceededException");
const conflict = error("ConditionalCheckFailedException");

const table = (operation: string, act: Act, times = 1): Rule => ({ backend: "table", operation, act, times });

const edgeSettles = { settler: "edge" } as const;

function refunding(name: string, rule: Rule): Fault {
  const rules: Fault["rules"] = (context) => [prepare(outOfProfiles(context)), rule];
  return { name, rules, goods: "esim", ...edgeSettles };
}

export const tableFaults: readonly Fault[] = [
  fault("claim throttled once", [table("claim settled", throttled)], edgeSettles),
  fault("claim throttled", [table("claim settled", throttled, ALL_TRIES)], edgeSettles),
  fault("claim's answer lost", [table("claim settled", resetAfter)], edgeSettles),
  fault("claim's answer lost, each time", [table("claim settled", resetAfter, ALL_TRIES)], edgeSettles),
  fault("claim reset", [table("claim settled", resetBefore, ALL_TRIES)], edgeSettles),
  fault("claim 500", [table("claim settled", pageBefore(500), ALL_TRIES)], edgeSettles),
  fault("delivery throttled", [table("save delivered", throttled, ALL_TRIES)]),
  fault("delivery conflicts", [table("save delivered", conflict)]),
  fault("delivery recorded, answer lost", [table("save delivered", resetAfter)]),
  fault("delivery recorded, answer lost each time", [table("save delivered", resetAfter, ALL_TRIES)]),
  fault("order conflicts", [table("save ordered", conflict)], { goods: "esim", ...edgeSettles }),
  fault("order recorded, answer lost", [table("save ordered", resetAfter)], {
    goods: "esim",
    ...edgeSettles,
  }),
  refunding("refund throttled", table("save refunding", throttled, ALL_TRIES)),
  refunding("refund conflicts", table("save refunding", conflict)),
  refunding("refund recorded, answer lost", table("save refunding", resetAfter)),
  refunding("refund's end conflicts", table("save refunded", conflict)),
];
