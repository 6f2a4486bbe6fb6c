/**
 * The catalog's `metered` section: data sold by the megabyte in regions, on the networks of chosen carriers. The supplier
 * sells whole packages only, so the section lists those that may serve it.
 */

import * as v from "valibot";
import {
  countrySchema,
  coverageSchema,
  dataMbSchema,
  daysSchema,
  idSchema,
  namedSchema,
  percentSchema,
  positivePrice,
  wholesaleUsdSchema,
} from "./catalog-fields.ts";
import { decimalUsdcSchema, textSchema } from "./schema.ts";

/** What agents send as `region` and `carrier`; they stand in every order's name of its plan. */
const shortNameSchema = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "expected 1 to 32 of a-z 0-9 -"),
);

/** USDC a megabyte in decimal. Finer than USDC itself, since only the price of it all is rounded. */
const rateSchema = v.pipe(
  v.string(),
  v.regex(/^(0|[1-9][0-9]{0,2})\.[0-9]{1,12}$/, 'expected USDC, at most twelve places, like "0.0035"'),
  v.check((rate) => /[1-9]/.test(rate), "expected a rate above zero"),
);

const regionSchema = v.strictObject({
  coverage: coverageSchema,
  /** Where no carrier is asked for, and any network of the region will do. */
  perMb: rateSchema,
});

/** Names of network operators, just as the supplier's `operatorList` writes them. */
export const operatorSchema = textSchema(1, 80);

const carrierSchema = v.strictObject({ operator: operatorSchema, perMb: rateSchema });

const packageSchema = v.strictObject({
  /** The supplier's name of it. */
  packageCode: idSchema,
  dataMb: dataMbSchema,
  days: daysSchema,
  coverage: coverageSchema,
  /** The operators on whose networks it works, by country; only those that a carrier is sold for need to be there. */
  operators: v.optional(namedSchema("country", countrySchema, v.array(operatorSchema)), {}),
  wholesaleUsd: wholesaleUsdSchema,
});

export const meteredSchema = v.strictObject({
  /** By the name that agents send as `region`. */
  regions: namedSchema("region", shortNameSchema, regionSchema),
  /** By the name that agents send as `carrier`. */
  carriers: v.optional(namedSchema("carrier", shortNameSchema, carrierSchema), {}),
  /** What the first megabytes cost, or any part of them. The rate is for those beyond. */
  starter: v.strictObject({ dataMb: dataMbSchema, price: positivePrice }),
  /** The least that anything metered costs. */
  minimum: v.optional(decimalUsdcSchema, "0.05"),
  /** On top of what the supplier charges; a price by the rates that is lower is raised to it. Per cent. */
  marginPercent: v.optional(percentSchema, 10),
  packages: v.pipe(
    v.array(packageSchema),
    v.minLength(1),
    v.check(
      (list) => new Set(list.map(({ packageCode }) => packageCode)).size === list.length,
      "expected each package once",
    ),
  ),
});

export type Metered = v.InferOutput<typeof meteredSchema>;
export type MeteredPackage = v.InferOutput<typeof packageSchema>;
