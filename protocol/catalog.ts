/** What is for sale and for how much. The same data prices a request at the edge and is checked at the origin. */

import * as v from "valibot";
import { canonicalPath } from "./path.ts";
import { decimalUsdcSchema, textSchema } from "./schema.ts";

/** Plans, packages and resources are named in URLs, logs and supplier calls. */
const idSchema = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, "expected a plain identifier"),
);

const positivePrice = v.pipe(
  decimalUsdcSchema,
  v.check((price) => price > 0n, "expected a price above zero"),
);

const planSchema = v.strictObject({
  price: positivePrice,
  title: textSchema(1, 80),
  /** Where it works: ISO 3166-1 alpha-2 country codes. */
  coverage: v.pipe(v.array(v.pipe(v.string(), v.regex(/^[A-Z]{2}$/))), v.minLength(1)),
  dataMb: v.pipe(v.number(), v.integer(), v.minValue(1)),
  days: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** eSIM Access's name for what we buy to deliver it. */
  packageCode: idSchema,
  /** What the supplier charges us, in decimal US dollars with at most four places. A dearer order fails there. */
  wholesaleUsd: v.pipe(
    v.string(),
    v.regex(/^(0|[1-9][0-9]{0,5})\.[0-9]{2,4}$/, 'expected dollars, at most four places, like "0.90"'),
  ),
});

const resourceSchema = v.strictObject({
  price: positivePrice,
  description: textSchema(1, 200),
  mimeType: v.pipe(v.string(), v.maxLength(64), v.regex(/^[a-z]+\/[a-z0-9.+-]+$/)),
});

const pathSchema = v.pipe(
  v.string(),
  v.maxLength(100, "expected at most 100 characters"),
  v.check((path) => {
    const canonical = canonicalPath(path);
    return canonical.ok && canonical.value === path;
  }, "expected a canonical path like /report"),
);

/** Names that valibot leaves out of records without a word. */
const LOST_NAMES: readonly string[] = ["__proto__", "constructor", "prototype"];

const namedPlans = v.pipe(
  v.custom<Record<string, v.InferInput<typeof planSchema>>>(
    (input) => typeof input === "object" && input !== null,
    "expected plans by name",
  ),
  v.check(
    (plans) => LOST_NAMES.every((name) => !Object.hasOwn(plans, name)),
    `expected no plan named ${LOST_NAMES.join(" or ")}`,
  ),
  v.record(idSchema, planSchema),
);

export const catalogSchema = v.strictObject({
  /** eSIM plans by the name that agents send as `plan`. */
  plans: namedPlans,
  /** Fixed-price GET resources by path. */
  resources: v.record(pathSchema, resourceSchema),
});

export type Catalog = v.InferOutput<typeof catalogSchema>;
export type Plan = v.InferOutput<typeof planSchema>;
export type Resource = v.InferOutput<typeof resourceSchema>;

/** Own properties only: `plan: "constructor"` names nothing. */
export function entry<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
