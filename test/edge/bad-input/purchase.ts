/** A purchase that would succeed, and the ways in which a row of the bad-input table changes one thing about it. */

import { randomBytes } from "node:crypto";
import { privateKeyToAccount } from "viem/accounts";
import type { Authorization } from "../../../protocol/eip3009.ts";
import { HEADER } from "../../../protocol/headers.ts";
import { type Hex, hexToBytes } from "../../../protocol/hex.ts";
import { INVOICE_ID_BYTES, mintInvoice, readInvoice } from "../../../protocol/invoice.ts";
import type { HmacKey } from "../../../protocol/keys.ts";
import { usdc } from "../../../protocol/money.ts";
import type { X402Version } from "../../../protocol/payment.ts";
import type { Stack } from "../../../scripts/local/stack/start-stack.ts";
import {
  type BuiltPayment,
  buildPayment,
  encodePayment,
  type Json,
  type PaymentOptions,
  replaceAt,
} from "../../builders/payment.ts";
import { get, invoiceIn, post, requiredOf, sendWire, type WireRequest } from "../support.ts";

/** One row of the table: what is wrong, with which protocol version, and the answer it must get. */
export interface Row {
  readonly rule: string;
  readonly version: X402Version;
  readonly target: Target;
  readonly change: Change;
  readonly status: number;
  /** The problem's `code`; or, where CloudFront itself refuses, its rule. */
  readonly code: string;
}

export type Target = "activate" | "report";

export type Change = (purchase: Purchase) => WireRequest | Promise<WireRequest>;

export interface Purchase {
  readonly stack: Stack;
  readonly version: X402Version;
  /** Paid: it would buy. */
  readonly request: WireRequest;
  readonly payment: BuiltPayment;
  /** The payment's ingredients, for a change that has to sign again. */
  readonly options: PaymentOptions;
  readonly invoice: string;
  /** Unix seconds of signing. */
  readonly now: number;
}

export const unpaid: Readonly<Record<Target, WireRequest>> = {
  activate: post("/v1/esim/activate", { plan: "us-7day", device_id: "drone-47" }),
  report: get("/report"),
};

/** Asks for the terms and signs for the stack's first network. Version 1 sends its invoice in a header. */
export async function preparePurchase(stack: Stack, target: Target, version: X402Version): Promise<Purchase> {
  const asked = unpaid[target];
  const required = requiredOf(await sendWire(stack.url, asked));
  const invoice = invoiceIn(required);
  const [offer] = required.accepts;
  const [network] = stack.config.networks;
  if (offer === undefined || network === undefined) throw new Error("the stack sells on a network");
  const now = Math.floor(Date.now() / 1_000);
  const options: PaymentOptions = {
    version,
    network: network.chain,
    payTo: network.payTo,
    amount: usdc(BigInt(offer.amount)),
    invoice,
    account: privateKeyToAccount(stack.secrets.payerKey),
    now,
  };
  const payment = await buildPayment(options);
  return { stack, version, request: paying(asked, payment, options), payment, options, invoice, now };
}

function paying(asked: WireRequest, payment: BuiltPayment, options: PaymentOptions): WireRequest {
  const invoice: WireRequest["headers"] =
    options.version === 1 && options.invoice !== undefined ? [[HEADER.invoice, options.invoice]] : [];
  return { ...asked, headers: [...asked.headers, [payment.headerName, payment.header], ...invoice] };
}

/** A row's own part: what is wrong, how to do it, and the answer it must get. */
export type Entry = readonly [rule: string, change: Change, answer: readonly [status: number, code: string]];

/** The rows for a payment of each version. */
export function bothVersions(of: string, entries: readonly Entry[]): readonly Row[] {
  return ([1, 2] as const).flatMap((version) => forVersion(version, of, entries));
}

export function forVersion(
  version: X402Version,
  of: string,
  entries: readonly Entry[],
  target: Target = "activate",
): readonly Row[] {
  return entries.map(([rule, change, [status, code]]) => ({
    rule: `${of}: ${rule}`,
    version,
    target,
    change,
    status,
    code,
  }));
}

/** Sends another payment header. */
export function header(
  change: (
    header: string,
    purchase: { readonly payload: Json; readonly version: X402Version; readonly signature: Hex },
  ) => string,
): Change {
  return ({ request, payment, version }) =>
    withHeader(request, payment.headerName, change(payment.header, { ...payment, version }));
}

/** Sends another text where the payment's JSON was. */
export function json(change: (text: string) => string | Uint8Array): Change {
  return header((_, { payload }) => Buffer.from(change(JSON.stringify(payload))).toString("base64"));
}

/** Sends another value, or none, at one place of the payment. What was signed stays as it was. */
export function field(path: string, value: Json | undefined): Change {
  return header((_, { payload }) => encodePayment(replaceAt(payload, path.split("."), value)));
}

/** Sends another signature. */
export function signature(change: (signature: Hex) => string): Change {
  return header((_, { payload, signature: valid }) =>
    encodePayment(replaceAt(payload, ["payload", "signature"], change(valid))),
  );
}

/** Sends what was signed with other ingredients: all is in order with it but those. */
export function signed(change: (purchase: Purchase) => Partial<PaymentOptions>): Change {
  return async (purchase) => {
    const payment = await buildPayment({ ...purchase.options, ...change(purchase) });
    return withHeader(purchase.request, payment.headerName, payment.header);
  };
}

/** Signs another authorization: all is in order with it but the changed fields. */
export function authorized(overrides: (now: number) => Partial<Authorization>): Change {
  return signed(({ now }) => ({ overrides: overrides(now) }));
}

/** Presents another invoice: echoed by version 2, in its header by version 1. */
export function presenting(token: (purchase: Purchase) => string | Promise<string>): Change {
  return async (purchase) => {
    const presented = await token(purchase);
    if (purchase.version === 1) return withHeader(purchase.request, HEADER.invoice, presented);
    return field("accepted.extra.invoice", presented)(purchase);
  };
}

/**
 * An invoice for the very request of this purchase.
 *
 * @param expiresAt Unix seconds
 */
export function mintFor({ invoice, stack }: Purchase, expiresAt: number, key = invoiceKey(stack)): string {
  const genuine = readInvoice(invoice, [invoiceKey(stack)]);
  if (!genuine.ok) throw new Error("the stack's own invoice can be read");
  return mintInvoice({ ...genuine.value, id: randomBytes(INVOICE_ID_BYTES), expiresAt }, key);
}

function invoiceKey({ secrets }: Stack): HmacKey {
  return { id: 1, secret: hexToBytes(secrets.invoiceKey) };
}

/** Sends the paid request with another body. */
export function body(bytes: string | Uint8Array): Change {
  return ({ request }) => ({ ...request, body: Buffer.from(bytes) });
}

/** Sends the paid request with another method, path or query. */
export function line(change: { readonly method?: string; readonly path?: string }): Change {
  return ({ request }) => ({ ...request, ...change });
}

export function withHeader(request: WireRequest, name: string, value: string): WireRequest {
  const others = request.headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase());
  return addHeader({ ...request, headers: others }, name, value);
}

/** Beside the headers that are there, whatever they are called. */
export function addHeader(request: WireRequest, name: string, value: string): WireRequest {
  return { ...request, headers: [...request.headers, [name, value]] };
}
