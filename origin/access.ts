/**
 * Access tokens: whoever holds one may see one order. They are computed from the order's id, so nothing is stored and
 * checking one reads nothing.
 */

import { createHmac, timingSafeEqual } from "node:crypto";

/** At least 32 bytes each. The first makes tokens; those of the others still open. */
export type AccessSecrets = readonly [Uint8Array, ...Uint8Array[]];

/** `order` opens the order; `qr` opens its QR image alone, because that one stands in a link. */
export type Access = "order" | "qr";

const PREFIX: Readonly<Record<Access, string>> = { order: "at_", qr: "qr_" };

/** @param secret at least 32 bytes, known to the origin alone */
export function accessToken(secret: Uint8Array, access: Access, orderId: string): string {
  const mac = createHmac("sha256", secret).update(`edge402 ${access} ${orderId}`).digest("base64url");
  return PREFIX[access] + mac;
}

/** @param secrets those that tokens were ever made with and are still good */
export function opens(
  secrets: readonly Uint8Array[],
  access: Access,
  orderId: string,
  token: string,
): boolean {
  const given = Buffer.from(token);
  return secrets.some((secret) => {
    const expected = Buffer.from(accessToken(secret, access, orderId));
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
}
