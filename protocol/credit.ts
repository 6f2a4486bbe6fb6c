/** Whether our credit at the supplier is enough: the origin tells it at `SUPPLY`, and the edge heeds it. */

import * as v from "valibot";
import { parseJson } from "./text.ts";

/** `unknown`: the supplier does not say. That alone is no reason to stop selling. */
export type Credit = "enough" | "low" | "unknown";

const answerSchema = v.object({ credit: v.picklist(["enough", "low"]) });

/** Never more than a guard: whatever is not a clear answer is `unknown`. */
export function readCredit(body: string): Credit {
  const answer = v.safeParse(answerSchema, parseJson(body)?.value);
  return answer.success ? answer.output.credit : "unknown";
}
