/**
 * Access tokens: whoever holds one may see one order. They are computed from the order's id, so nothing is stored and
 * checking one reads nothing. An order's token also names its order, so that what belongs to it is found without an
 * index of its own.
 */

import { createHmac, timingSafeEqual } from "node:crypto";

/** At least 32 bytes each. The first makes tokens; those of the others still open. */
export type AccessSecrets = readonly [Uint8Array, ...Uint8Array[]];

/** `order` opens the order; `qr` opens its QR image alone, because that one stands in a link. */
export type Access = "order" | "qr";

const PREFIX: Readonly<Record<Access, string>> = { order: "at_", qr: "qr_" };

/** An order id without its prefix. */
const ORDER_BYTES = 20;
const ORDER_TOKEN = /^at_([A-Za-z0-9_-]{70})$/;

/** @param secret at least 32 bytes, known to the origin alone */
export function accessToken(secret: Uint8Array, access: Access, orderId: string): string {
  const mac = createHmac("sha256", secret).update(`edge402 ${access} ${orderId}`).digest();
  const bytes = access === "order" ? Buffer.concat([orderBytes(orderId), mac]) : mac;
  return PREFIX[access] + bytes.toString("base64url");
}

function orderBytes(orderId: string): Buffer {
  return Buffer.from(orderId.slice("ord_".length), "hex");
}

/** The order that a token says it opens. Nothing of it is proven before `opens`. */
export function orderNamedIn(token: string): string | undefined {
  const [, text] = ORDER_TOKEN.exec(token) ?? [];
  if (text === undefined) return undefined;
  return `ord_${Buffer.from(text, "base64url").subarray(0, ORDER_BYTES).toString("hex")}`;
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
