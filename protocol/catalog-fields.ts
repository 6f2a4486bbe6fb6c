/** The pieces that the catalog's sections share: names, prices, places, what the supplier charges. */

import * as v from "valibot";
import { MAX_DATA_MB } from "./data-mb.ts";
import { type Usdc, usdc } from "./money.ts";
import { decimalUsdcSchema } from "./schema.ts";

/** Plans, packages and resources are named in URLs, logs and supplier calls. */
export const idSchema = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, "expected a plain identifier"),
);

/** USDC 1,000,000. Fifty eSIMs at this price still fit into the eight bytes that an invoice has for them. */
const MAX_PRICE: Usdc = usdc(1_000_000_000_000n);

export const positivePrice = v.pipe(
  decimalUsdcSchema,
  v.check((price) => price > 0n, "expected a price above zero"),
  v.check((price) => price <= MAX_PRICE, "expected a price of at most 1000000"),
);

/** ISO 3166-1 alpha-2. */
export const countrySchema = v.pipe(
  v.string(),
  v.regex(/^[A-Z]{2}$/, "expected a country code of two capitals"),
);

/** The countries in which something works. */
export const coverageSchema = v.pipe(v.array(countrySchema), v.minLength(1));

function whole(min: number, max: number) {
  return v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
}

export const dataMbSchema = whole(1, MAX_DATA_MB);

export const daysSchema = whole(1, 3_650);

/** What is added to a cost. Per cent. */
export const percentSchema = whole(0, 1_000);

/** What the supplier charges us, in decimal US dollars with at most four places. A dearer order fails there. */
export const wholesaleUsdSchema = v.pipe(
  v.string(),
  v.regex(/^(0|[1-9][0-9]{0,5})\.[0-9]{2,4}$/, 'expected dollars, at most four places, like "0.90"'),
);

/** Names that valibot leaves out of records without a word. */
const LOST_NAMES: readonly string[] = ["__proto__", "constructor", "prototype"];

/** Entries by name, of which none gets lost. @param what for the complaint, such as "plan" */
export function namedSchema<
  const Name extends v.GenericSchema<string, string>,
  const Value extends v.GenericSchema,
>(what: string, name: Name, value: Value) {
  return v.pipe(
    v.custom<Record<string, v.InferInput<Value>>>(
      (input) => typeof input === "object" && input !== null,
      `expected ${what}s by name`,
    ),
    v.check(
      (entries) => LOST_NAMES.every((lost) => !Object.hasOwn(entries, lost)),
      `expected no ${what} named ${LOST_NAMES.join(" or ")}`,
    ),
    v.record(name, value),
  );
}
