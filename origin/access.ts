/**
 * Access tokens: whoever holds one may do one thing with one order. They are computed from the order's id, so nothing is
 * stored and checking one reads nothing. Those that stand in no path next to their order also name it, so that what
 * belongs to it is found without an index of its own. The path of the supplier's notifications is made of the same
 * secrets, so that it is rotated with them.
 */

import { createHmac, timingSafeEqual } from "node:crypto";
import { SUPPLIER_NOTIFICATIONS } from "../protocol/route.ts";

/** At least 32 bytes each. The first makes tokens; those of the others still open. */
export type AccessSecrets = readonly [Uint8Array, ...Uint8Array[]];

/**
 * `order` opens the order; `qr` opens its QR images alone, because that one stands in a link; `allotment` draws from an
 * allotment and counts what is left.
 */
export type Access = "order" | "qr" | "allotment" | ItemAccess;

/** One eSIM of an order and no other: `esim` uses it, `item_qr` opens its QR image alone. */
export interface ItemAccess {
  readonly to: "esim" | "item_qr";
  /** Position of its line in the order. */
  readonly item: number;
}

const PREFIX = { order: "at_", qr: "qr_", allotment: "al_", esim: "es_", item_qr: "qi_" } as const;

/** An order id without its prefix. */
const ORDER_BYTES = 20;
const ORDER_TOKEN = /^at_([A-Za-z0-9_-]{70})$/;
/** One byte more, for the item. */
const ESIM_TOKEN = /^es_([A-Za-z0-9_-]{71})$/;

/** @param secret at least 32 bytes, known to the origin alone */
export function accessToken(secret: Uint8Array, access: Access, orderId: string): string {
  const [kind, item] = typeof access === "string" ? [access, []] : [access.to, [access.item]];
  const mac = createHmac("sha256", secret)
    .update(["edge402", kind, orderId, ...item].join(" "))
    .digest();
  return PREFIX[kind] + Buffer.concat([namedBytes(kind, orderId, item), mac]).toString("base64url");
}

/** What a token says of itself: its order, and of an eSIM's its item. */
function namedBytes(kind: keyof typeof PREFIX, orderId: string, item: readonly number[]): Buffer {
  if (kind !== "order" && kind !== "esim") return Buffer.alloc(0);
  return Buffer.concat([Buffer.from(orderId.slice("ord_".length), "hex"), Buffer.from(item)]);
}

/** The order that a token says it opens. Nothing of it is proven before `opens`. */
export function orderNamedIn(token: string): string | undefined {
  const [, text] = ORDER_TOKEN.exec(token) ?? [];
  return text === undefined ? undefined : orderIn(Buffer.from(text, "base64url"));
}

/** An eSIM that was drawn from an allotment. */
export interface DrawnEsim {
  readonly orderId: string;
  readonly item: number;
}

/** The eSIM that a token says it opens. Nothing of it is proven before `opens`. */
export function esimNamedIn(token: string): DrawnEsim | undefined {
  const [, text] = ESIM_TOKEN.exec(token) ?? [];
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text, "base64url");
  return { orderId: orderIn(bytes), item: bytes.readUInt8(ORDER_BYTES) };
}

function orderIn(bytes: Buffer): string {
  return `ord_${bytes.subarray(0, ORDER_BYTES).toString("hex")}`;
}

/** Where the supplier sends its notifications. Whoever knows it can only make the origin look, so it is no key. */
export function notificationUrl(publicUrl: string, secret: Uint8Array): string {
  return publicUrl + SUPPLIER_NOTIFICATIONS + notificationSecret(secret);
}

function notificationSecret(secret: Uint8Array): string {
  return createHmac("sha256", secret).update("edge402 supplier notifications").digest("base64url");
}

/** @param secrets those that notifications were ever asked for with and are still good */
export function isNotificationSecret(secrets: readonly Uint8Array[], given: string): boolean {
  return secrets.some((secret) => isSame(notificationSecret(secret), given));
}

/** @param secrets those that tokens were ever made with and are still good */
export function opens(
  secrets: readonly Uint8Array[],
  access: Access,
  orderId: string,
  token: string,
): boolean {
  return secrets.some((secret) => isSame(accessToken(secret, access, orderId), token));
}

/** In a time that tells nothing of where they differ. */
function isSame(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
