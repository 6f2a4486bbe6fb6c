/**
 * The offline check: everything about a payment that can be judged without asking anybody. What fails here costs no
 * facilitator call.
 */

import type { AcceptedNetwork } from "../protocol/config.ts";
import { authorizationDigest, isEcdsaSignature, recoverSigner } from "../protocol/eip3009.ts";
import type { ErrorCode } from "../protocol/errors.ts";
import type { LookupCode } from "../protocol/grant.ts";
import type { Hex } from "../protocol/hex.ts";
import { type Invoice, readInvoice } from "../protocol/invoice.ts";
import type { HmacKey } from "../protocol/keys.ts";
import type { Usdc } from "../protocol/money.ts";
import type { Offer } from "../protocol/offer.ts";
import type { Payment } from "../protocol/payment.ts";
import { fail, ok, type Result } from "../protocol/result.ts";

/** The reference facilitator refuses what expires within 6 s; settling takes a moment too. Seconds. */
export const SETTLEMENT_MARGIN_SECONDS = 8;

/** How far a client's clock may run ahead when it computes `validBefore`. Seconds. */
export const CLOCK_SKEW_SECONDS = 300;

/** How long after its expiry an authorization may still be asked about. Seconds. */
export const REPLAY_WINDOW_SECONDS = 24 * 3_600;

export interface CheckInput {
  readonly payment: Payment;
  /** `X-Invoice-Id`, for clients that echo nothing. */
  readonly invoiceHeader: string | undefined;
  readonly offer: Offer;
  readonly fingerprint: Hex;
  readonly networks: readonly AcceptedNetwork[];
  readonly invoiceKeys: readonly HmacKey[];
  readonly maxTimeoutSeconds: number;
  /** Unix seconds. */
  readonly now: number;
}

export interface Payable {
  readonly accepted: AcceptedNetwork;
  /** The quoted price where there is an invoice, else the catalog's. */
  readonly price: Usdc;
  readonly invoiceId: string | null;
  /** Set when the payment is past paying but may have paid before: it is looked up, not settled. */
  readonly lookup: LookupCode | null;
}

type CheckFailure = Extract<
  ErrorCode,
  | "payment_network_unsupported"
  | "payment_terms_mismatch"
  | "payment_recipient_mismatch"
  | "payment_amount_mismatch"
  | "payment_not_yet_valid"
  | "payment_expired"
  | "payment_window_too_long"
  | "payment_signature_invalid"
  | "payment_for_other_request"
  | "invoice_missing"
  | "invoice_invalid"
>;

export function checkPayment(input: CheckInput): Result<Payable, CheckFailure> {
  const { payment, offer } = input;
  const { authorization } = payment;

  const accepted = input.networks.find(({ chain }) => chain === payment.network);
  const insisted = offer.network === null || offer.network === payment.network;
  if (accepted === undefined || !insisted) return fail("payment_network_unsupported");

  const invoice = invoiceOf(input);
  if (!invoice.ok) return invoice;
  const price = invoice.value?.price ?? offer.price;

  const terms = payment.accepted;
  if (terms !== null) {
    const sameAsset = terms.asset === payment.network.usdc.address.toLowerCase();
    if (!sameAsset || terms.payTo !== accepted.payTo || terms.amount !== price) {
      return fail("payment_terms_mismatch");
    }
  }
  if (authorization.to !== accepted.payTo) return fail("payment_recipient_mismatch");
  if (authorization.value !== price) return fail("payment_amount_mismatch");
  if (!isSignedByPayer(payment)) return fail("payment_signature_invalid");

  const window = checkWindow(input);
  if (!window.ok) return window;
  // Honoured for as long as an authorization signed before its expiry lives: such a one may already be on its way.
  const invoiceExpired =
    invoice.value !== null && invoice.value.expiresAt + input.maxTimeoutSeconds < input.now;
  return ok({
    accepted,
    price,
    invoiceId: invoice.value?.id ?? null,
    lookup: window.value ?? (invoiceExpired ? "invoice_expired" : null),
  });
}

/** A v2 client echoes the invoice and so must have one; a v1 client can't echo, and may send it in a header. */
function invoiceOf(input: CheckInput): Result<Invoice | null, CheckFailure> {
  const { payment, invoiceHeader, fingerprint, invoiceKeys } = input;
  const token = payment.accepted?.invoice ?? invoiceHeader;
  if (token === undefined) return payment.x402Version === 1 ? ok(null) : fail("invoice_missing");
  const invoice = readInvoice(token, invoiceKeys);
  if (!invoice.ok) return invoice;
  return invoice.value.fingerprint === fingerprint ? invoice : fail("payment_for_other_request");
}

/** Contract wallets decide on chain what their signatures mean; only the facilitator can ask them. */
function isSignedByPayer({ network, authorization, signature }: Payment): boolean {
  if (!isEcdsaSignature(signature)) return true;
  return recoverSigner(authorizationDigest(network, authorization), signature) === authorization.from;
}

/** An authorization that can't land any more may have landed before: then asking for another would charge twice. */
function checkWindow({
  payment,
  now,
  maxTimeoutSeconds,
}: CheckInput): Result<LookupCode | null, CheckFailure> {
  const { validAfter, validBefore } = payment.authorization;
  const longest = BigInt(now + maxTimeoutSeconds + CLOCK_SKEW_SECONDS);
  if (validBefore <= validAfter) return fail("payment_expired");
  if (validAfter >= BigInt(now)) return fail("payment_not_yet_valid");
  if (validBefore > longest) return fail("payment_window_too_long");
  if (validBefore + BigInt(REPLAY_WINDOW_SECONDS) < BigInt(now)) return fail("payment_expired");
  return ok(validBefore < BigInt(now + SETTLEMENT_MARGIN_SECONDS) ? "payment_expired" : null);
}
