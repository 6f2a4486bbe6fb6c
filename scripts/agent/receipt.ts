/**
 * Reads the settlement's receipt from `PAYMENT-RESPONSE` or `X-PAYMENT-RESPONSE`, or from an edge402 order: when a
 * settlement was slow, the answer that delivers is the order's own, and that carries no receipt header.
 */

import * as v from "valibot";
import { HEADER } from "../../protocol/headers.ts";
import type { Address, Hex } from "../../protocol/hex.ts";
import { addressSchema, bytes32Schema } from "../../protocol/schema.ts";
import { decodeBase64, parseJsonBytes } from "../../protocol/text.ts";
import { type Answer, jsonOf } from "./http.ts";
import type { Receipt } from "./purchase.ts";
import type { SignedPayment } from "./sign.ts";

export type ReceiptReading =
  | { readonly success: true; readonly submitted: true; readonly receipt: Receipt }
  /** `submitted`: a transaction was sent to the chain all the same. */
  | { readonly success: false; readonly submitted: boolean; readonly reason: string };

/** Characters of base64. An ordinary receipt takes about 350. */
const MAX_RECEIPT_CHARS = 16 * 1024;

const schema = v.variant("success", [
  v.object({
    success: v.literal(true),
    transaction: bytes32Schema,
    network: v.string(),
    payer: v.optional(addressSchema),
  }),
  v.object({
    success: v.literal(false),
    errorReason: v.optional(v.string(), ""),
    transaction: v.optional(v.string(), ""),
  }),
]);

/** Null without a well-formed receipt for this very payment: its network, its payer. */
export function readReceipt(headers: Headers, payment: SignedPayment): ReceiptReading | null {
  const header = headers.get(HEADER.paymentResponse) ?? headers.get(HEADER.xPaymentResponse);
  if (header === null || header.length > MAX_RECEIPT_CHARS) return null;
  const bytes = decodeBase64(header);
  const json = bytes === undefined ? undefined : parseJsonBytes(bytes);
  const parsed = v.safeParse(schema, json?.value);
  if (!parsed.success) return null;
  const { output } = parsed;
  if (!output.success) {
    return { success: false, reason: output.errorReason, submitted: output.transaction !== "" };
  }
  const receipt = receiptFor(payment, output);
  return receipt === null ? null : { success: true, submitted: true, receipt };
}

const orderSchema = v.object({
  payment: v.object({ transaction: bytes32Schema, network: v.string(), payer: v.optional(addressSchema) }),
});

/** Null without a settled order of this very payment in the body. */
export function readOrderReceipt(answer: Answer, payment: SignedPayment): Receipt | null {
  const parsed = v.safeParse(orderSchema, jsonOf(answer)?.value);
  return parsed.success ? receiptFor(payment, parsed.output.payment) : null;
}

function receiptFor(
  { offer: { network }, payer }: SignedPayment,
  settled: { readonly transaction: Hex; readonly network: string; readonly payer?: Address | undefined },
): Receipt | null {
  const sameNetwork = settled.network === network.caip2 || settled.network === network.v1Name;
  if (!sameNetwork || (settled.payer ?? payer) !== payer) return null;
  return { transaction: settled.transaction, network: network.caip2, payer: settled.payer ?? null };
}
