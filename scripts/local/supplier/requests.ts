/** The bodies that the simulated endpoints take, with the code that a wrong one is refused with. */

import * as v from "valibot";
import { MAX_USAGE_PROFILES } from "../../../origin/supplier/lifecycle.ts";
import { MAX_PROFILES_PER_ORDER, MAX_TRANSACTION_ID_LENGTH } from "../../../origin/supplier/port.ts";
import { RefusalError } from "./refusal.ts";

export const BAD_PARAMETER = "000106";
export const BAD_ORDER = "200008";

const MIN_PAGE_SIZE = 5;
const MAX_PAGE_SIZE = 500;

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(100));
const transactionId = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_TRANSACTION_ID_LENGTH));
const atomicUnits = v.pipe(
  v.number(),
  v.safeInteger(),
  v.minValue(0),
  v.transform((value) => BigInt(value)),
);

export const listRequest = v.object({
  locationCode: v.optional(v.string()),
  type: v.optional(v.picklist(["BASE", "TOPUP"])),
  packageCode: v.optional(v.string()),
  slug: v.optional(v.string()),
  iccid: v.optional(text),
});

/** One package an order, which is all that edge402 asks for; the real supplier takes several. */
export const orderRequest = v.object({
  transactionId,
  amount: v.optional(atomicUnits),
  packageInfoList: v.tuple([
    v.object({
      packageCode: text,
      count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_PROFILES_PER_ORDER)),
      price: v.optional(atomicUnits),
    }),
  ]),
});

export const profileRequest = v.object({ esimTranNo: v.optional(text), iccid: v.optional(text) });

export const queryRequest = v.object({
  ...profileRequest.entries,
  orderNo: v.optional(text),
  startTime: v.optional(text),
  endTime: v.optional(text),
  pager: v.object({
    pageNum: v.pipe(v.number(), v.integer(), v.minValue(1)),
    pageSize: v.pipe(v.number(), v.integer(), v.minValue(MIN_PAGE_SIZE), v.maxValue(MAX_PAGE_SIZE)),
  }),
});

export const topUpRequest = v.object({
  ...profileRequest.entries,
  packageCode: text,
  transactionId,
  amount: v.optional(atomicUnits),
});

export const usageRequest = v.object({
  esimTranNoList: v.pipe(v.array(text), v.minLength(1), v.maxLength(MAX_USAGE_PROFILES)),
});

export const webhookRequest = v.object({ webhook: v.pipe(v.string(), v.maxLength(2_000), v.url()) });

/** @throws RefusalError */
export function parse<T extends v.GenericSchema>(schema: T, body: unknown, code: string): v.InferOutput<T> {
  const parsed = v.safeParse(schema, body);
  if (!parsed.success) throw new RefusalError(code);
  return parsed.output;
}
