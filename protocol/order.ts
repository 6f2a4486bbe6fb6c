/** The identity of a payment, and of the order that it buys. */

import type { Address, Hex } from "./hex.ts";
import type { Network } from "./network.ts";
import { sha256Hex } from "./sha256.ts";

export interface PaymentIdentity {
  readonly network: Network;
  readonly payer: Address;
  readonly nonce: Hex;
}

/** What the token contract itself allows to be used once. Signature bytes are no part of it: they are malleable. */
export function paymentKey({ network, payer, nonce }: PaymentIdentity): string {
  return `${network.caip2}/${network.usdc.address.toLowerCase()}/${payer}/${nonce}`;
}

/** Of the digest that an order goes by. */
const ORDER_DIGITS = 40;

/**
 * The order that a payment buys: one payment, one order, whoever computes it and however often.
 * 44 characters, because it is the supplier's `transactionId` too, which may have 50.
 */
export function orderId(payment: PaymentIdentity): string {
  return `ord_${sha256Hex(paymentKey(payment)).slice(2, 2 + ORDER_DIGITS)}`;
}

/** Stands in for the nonce of a transfer that has none, so that it too can belong to one order only. */
export function transferNonce(transaction: Hex, logIndex: number): Hex {
  const parts = JSON.stringify(["edge402 transfer", transaction, logIndex]);
  return sha256Hex(parts);
}

const ORDER_ID = /^ord_[0-9a-f]{40}$/;

export function isOrderId(text: string): boolean {
  return ORDER_ID.test(text);
}
