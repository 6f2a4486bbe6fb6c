/** What is for sale and for how much. The same data prices a request at the edge and is checked at the origin. */

import * as v from "valibot";
import {
  coverageSchema,
  dataMbSchema,
  daysSchema,
  idSchema,
  namedSchema,
  positivePrice,
  wholesaleUsdSchema,
} from "./catalog-fields.ts";
import { meteredSchema, operatorSchema } from "./metered.ts";
import { canonicalPath } from "./path.ts";
import { textSchema } from "./schema.ts";
import { topUpsSchema } from "./top-ups.ts";

const planSchema = v.strictObject({
  price: positivePrice,
  title: textSchema(1, 80),
  /** Where it works: ISO 3166-1 alpha-2 country codes. */
  coverage: coverageSchema,
  dataMb: dataMbSchema,
  days: daysSchema,
  /** eSIM Access's name for what we buy to deliver it. */
  packageCode: idSchema,
  wholesaleUsd: wholesaleUsdSchema,
  /** eSIMs that are bought in advance, to be handed out at once. Before the pool is left out again, empty it with size 0. */
  pool: v.optional(v.strictObject({ size: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(300)) })),
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

/** A network's code: three digits of its country, two or three of its own. */
const plmnSchema = v.pipe(v.string(), v.regex(/^[0-9]{5,6}$/, "expected a PLMN code of 5 or 6 digits"));

export const catalogSchema = v.strictObject({
  /** eSIM plans by the name that agents send as `plan`. */
  plans: namedSchema("plan", idSchema, planSchema),
  /** eSIMs by region, carrier and megabytes. */
  metered: v.optional(meteredSchema),
  /** Data that is sold on top of an eSIM, the least first. Without it nothing is. */
  topUps: v.optional(topUpsSchema),
  /** The networks of operators that packages name, for the roaming policy that owners are told. */
  networks: v.optional(namedSchema("operator", operatorSchema, v.array(plmnSchema)), {}),
  /** Fixed-price GET resources by path. */
  resources: v.record(pathSchema, resourceSchema),
});

export type Catalog = v.InferOutput<typeof catalogSchema>;
export type Plan = v.InferOutput<typeof planSchema>;
export type Resource = v.InferOutput<typeof resourceSchema>;
