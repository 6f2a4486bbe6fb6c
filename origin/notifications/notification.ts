/**
 * eSIM Access's notifications: size cap → JSON → shape. They are not signed, so nothing in them is believed: they say
 * that it is worth asking.
 */

import * as v from "valibot";
import { fail, ok, type Result } from "../../protocol/result.ts";
import { parseJsonBytes } from "../../protocol/text.ts";

export const notificationTypes = [
  "CHECK_HEALTH",
  "ORDER_STATUS",
  "SMDP_EVENT",
  "ESIM_STATUS",
  "DATA_USAGE",
  "VALIDITY_USAGE",
] as const;

export interface Notification {
  /** `unknown`: one that they have added since. */
  readonly type: (typeof notificationTypes)[number] | "unknown";
  /** The same where it is sent again. Null for the health check alone. */
  readonly id: string | null;
  /** The order's, as we gave it to the supplier; null where it names none. */
  readonly transactionId: string | null;
}

export type NotificationFault = "body_too_large" | "body_malformed" | "body_invalid";

/** Bytes. The longest that is documented has 500. */
export const MAX_NOTIFICATION_BODY = 8_192;

/** Characters. They use 32. */
const MAX_ID = 128;

const notificationSchema = v.object({
  notifyType: v.string(),
  notifyId: v.nullish(v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_ID)), null),
  content: v.nullish(v.object({ transactionId: v.nullish(v.string(), null) }), null),
});

const typeSchema = v.picklist(notificationTypes);

export function readNotification(body: Uint8Array): Result<Notification, NotificationFault> {
  if (body.length > MAX_NOTIFICATION_BODY) return fail("body_too_large");
  const json = parseJsonBytes(body);
  if (json === undefined) return fail("body_malformed");
  const fields = v.safeParse(notificationSchema, json.value);
  if (!fields.success) return fail("body_invalid");
  const { notifyType, notifyId: id, content } = fields.output;
  const type = v.is(typeSchema, notifyType) ? notifyType : "unknown";
  if (id === null && type !== "CHECK_HEALTH") return fail("body_invalid");
  return ok({ type, id, transactionId: content?.transactionId ?? null });
}
