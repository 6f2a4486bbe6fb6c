/** Receipts: each version's header, in words that the stock clients' own decoders read. */

import { decodePaymentResponseHeader } from "@x402/core/http";
import { describe, expect, test } from "vitest";
import { decodeXPaymentResponse } from "x402-fetch";
import { networks } from "../../protocol/network.ts";
import { receiptHeader } from "../../protocol/receipt.ts";
import { PAYER } from "../builders/payment.ts";

const payer = `0x${PAYER.address.slice(2).toLowerCase()}` as const;
const transaction = `0x${"ab".repeat(32)}` as const;

describe("a receipt", () => {
  test("of version 2 is read by @x402/core", () => {
    const headers = receiptHeader(
      { x402Version: 2, network: networks.arbitrum, payer },
      { success: true, transaction },
    );
    expect(Object.keys(headers)).toEqual(["payment-response"]);
    expect(decodePaymentResponseHeader(headers["payment-response"] ?? "")).toEqual({
      success: true,
      transaction,
      network: "eip155:42161",
      payer: PAYER.address,
    });
  });

  test("of version 1 is read by x402-fetch", () => {
    const headers = receiptHeader(
      { x402Version: 1, network: networks.base, payer },
      { success: true, transaction },
    );
    expect(Object.keys(headers)).toEqual(["x-payment-response"]);
    expect(decodeXPaymentResponse(headers["x-payment-response"] ?? "")).toEqual({
      success: true,
      transaction,
      network: "base",
      payer: PAYER.address,
    });
  });

  test("of a failed settlement names the reason and no transaction", () => {
    const headers = receiptHeader(
      { x402Version: 2, network: networks.base, payer },
      { success: false, errorReason: "insufficient_funds" },
    );
    expect(decodePaymentResponseHeader(headers["payment-response"] ?? "")).toEqual({
      success: false,
      errorReason: "insufficient_funds",
      transaction: "",
      network: "eip155:8453",
      payer: PAYER.address,
    });
  });
});
