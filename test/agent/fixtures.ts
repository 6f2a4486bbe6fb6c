/** A wallet that counts its signatures, a clock that only sleeping moves, and the answers of an edge402 gateway. */

import { challenge } from "../../protocol/challenge.ts";
import { type ErrorCode, type ProblemDetails, problem } from "../../protocol/errors.ts";
import { bytesToHex, type Hex, parseAddress } from "../../protocol/hex.ts";
import { parseUsdc, type Usdc } from "../../protocol/money.ts";
import { type Network, networks } from "../../protocol/network.ts";
import { receiptHeader } from "../../protocol/receipt.ts";
import { encodeBase64 } from "../../protocol/text.ts";
import { buy } from "../../scripts/agent/buy.ts";
import type { Ports, Progress, PurchaseOptions, PurchaseResult } from "../../scripts/agent/purchase.ts";
import { localSigner, type Signer } from "../../scripts/agent/sign.ts";
import type { ScriptedAnswer } from "./merchant.ts";

export const KEY: Hex = `0x${"4a7c".repeat(16)}`;
export const PAYER = localSigner(KEY).address;
export const PAY_TO = "0x00000000000000000000000000000000000000b2";
export const TRANSACTION: Hex = `0x${"ab".repeat(32)}`;
/** Unix milliseconds at which the tests' clock starts. */
export const START_MS = 1_800_000_000_000;
export const PRICE = amount("4.20");

export function amount(text: string): Usdc {
  const parsed = parseUsdc(text);
  if (parsed === undefined) throw new Error(`${text} is no amount`);
  return parsed;
}

export function countingSigner(): Signer & { readonly signatures: () => number } {
  const signer = localSigner(KEY);
  let signatures = 0;
  return {
    address: signer.address,
    signTransfer(network, authorization) {
      signatures += 1;
      return signer.signTransfer(network, authorization);
    },
    signatures: () => signatures,
  };
}

export interface Purchase {
  readonly result: PurchaseResult;
  readonly signatures: number;
  readonly events: readonly Progress[];
  /** Milliseconds of each sleep. */
  readonly sleeps: readonly number[];
}

/** Buys over the real fetch, with a limit of 5 USDC and two minutes of a clock that sleeping moves. */
export async function purchase(url: string, options: Partial<PurchaseOptions> = {}): Promise<Purchase> {
  const signer = countingSigner();
  const events: Progress[] = [];
  const sleeps: number[] = [];
  let now = START_MS;
  let nonces = 0;
  const ports: Ports = {
    fetch,
    now: () => now,
    sleep: async (ms) => {
      sleeps.push(ms);
      now += ms;
    },
    newNonce: () => {
      nonces += 1;
      return bytesToHex(new Uint8Array(32).fill(nonces));
    },
    signer,
    onProgress: (event) => events.push(event),
  };
  const defaults: PurchaseOptions = {
    url: new URL(url),
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"plan":"us-7day"}',
    chain: null,
    maxAmount: amount("5.00"),
    timeoutMs: 120_000,
  };
  const result = await buy({ ...defaults, ...options }, ports);
  return { result, signatures: signer.signatures(), events, sleeps };
}

/** The gateway's own 402, in both versions. */
export function gatewayChallenge(
  offered: readonly [Network, ...Network[]] = [networks.polygon, networks.base, networks.arbitrum],
  code: ErrorCode = "payment_required",
): ScriptedAnswer {
  const payTo = parseAddress(PAY_TO);
  if (payTo === undefined) throw new Error("the recipient is no address");
  const rpcUrl = "http://127.0.0.1:1";
  const [first, ...others] = offered;
  const { headers, body } = challenge({
    networks: [
      { chain: first, payTo, rpcUrl, confirmations: 1 },
      ...others.map((network) => ({ chain: network, payTo, rpcUrl, confirmations: 1 })),
    ],
    terms: [
      {
        price: PRICE,
        description: "eSIM us-7day",
        mimeType: "application/json",
        resourceUrl: "https://shop.example/v1/esim/activate",
        maxTimeoutSeconds: 60,
        upfront: false,
      },
    ],
    serviceName: "Shop",
    fingerprint: TRANSACTION,
    invoiceKeys: [{ id: 0, secret: new Uint8Array(32) }],
    invoiceTtlSeconds: 600,
    newInvoiceId: () => new Uint8Array(10),
    now: START_MS / 1_000,
    code,
  });
  return { status: 402, headers, body };
}

/** One offer in v2 as other merchants write it, and the challenge header around such offers. */
export const v2Offer = {
  scheme: "exact",
  network: "eip155:137",
  amount: "4200000",
  asset: networks.polygon.usdc.address,
  payTo: PAY_TO,
  maxTimeoutSeconds: 60,
  upfront: false,
  extra: { name: "USD Coin", version: "2" },
};

export function v2Challenge(accepts: readonly unknown[], more: object = {}): ScriptedAnswer {
  return rawChallenge(encodeBase64(JSON.stringify({ x402Version: 2, accepts, ...more })));
}

export function rawChallenge(header: string): ScriptedAnswer {
  return { status: 402, headers: { "payment-required": header } };
}

export function v1Challenge(accepts: readonly unknown[]): ScriptedAnswer {
  return { status: 402, body: { x402Version: 1, error: "X-PAYMENT header is required", accepts } };
}

export function v1Offer(network: Network) {
  const { amount: maxAmountRequired, ...offer } = v2Offer;
  return {
    ...offer,
    maxAmountRequired,
    network: network.v1Name,
    asset: network.usdc.address,
    resource: "https://shop.example/report",
    description: "",
    mimeType: "application/json",
  };
}

export function receipt(network: Network = networks.polygon, x402Version: 1 | 2 = 2) {
  return receiptHeader({ x402Version, network, payer: PAYER }, { success: true, transaction: TRANSACTION });
}

export function problemAnswer(
  code: ErrorCode,
  details: ProblemDetails = {},
  headers: Record<string, string> = {},
): ScriptedAnswer {
  const body = problem(code, details);
  return { status: body.status, headers: { "content-type": "application/problem+json", ...headers }, body };
}

export const goods: ScriptedAnswer = { status: 200, headers: receipt(), body: { iccid: "8901" } };
