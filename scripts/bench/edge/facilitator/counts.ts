/** What the facilitator has been asked since it began. */

import * as v from "valibot";

export const COUNTS_PATH = "/counts";

export const countsSchema = v.object({
  supported: v.number(),
  verify: v.number(),
  settle: v.number(),
  /** That carried any of these. */
  connections: v.number(),
});

export type Counts = v.InferOutput<typeof countsSchema>;
