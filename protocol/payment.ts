/**
 * The payment header, v1 and v2: size cap → base64 → JSON → shape. What comes out is typed and canonical, and says
 * nothing yet about whether it pays.
 */

import * as v from "valibot";
import type { Authorization } from "./eip3009.ts";
import { normaliseSignature } from "./eip3009.ts";
import { readPaymentIdentifier } from "./extensions/payment-identifier.ts";
import type { Address, Hex } from "./hex.ts";
import type { Usdc } from "./money.ts";
import { type Network, networkByCaip2, networkByV1Name } from "./network.ts";
import { fail, ok, type Result } from "./result.ts";
import {
  addressSchema,
  atomicSchema,
  bytes32Schema,
  describeIssue,
  hexSchema,
  uint256Schema,
} from "./schema.ts";
import { decodeBase64, parseJsonBytes } from "./text.ts";

export type X402Version = 1 | 2;

export interface Payment {
  readonly x402Version: X402Version;
  readonly network: Network;
  readonly authorization: Authorization;
  /** 65 bytes of an ordinary account, or whatever a contract wallet wants. */
  readonly signature: Hex;
  /** v2 only: the offer that the client says it accepts. It is compared with ours, never used. */
  readonly accepted: AcceptedTerms | null;
  /** v2 only: the client's own name for this payment, from the extension `payment-identifier`. */
  readonly identifier: string | null;
}

export interface AcceptedTerms {
  readonly asset: Address;
  readonly payTo: Address;
  readonly amount: Usdc;
  /** The invoice token that our challenge carried in `extra`, if the client echoed it. */
  readonly invoice: string | null;
}

export type PaymentFault =
  | "payment_header_too_large"
  | "payment_not_base64"
  | "payment_not_json"
  | "payment_malformed"
  | "payment_scheme_unsupported"
  | "payment_network_unsupported"
  | "payment_identifier_malformed";

export interface PaymentRefusal {
  readonly code: PaymentFault;
  /** Names the field and the rule it broke, never its value. */
  readonly detail: string;
}

/** Base64 characters. An ordinary payment takes about 1,300; a counterfactual contract wallet's up to 6,000. */
export const MAX_PAYMENT_HEADER = 8_192;

/** ERC-6492 wraps a factory call and an inner signature; the grant must still fit API Gateway's 10,240 bytes of headers. */
export const MAX_SIGNATURE_BYTES = 2_048;

const exactPayload = v.object({
  signature: v.pipe(
    hexSchema(MAX_SIGNATURE_BYTES),
    v.minLength(2 + 2 * 64, "expected at least 64 bytes of hex"),
  ),
  authorization: v.strictObject({
    from: addressSchema,
    to: addressSchema,
    value: atomicSchema,
    validAfter: uint256Schema,
    validBefore: uint256Schema,
    nonce: bytes32Schema,
  }),
});

const v1Payment = v.object({
  x402Version: v.literal(1),
  scheme: v.string(),
  network: v.string(),
  payload: v.looseObject({}),
});

const v2Payment = v.object({
  x402Version: v.literal(2),
  accepted: v.object({
    scheme: v.string(),
    network: v.string(),
    asset: addressSchema,
    payTo: addressSchema,
    amount: atomicSchema,
    extra: v.optional(v.looseObject({ invoice: v.optional(v.string()) })),
  }),
  payload: v.looseObject({}),
  extensions: v.optional(v.unknown()),
});

/** Parses `X-PAYMENT` (version 1) or `PAYMENT-SIGNATURE` (version 2). */
export function parsePayment(header: string, version: X402Version): Result<Payment, PaymentRefusal> {
  if (header.length > MAX_PAYMENT_HEADER) {
    return refuse("payment_header_too_large", `The limit is ${MAX_PAYMENT_HEADER} characters.`);
  }
  const bytes = decodeBase64(header);
  if (bytes === undefined) return refuse("payment_not_base64", "Standard base64 with padding is expected.");
  const json = parseJsonBytes(bytes);
  if (json === undefined)
    return refuse("payment_not_json", "One JSON value without repeated keys is expected.");
  return version === 1 ? parseV1(json.value) : parseV2(json.value);
}

function parseV1(json: unknown): Result<Payment, PaymentRefusal> {
  const outer = v.safeParse(v1Payment, json, { abortEarly: true });
  if (!outer.success) return malformed(outer.issues);
  const { scheme, network: name, payload } = outer.output;
  return assemble(1, scheme, networkByV1Name(name), payload, null, null);
}

function parseV2(json: unknown): Result<Payment, PaymentRefusal> {
  const outer = v.safeParse(v2Payment, json, { abortEarly: true });
  if (!outer.success) return malformed(outer.issues);
  const { accepted, payload, extensions } = outer.output;
  const identifier = readPaymentIdentifier(extensions);
  if (!identifier.ok) return refuse(identifier.reason, "16 to 128 of A-Z a-z 0-9 _ - are expected.");
  const { asset, payTo, amount } = accepted;
  const terms = { asset, payTo, amount, invoice: accepted.extra?.invoice ?? null };
  return assemble(2, accepted.scheme, networkByCaip2(accepted.network), payload, terms, identifier.value);
}

function assemble(
  x402Version: X402Version,
  scheme: string,
  network: Network | undefined,
  payload: unknown,
  accepted: AcceptedTerms | null,
  identifier: string | null,
): Result<Payment, PaymentRefusal> {
  if (scheme !== "exact") return refuse("payment_scheme_unsupported", "The scheme must be exact.");
  if (network === undefined) return refuse("payment_network_unsupported", "The network is unknown.");
  const inner = v.safeParse(exactPayload, payload, { abortEarly: true });
  if (!inner.success) return malformed(inner.issues, "payload.");
  const { signature, authorization } = inner.output;
  return ok({
    x402Version,
    network,
    authorization,
    signature: normaliseSignature(signature),
    accepted,
    identifier,
  });
}

function malformed(issues: readonly [v.BaseIssue<unknown>, ...unknown[]], prefix = "") {
  return refuse("payment_malformed", prefix + describeIssue(issues[0]));
}

function refuse(code: PaymentFault, detail: string): Result<never, PaymentRefusal> {
  return fail({ code, detail });
}
