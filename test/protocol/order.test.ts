/** The order's id: one payment, one order, and it fits what the supplier takes as a transaction id. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { networks } from "../../protocol/network.ts";
import { isOrderId, orderId, paymentKey } from "../../protocol/order.ts";
import { anyAddress, anyHex, anyNetwork, anyText } from "../builders/arbitrary.ts";

/** eSIM Access cuts off a longer `transactionId`. */
const SUPPLIER_LIMIT = 50;

const anyPayment = fc.record({ network: anyNetwork, payer: anyAddress, nonce: anyHex(32) });
const payment = {
  network: networks.base,
  payer: `0x${"a1".repeat(20)}`,
  nonce: `0x${"00".repeat(32)}`,
} as const;

describe("an order id", () => {
  test("never changes, since stored orders are found by it", () => {
    expect(orderId(payment)).toBe("ord_0ae44167b59fd8525f4c7c18676bcd91795a4f76");
    expect(paymentKey(payment)).toBe(
      `eip155:8453/0x833589fcd6edb6e08f4c7c32d4f71b54bda02913/${payment.payer}/${payment.nonce}`,
    );
  });

  test("is the same however often it is computed, and short enough for the supplier", () => {
    fc.assert(
      fc.property(anyPayment, (any) => {
        const id = orderId(any);
        expect(orderId({ ...any })).toBe(id);
        expect(id.length).toBeLessThanOrEqual(SUPPLIER_LIMIT);
        expect(isOrderId(id)).toBe(true);
      }),
    );
  });

  test("differs for any two payments", () => {
    fc.assert(
      fc.property(anyPayment, anyPayment, (a, b) => {
        fc.pre(paymentKey(a) !== paymentKey(b));
        expect(orderId(a)).not.toBe(orderId(b));
      }),
    );
    const other = [
      { ...payment, network: networks.polygon },
      { ...payment, payer: `0x${"a2".repeat(20)}` as const },
      { ...payment, nonce: `0x01${"00".repeat(31)}` as const },
    ];
    expect(new Set([payment, ...other].map(orderId)).size).toBe(4);
  });

  test("is told from everything else", () => {
    const id = orderId(payment);
    for (const text of ["", "ord_", id.slice(0, -1), `${id}0`, id.toUpperCase(), `${id}\n`, ` ${id}`]) {
      expect(isOrderId(text)).toBe(false);
    }
    fc.assert(
      fc.property(anyText, (text) => {
        expect(isOrderId(text)).toBe(false);
      }),
    );
  });
});
