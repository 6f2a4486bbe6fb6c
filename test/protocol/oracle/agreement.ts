/** Whether a parser written by hand and the schema that stood in its place read the same. */

import fc from "fast-check";
import { expect } from "vitest";
import { anyJson, changed } from "../../builders/mutations.ts";
import type { Json } from "../../builders/payment.ts";

export const REFUSED = "refused";

/**
 * @param good each of them is read
 * @param read both give `REFUSED` for what they do not read
 * @param bad none of them is read
 */
export function expectAgreement(
  good: readonly Json[],
  read: { readonly now: (json: Json) => unknown; readonly before: (json: Json) => unknown },
  bad: readonly Json[] = [],
): void {
  for (const json of good) expect([json, read.before(json)]).not.toEqual([json, REFUSED]);
  for (const json of bad) expect([json, read.before(json)]).toEqual([json, REFUSED]);
  for (const json of [...good, ...bad]) expect([json, read.now(json)]).toEqual([json, read.before(json)]);
  const inputs = fc.oneof(
    { weight: 1, arbitrary: anyJson },
    { weight: 1, arbitrary: fc.constantFrom(...good) },
    { weight: 8, arbitrary: changed(good) },
  );
  fc.assert(
    fc.property(inputs, (json) => {
      expect(read.now(json)).toEqual(read.before(json));
    }),
    { numRuns: 1_500 },
  );
}
