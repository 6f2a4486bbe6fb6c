/** The answer of a function that has no keys: nothing can be checked, promised or let through. */

import { respondProblem } from "../answers.ts";
import type { Respond } from "../http.ts";

/** Seconds. */
const RETRY_AFTER = "2";

export function respondNotReady(): Respond {
  return respondProblem("gateway_not_ready", {}, { "retry-after": RETRY_AFTER });
}
