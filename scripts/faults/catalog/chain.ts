/** Chains that take blocks back. Everybody's payments are in them, so each happens alone. */

import type { Act } from "../book.ts";
import { type Fault, prepare } from "../fault.ts";
import { reorgAfter } from "../reorg.ts";
import { outOfProfiles } from "./supplier.ts";

const alone = { isExclusive: true } as const;
const edgeSettles = { settler: "edge" } as const;

function unheard(act: Act): Act {
  return async (passing, forward) => {
    await act(passing, forward);
    return "reset";
  };
}

export const chainFaults: readonly Fault[] = [
  {
    name: "reorg drops a payment whose settlement nobody heard of",
    rules: ({ chain }) => [
      { backend: "facilitator", operation: "settle", act: unheard(reorgAfter(chain, "dropped")) },
    ],
    ...edgeSettles,
    ...alone,
  },
  {
    name: "reorg moves a payment to another block",
    rules: ({ chain }) => [{ backend: "facilitator", operation: "settle", act: reorgAfter(chain, "moved") }],
    ...alone,
  },
  {
    name: "reorg drops a refund before it is confirmed",
    rules: (context) => [
      prepare(outOfProfiles(context)),
      { backend: "facilitator", operation: "refund", act: reorgAfter(context.chain, "dropped") },
    ],
    goods: "esim",
    ...edgeSettles,
    ...alone,
  },
];
