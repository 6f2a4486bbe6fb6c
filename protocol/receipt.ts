/** The settlement receipt that goes back with a paid answer, in the header that the client's version reads. */

import { HEADER } from "./headers.ts";
import { type Address, checksumAddress, type Hex } from "./hex.ts";
import type { Network } from "./network.ts";
import type { X402Version } from "./payment.ts";
import { encodeBase64 } from "./text.ts";

export type Receipt =
  | { readonly success: true; readonly transaction: Hex }
  | { readonly success: false; readonly errorReason: string };

/** One header: `PAYMENT-RESPONSE` for v2, `X-PAYMENT-RESPONSE` for v1. */
export function receiptHeader(
  payment: { readonly x402Version: X402Version; readonly network: Network; readonly payer: Address },
  receipt: Receipt,
): Record<string, string> {
  const { x402Version, network, payer } = payment;
  const settleResponse = {
    ...receipt,
    transaction: receipt.success ? receipt.transaction : "",
    network: x402Version === 1 ? (network.v1Name ?? network.caip2) : network.caip2,
    payer: checksumAddress(payer),
  };
  const name = x402Version === 1 ? HEADER.xPaymentResponse : HEADER.paymentResponse;
  return { [name]: encodeBase64(JSON.stringify(settleResponse)) };
}
