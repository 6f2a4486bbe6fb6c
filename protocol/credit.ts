/** Whether our credit at the supplier is enough: the origin tells it at `SUPPLY`, and the edge heeds it. */

import { attempt, fieldsOf, oneOf } from "./fields.ts";
import { parseJson } from "./text.ts";

/** `unknown`: the supplier does not say. That alone is no reason to stop selling. */
export type Credit = "enough" | "low" | "unknown";

/** Never more than a guard: whatever is not a clear answer is `unknown`. */
export function readCredit(body: string): Credit {
  const credit = attempt(() => oneOf(fieldsOf(parseJson(body)?.value), "credit", ["enough", "low"]));
  return credit.ok ? credit.value : "unknown";
}
