/** Faults of the reconciler and the sweeper, whose requests are about nobody in particular. */

import { answerWith, killAfter, killBefore, resetBefore } from "../acts.ts";
import type { Act, Rule } from "../book.ts";
import { type Fault, type FaultContext, prepare } from "../fault.ts";
import { lagging, missingLogs, narrow } from "../rpc-acts.ts";

/** Blocks. */
const LAG = 4n;
const NARROW = 50n;

/** Some runs of all origins' reconcilers over three chains. */
const SOME_RUNS = 20;

const throttled = answerWith(400, {
  __type: "com.amazonaws.dynamodb.v20120810#ThrottlingException",
  message: "planned",
});

/** The gateway settles, dies, and the buyer is gone: only the reconciler can find the payment. */
const unclaimed = prepare({ backend: "facilitator", operation: "settle", act: killAfter });

/** The origin dies after its claim, and the buyer is gone: only the sweeper goes on. */
const abandoned = prepare({ backend: "table", operation: "claim settled", act: killAfter });

function scanning(name: string, act: Act, times = 1): Fault {
  const rules = ({ merchant }: FaultContext) => {
    const isScan: Rule["when"] = ({ text }) => text.includes(merchant.slice(2));
    return [
      unclaimed,
      { backend: "rpc", operation: "eth_getLogs", when: isScan, isAnyones: true, act, times } as const,
    ];
  };
  return { name, settler: "edge", buyer: "vanishes", rules };
}

function scheduled(
  name: string,
  preparation: Rule,
  rule: Pick<Rule, "backend" | "operation" | "act" | "times">,
): Fault {
  return {
    name,
    settler: "edge",
    buyer: "vanishes",
    rules: () => [preparation, { ...rule, isAnyones: true }],
  };
}

const rpc = (operation: string, act: Act, times: number) =>
  ({ backend: "rpc", operation, act, times }) as const;
const table = (operation: string, act: Act, times = 1) =>
  ({ backend: "table", operation, act, times }) as const;

export const scheduleFaults: readonly Fault[] = [
  scanning("reconciler killed as it reads the chain", killAfter),
  scanning("rpc lacks logs while the reconciler reads", missingLogs, SOME_RUNS),
  scanning("rpc refuses wide ranges while the reconciler reads", narrow(NARROW), SOME_RUNS),
  scanning("rpc reset while the reconciler reads", resetBefore, SOME_RUNS),
  scheduled(
    "rpc lags while the reconciler reads",
    unclaimed,
    rpc("eth_blockNumber", lagging(LAG), SOME_RUNS),
  ),
  scheduled("reconciler killed before it moves its cursor", unclaimed, table("save cursor", killBefore)),
  scheduled("reconciler killed after it moved its cursor", unclaimed, table("save cursor", killAfter)),
  scheduled("sweeper throttled", abandoned, table("Query", throttled, SOME_RUNS)),
  scheduled("sweeper killed as it begins", abandoned, table("Query", killAfter)),
];
