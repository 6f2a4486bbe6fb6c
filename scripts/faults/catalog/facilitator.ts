/** What facilitators do: they are slow, away, talk nonsense, and settle without saying so. */

import {
  delayAfter,
  delayBefore,
  dropped,
  garbageAfter,
  hang,
  pageAfter,
  pageBefore,
  pendingAfter,
  resetAfter,
  resetBefore,
  twice,
  twiceAtOnce,
} from "../acts.ts";
import type { Act, Rule } from "../book.ts";
import { type Fault, fault, prepare } from "../fault.ts";
import { outOfProfiles } from "./supplier.ts";

/** Longer than the gateway waits, in milliseconds. */
const TOO_LATE_MS = 2_200;

/** More settlements than one purchase asks for within its authorization's time. */
const ALWAYS = 20;

const verify = (act: Act): Rule => ({ backend: "facilitator", operation: "verify", act });
const settle = (act: Act, times = 1): Rule => ({ backend: "facilitator", operation: "settle", act, times });

function refund(name: string, act: Act, times = 1): Fault {
  const rule: Rule = { backend: "facilitator", operation: "refund", act, times };
  return {
    name,
    goods: "esim",
    settler: "edge",
    rules: (context) => [prepare(outOfProfiles(context)), rule],
  };
}

export const facilitatorFaults: readonly Fault[] = [
  fault("/verify never answered", [verify(hang)]),
  fault("/verify reset", [verify(resetBefore)]),
  fault("/verify 500", [verify(pageBefore(500))]),
  fault("/verify garbage", [verify(garbageAfter)]),
  fault("/settle never answered", [settle(hang)]),
  fault("/settle late", [settle(delayBefore(TOO_LATE_MS))]),
  fault("/settle settled, answered late", [settle(delayAfter(TOO_LATE_MS))]),
  fault("/settle reset before", [settle(resetBefore)]),
  fault("/settle reset after it settled", [settle(resetAfter)]),
  fault("/settle 503 before", [settle(pageBefore(503))]),
  fault("/settle 502 after it settled", [settle(pageAfter(502))]),
  fault("/settle garbage after it settled", [settle(garbageAfter)]),
  fault("/settle settled, says pending", [settle(pendingAfter)]),
  fault("/settle drops it, says pending", [settle(dropped)]),
  fault("/settle never lands", [settle(dropped, ALWAYS)]),
  fault("/settle settled twice, the second refused", [settle(twice)]),
  fault("/settle settled twice at once", [settle(twiceAtOnce)]),
  refund("refund never answered", hang),
  refund("refund reset before", resetBefore),
  refund("refund reset after it settled", resetAfter),
  refund("refund 502 after it settled", pageAfter(502)),
  refund("refund garbage after it settled", garbageAfter),
  refund("refund dropped, says pending", dropped, 2),
  refund("refund settled twice", twice),
];
