/** The catalog's `topUps` section: data that is sold on top of an eSIM. */

import * as v from "valibot";
import { dataMbSchema, positivePrice } from "./catalog-fields.ts";

/** On three networks that makes twelve entries of a challenge's `accepts`; CDP takes sixteen. */
export const MAX_TOP_UPS = 4;

const topUpSchema = v.strictObject({ dataMb: dataMbSchema, price: positivePrice });

export const topUpsSchema = v.pipe(
  v.array(topUpSchema),
  v.minLength(1),
  v.maxLength(MAX_TOP_UPS),
  // What is paid tells what is bought, so no two may cost the same.
  v.check(
    (list) => list.every(({ dataMb, price }, at) => at === 0 || isMore(dataMb, price, list[at - 1])),
    "expected each to hold more and cost more than the one before",
  ),
);

export type TopUp = v.InferOutput<typeof topUpSchema>;

function isMore(dataMb: number, price: bigint, before: TopUp | undefined): boolean {
  return before !== undefined && dataMb > before.dataMb && price > before.price;
}
