/**
 * The payment header, v1 and v2: size cap → base64 → JSON → shape. What comes out is typed and canonical, and says
 * nothing yet about whether it pays.
 */

import type { Authorization } from "./eip3009.ts";
import { normaliseSignature } from "./eip3009.ts";
import { entry } from "./entry.ts";
import { readPaymentIdentifier } from "./extensions/payment-identifier.ts";
import { anyText, attempt, type Fields, fieldsOf, object, oneOf, only, optional, text } from "./fields.ts";
import { type Address, type Hex, parseHex } from "./hex.ts";
import type { Usdc } from "./money.ts";
import { type Network, networkByCaip2, networkByV1Name } from "./network.ts";
import { fail, ok, type Result } from "./result.ts";
import { address, atomic, bytes32, type TextRule, uint256 } from "./rules.ts";
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

/** Nothing shorter is a signature. */
const MIN_SIGNATURE_BYTES = 64;

const signatureRule: TextRule<Hex> = {
  parse: (digits) =>
    digits.length < 2 + 2 * MIN_SIGNATURE_BYTES ? undefined : parseHex(digits, MAX_SIGNATURE_BYTES),
  expected: `expected ${MIN_SIGNATURE_BYTES} to ${MAX_SIGNATURE_BYTES} bytes of hex`,
};

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
  const read = attempt(() => {
    const at = fieldsOf(json.value);
    return version === 1 ? readV1(at) : readV2(at);
  });
  return read.ok ? read.value : refuse("payment_malformed", read.reason);
}

function readV1(at: Fields): Result<Payment, PaymentRefusal> {
  oneOf(at, "x402Version", [1]);
  const scheme = anyText(at, "scheme");
  const network = networkByV1Name(anyText(at, "network"));
  return assemble(1, scheme, network, object(at, "payload"), null, null);
}

function readV2(at: Fields): Result<Payment, PaymentRefusal> {
  oneOf(at, "x402Version", [2]);
  const accepted = object(at, "accepted");
  const scheme = anyText(accepted, "scheme");
  const network = networkByCaip2(anyText(accepted, "network"));
  const terms = readTerms(accepted);
  const payload = object(at, "payload");
  const identifier = readPaymentIdentifier(entry(at.json, "extensions"));
  if (!identifier.ok) return refuse(identifier.reason, "16 to 128 of A-Z a-z 0-9 _ - are expected.");
  return assemble(2, scheme, network, payload, terms, identifier.value);
}

function readTerms(at: Fields): AcceptedTerms {
  const terms = {
    asset: text(at, "asset", address),
    payTo: text(at, "payTo", address),
    amount: text(at, "amount", atomic),
  };
  const extra = optional(at, "extra", object);
  const invoice = extra === undefined ? undefined : optional(extra, "invoice", anyText);
  return { ...terms, invoice: invoice ?? null };
}

function assemble(
  x402Version: X402Version,
  scheme: string,
  network: Network | undefined,
  payload: Fields,
  accepted: AcceptedTerms | null,
  identifier: string | null,
): Result<Payment, PaymentRefusal> {
  if (scheme !== "exact") return refuse("payment_scheme_unsupported", "The scheme must be exact.");
  if (network === undefined) return refuse("payment_network_unsupported", "The network is unknown.");
  const signature = normaliseSignature(text(payload, "signature", signatureRule));
  const authorization = readAuthorization(object(payload, "authorization"));
  return ok({ x402Version, network, authorization, signature, accepted, identifier });
}

function readAuthorization(at: Fields): Authorization {
  return only(at, {
    from: text(at, "from", address),
    to: text(at, "to", address),
    value: text(at, "value", atomic),
    validAfter: text(at, "validAfter", uint256),
    validBefore: text(at, "validBefore", uint256),
    nonce: text(at, "nonce", bytes32),
  });
}

function refuse(code: PaymentFault, detail: string): Result<never, PaymentRefusal> {
  return fail({ code, detail });
}
