/** What lies in the work queue: an order to drive on, and the trace of the request that left it. */

import * as v from "valibot";
import { isOrderId } from "../../protocol/order.ts";
import { parseJson } from "../../protocol/text.ts";

const messageSchema = v.object({
  order: v.pipe(v.string(), v.check(isOrderId, "expected an order's id")),
  /** W3C trace context, in its header's form. */
  traceparent: v.optional(v.string()),
});

export type WorkMessage = v.InferInput<typeof messageSchema>;

export function encodeWork(message: WorkMessage): string {
  return JSON.stringify(message);
}

/** Undefined for what `encodeWork` never wrote. */
export function decodeWork(body: string): WorkMessage | undefined {
  const parsed = v.safeParse(messageSchema, parseJson(body)?.value);
  return parsed.success ? parsed.output : undefined;
}
