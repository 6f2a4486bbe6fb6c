/**
 * The invoice: a stateless, HMAC-signed quote that rides in the challenge and comes back with the payment.
 *
 * It fixes the price, binds the payment to one request, and never goes on chain: a payment header can be rebuilt from
 * a settled transaction's calldata by anyone, the invoice it was quoted with can not.
 *
 * Layout, 72 bytes: version 1, key id 1, id 10, fingerprint 32, price 8, expiry 4, HMAC-SHA256 cut to 16.
 */

import { bytesToHex, type Hex } from "./hex.ts";
import { type HmacKey, keyById, macBy, sameMac } from "./keys.ts";
import { lazily } from "./lazily.ts";
import { type Usdc, usdc } from "./money.ts";
import { fail, ok, type Result } from "./result.ts";
import { sha256Hex } from "./sha256.ts";
import { decodeBase64Url } from "./text.ts";

export interface Invoice {
  /** 20 hex digits; safe to log, opens nothing. */
  readonly id: string;
  readonly fingerprint: Hex;
  readonly price: Usdc;
  /** Unix seconds. */
  readonly expiresAt: number;
}

export const INVOICE_ID_BYTES = 10;

/** Characters of a token. */
export const INVOICE_LENGTH = 100;

const PREFIX = "inv_";
const VERSION = 1;
const SIGNED_BYTES = 56;
const MAC_BYTES = 16;

/** In front of what is signed, so that no other code made with the same key can stand for an invoice's. */
const PURPOSE = "edge402 invoice";
const START = PURPOSE.length;

/** Where tokens are put together, one at a time. Buffer's own ways of writing numbers take a cold process far longer. */
const draft = lazily(() => {
  const bytes = new Uint8Array(START + SIGNED_BYTES + MAC_BYTES);
  bytes.set(Buffer.from(PURPOSE));
  return {
    /** The purpose, and what is signed. */
    message: bytes.subarray(0, START + SIGNED_BYTES),
    token: Buffer.from(bytes.buffer, START),
    numbers: new DataView(bytes.buffer, START),
  };
});

/** Issues an invoice token, `INVOICE_LENGTH` characters. `id` is random, `INVOICE_ID_BYTES` long. */
export function mintInvoice(
  invoice: { id: Uint8Array; fingerprint: Hex; price: Usdc; expiresAt: number },
  key: HmacKey,
): string {
  const { message, token, numbers } = draft();
  token[0] = VERSION;
  token[1] = key.id;
  token.set(invoice.id, 2);
  token.write(invoice.fingerprint.slice(2), 12, "hex");
  numbers.setBigUint64(44, invoice.price);
  numbers.setUint32(52, invoice.expiresAt);
  token.set(mac(message, key), SIGNED_BYTES);
  return PREFIX + token.toString("base64url");
}

/** Authenticates a token. Whether it has expired is for the caller to judge: an expired one still proves who was quoted. */
export function readInvoice(token: string, keys: readonly HmacKey[]): Result<Invoice, "invoice_invalid"> {
  if (!token.startsWith(PREFIX) || token.length > 128) return fail("invoice_invalid");
  const bytes = decodeBase64Url(token.slice(PREFIX.length));
  if (bytes?.length !== SIGNED_BYTES + MAC_BYTES) return fail("invoice_invalid");
  const [version, keyId = -1] = bytes;
  const key = keyById(keys, keyId);
  if (version !== VERSION || key === undefined) return fail("invoice_invalid");
  const { message, token: drafted } = draft();
  drafted.set(bytes);
  if (!sameMac(bytes.subarray(SIGNED_BYTES), mac(message, key))) return fail("invoice_invalid");
  const numbers = new DataView(bytes.buffer, bytes.byteOffset);
  return ok({
    id: bytesToHex(bytes.subarray(2, 12)).slice(2),
    fingerprint: bytesToHex(bytes.subarray(12, 44)),
    price: usdc(numbers.getBigUint64(44)),
    expiresAt: numbers.getUint32(52),
  });
}

/**
 * The `nonce` that a challenge names. A payer who uses it as the EIP-3009 nonce proves on chain which invoice was paid,
 * and since it is a hash, the chain does not give the invoice away.
 */
export function invoiceNonce(token: string): Hex {
  return sha256Hex(token);
}

/** @param message the purpose and what is signed */
function mac(message: Uint8Array, key: HmacKey): Uint8Array {
  return macBy(key)(message).subarray(0, MAC_BYTES);
}
