/**
 * Access tokens: whoever holds one may see one order. They are computed from the order's id, so nothing is stored and
 * checking one reads nothing.
 */

import { createHmac, timingSafeEqual } from "node:crypto";

/** `order` opens the order; `qr` opens its QR image alone, because that one stands in a link. */
export type Access = "order" | "qr";

const PREFIX: Readonly<Record<Access, string>> = { order: "at_", qr: "qr_" };

/** @param secret at least 32 bytes, known to the origin alone */
export function accessToken(secret: Uint8Array, access: Access, orderId: string): string {
  const mac = createHmac("sha256", secret).update(`edge402 ${access} ${orderId}`).digest("base64url");
  return PREFIX[access] + mac;
}

export function opens(secret: Uint8Array, access: Access, orderId: string, token: string): boolean {
  const expected = Buffer.from(accessToken(secret, access, orderId));
  const given = Buffer.from(token);
  return expected.length === given.length && timingSafeEqual(expected, given);
}
