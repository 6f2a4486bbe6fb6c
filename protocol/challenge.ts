/**
 * The 402 answer. One answer serves both protocol versions: v2 reads the `PAYMENT-REQUIRED` header, v1 reads the body,
 * and clients older than both read the invoice fields beside `accepts`.
 */

import type { AcceptedNetwork } from "./config.ts";
import { type ErrorCode, type ProblemDetails, problem } from "./errors.ts";
import { paymentIdentifierDeclaration } from "./extensions/payment-identifier.ts";
import { CORS_HEADERS, HEADER, NO_STORE } from "./headers.ts";
import { checksumAddress, type Hex } from "./hex.ts";
import { invoiceNonce, mintInvoice } from "./invoice.ts";
import { type HmacKey, signingKey } from "./keys.ts";
import { formatUsdc } from "./money.ts";
import { requirementsV1, requirementsV2, type Terms } from "./requirements.ts";
import { encodeBase64 } from "./text.ts";

/** Characters. AgentCore's SDK cuts a 402 body here, and half a JSON document is none. */
export const MAX_CHALLENGE_BODY = 3_000;

export interface ChallengeInput {
  readonly networks: readonly [AcceptedNetwork, ...AcceptedNetwork[]];
  readonly terms: Terms;
  readonly serviceName: string;
  /** What the invoice binds the payment to. */
  readonly fingerprint: Hex;
  readonly invoiceKeys: readonly HmacKey[];
  readonly invoiceTtlSeconds: number;
  /** `INVOICE_ID_BYTES` random bytes. */
  readonly invoiceId: Uint8Array;
  /** Repeats an invoice instead of issuing a new one: its payment is on its way. */
  readonly sameInvoice?: { readonly token: string; readonly expiresAt: number };
  /** Unix seconds. */
  readonly now: number;
  /** Why payment is asked for: `payment_required`, or what was wrong with the payment that came. */
  readonly code: ErrorCode;
  readonly details?: ProblemDetails;
  /** Fields beside the body's own, such as how many confirmations there are. */
  readonly more?: object;
}

export interface Challenge {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function challenge(input: ChallengeInput): Challenge {
  const { networks, terms, serviceName, fingerprint, now, code, details } = input;
  const [preferred] = networks;
  const expiresAt = input.sameInvoice?.expiresAt ?? now + input.invoiceTtlSeconds;
  const invoice =
    input.sameInvoice?.token ??
    mintInvoice(
      { id: input.invoiceId, fingerprint, price: terms.price, expiresAt },
      signingKey(input.invoiceKeys),
    );
  const required = {
    x402Version: 2,
    error: code,
    resource: {
      url: terms.resourceUrl,
      description: terms.description,
      mimeType: terms.mimeType,
      serviceName,
    },
    accepts: networks.map((network) => requirementsV2(network, terms, invoice)),
    extensions: paymentIdentifierDeclaration,
  };
  const body = {
    x402Version: 1,
    error: code,
    accepts: networks.map((network) => requirementsV1(network, terms)).filter((terms) => terms !== undefined),
    invoice_id: invoice,
    amount: formatUsdc(terms.price),
    amount_usdc: formatUsdc(terms.price),
    recipient: checksumAddress(preferred.payTo),
    chain: preferred.chain.chain,
    nonce: invoiceNonce(invoice),
    expires_at: expiresAt,
    ...problem(code, details),
    ...input.more,
  };
  return {
    headers: {
      "content-type": "application/json",
      [HEADER.paymentRequired]: encodeBase64(JSON.stringify(required)),
      ...NO_STORE,
      ...CORS_HEADERS,
    },
    body: JSON.stringify(body),
  };
}
