/** What RPC endpoints do while a settlement or a refund is looked for. */

import { hang, pageBefore, resetAfter, resetBefore } from "../acts.ts";
import type { Act, Rule } from "../book.ts";
import { type Fault, fault, prepare } from "../fault.ts";
import { lagging, missingLogs, narrow } from "../rpc-acts.ts";
import { isAboutRefund } from "../subject.ts";
import { outOfProfiles } from "./supplier.ts";

/** Blocks. */
const LAG = 4n;
const NARROW = 50n;

const rpc = (operation: string, act: Act, times: number): Rule => ({ backend: "rpc", operation, act, times });

/** The gateway does not hear that the payment settled, so the origin has to look for it on the chain. */
function looking(name: string, ...rules: readonly Rule[]): Fault {
  const unheard: Rule = { backend: "facilitator", operation: "settle", act: resetAfter };
  return fault(name, [prepare(unheard), ...rules]);
}

/** The origin asks the chain whether the refund is there. */
function confirming(name: string, rule: Rule): Fault {
  return {
    name,
    goods: "esim",
    settler: "edge",
    rules: (context) => [prepare(outOfProfiles(context)), { ...rule, when: isAboutRefund(context.subject) }],
  };
}

export const rpcFaults: readonly Fault[] = [
  looking("rpc lags", rpc("eth_getLogs", lagging(LAG), 3), rpc("eth_call", lagging(LAG), 3)),
  looking("rpc lacks logs", rpc("eth_getLogs", missingLogs, 4)),
  looking("rpc refuses wide ranges", rpc("eth_getLogs", narrow(NARROW), 3)),
  looking("rpc rate-limited", rpc("eth_call", pageBefore(429), 3)),
  looking("rpc reset", rpc("eth_call", resetBefore, 3)),
  looking("rpc never answers", rpc("eth_call", hang, 1)),
  confirming("rpc lags while a refund is confirmed", rpc("eth_call", lagging(LAG), 4)),
  confirming("rpc lacks logs while a refund is confirmed", rpc("eth_getLogs", missingLogs, 4)),
  confirming("rpc rate-limited while a refund is confirmed", rpc("eth_call", pageBefore(429), 4)),
];
