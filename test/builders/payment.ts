/**
 * A valid, signed x402 payment of either version, as a stock client would send it. A test asks for one, changes one
 * thing and sees what becomes of it.
 */

import { randomBytes } from "node:crypto";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { type Authorization, transferWithAuthorizationTypes, usdcDomain } from "../../protocol/eip3009.ts";
import { HEADER } from "../../protocol/headers.ts";
import { type Address, bytesToHex, checksumAddress, type Hex } from "../../protocol/hex.ts";
import type { Usdc } from "../../protocol/money.ts";
import type { Network } from "../../protocol/network.ts";
import type { X402Version } from "../../protocol/payment.ts";
import { encodeBase64 } from "../../protocol/text.ts";

/** Unix seconds at which built payments are signed, unless a test says otherwise. */
export const NOW = 1_800_000_000;

/** Seconds until a built payment expires. */
export const PAYMENT_SECONDS = 60;

/** The payer of built payments, unless a test brings its own. */
export const PAYER: PrivateKeyAccount = privateKeyToAccount(`0x${"42".repeat(32)}`);

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface PaymentOptions {
  readonly version: X402Version;
  readonly network: Network;
  readonly payTo: Address;
  readonly amount: Usdc;
  /** Echoed in `accepted.extra` by version 2; version 1 has no place for it. */
  readonly invoice?: string;
  readonly account?: PrivateKeyAccount;
  /** Unix seconds of signing. */
  readonly now?: number;
  /** Fields of the authorization that shall differ from the honest ones. They are signed as they stand here. */
  readonly overrides?: Partial<Authorization>;
}

export interface BuiltPayment {
  readonly headerName: string;
  readonly header: string;
  /** What the header encodes. Change a copy with `replaceAt` and send `encodePayment` of it. */
  readonly payload: Json;
  readonly authorization: Authorization;
  readonly signature: Hex;
}

export async function buildPayment(options: PaymentOptions): Promise<BuiltPayment> {
  const { version, network, payTo, amount, account = PAYER, now = NOW } = options;
  const authorization: Authorization = {
    from: lowerCase(account.address),
    to: payTo,
    value: amount,
    validAfter: 0n,
    validBefore: BigInt(now + PAYMENT_SECONDS),
    nonce: bytesToHex(randomBytes(32)),
    ...options.overrides,
  };
  const signature = await account.signTypedData({
    domain: usdcDomain(network),
    types: transferWithAuthorizationTypes,
    primaryType: "TransferWithAuthorization",
    message: authorization,
  });
  const exact = { signature, authorization: authorizationJson(authorization) };
  const payload = version === 1 ? payloadV1(network, exact) : payloadV2(options, exact);
  const headerName = version === 1 ? HEADER.xPayment : HEADER.paymentSignature;
  return { headerName, header: encodePayment(payload), payload, authorization, signature };
}

export function encodePayment(payload: Json): string {
  return encodeBase64(JSON.stringify(payload));
}

/** A copy in which the value at `path` is another one, or is gone when `value` is undefined. */
export function replaceAt(json: Json, path: readonly string[], value: Json | undefined): Json {
  const [key, ...rest] = path;
  if (key === undefined || !isObject(json)) return value ?? null;
  if (rest.length > 0) return { ...json, [key]: replaceAt(json[key] ?? {}, rest, value) };
  const { [key]: _, ...others } = json;
  return value === undefined ? others : { ...json, [key]: value };
}

/** The path of every value in a JSON document, containers included, the document itself left out. */
export function pathsIn(json: Json): string[][] {
  if (!isObject(json)) return [];
  return Object.entries(json).flatMap(([key, value]) => [
    [key],
    ...pathsIn(value).map((path) => [key, ...path]),
  ]);
}

function isObject(json: Json): json is { readonly [key: string]: Json } {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function payloadV1(network: Network, payload: Json): Json {
  return { x402Version: 1, scheme: "exact", network: network.v1Name, payload };
}

/** With the resource and an extension, since stock clients echo both from the challenge. */
function payloadV2({ network, payTo, amount, invoice }: PaymentOptions, payload: Json): Json {
  const { name, version, address } = network.usdc;
  return {
    x402Version: 2,
    resource: {
      url: "https://shop.example.com/report",
      description: "A report",
      mimeType: "application/json",
    },
    accepted: {
      scheme: "exact",
      network: network.caip2,
      amount: amount.toString(),
      asset: address,
      payTo: checksumAddress(payTo),
      maxTimeoutSeconds: PAYMENT_SECONDS,
      extra: { name, version, ...(invoice === undefined ? {} : { invoice }) },
    },
    payload,
    extensions: { "example-extension": { info: { note: "echoed" } } },
  };
}

function authorizationJson({ from, to, value, validAfter, validBefore, nonce }: Authorization): Json {
  return {
    from: checksumAddress(from),
    to: checksumAddress(to),
    value: value.toString(),
    validAfter: validAfter.toString(),
    validBefore: validBefore.toString(),
    nonce,
  };
}

function lowerCase(address: Hex): Address {
  return `0x${address.slice(2).toLowerCase()}`;
}
