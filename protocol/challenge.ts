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
  /** More than one where what is paid chooses. */
  readonly terms: readonly [Terms, ...Terms[]];
  readonly serviceName: string;
  /** What the invoice binds the payment to. */
  readonly fingerprint: Hex;
  readonly invoiceKeys: readonly HmacKey[];
  readonly invoiceTtlSeconds: number;
  /** `INVOICE_ID_BYTES` random bytes, others each time. */
  readonly newInvoiceId: () => Uint8Array;
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
  const { networks, serviceName, fingerprint, now, code, details } = input;
  const [preferred] = networks;
  const [terms] = input.terms;
  const expiresAt = input.sameInvoice?.expiresAt ?? now + input.invoiceTtlSeconds;
  const invoiceFor = ({ price }: Terms) =>
    mintInvoice({ id: input.newInvoiceId(), fingerprint, price, expiresAt }, signingKey(input.invoiceKeys));
  const invoice = input.sameInvoice?.token ?? invoiceFor(terms);
  const required = {
    x402Version: 2,
    error: code,
    resource: {
      url: terms.resourceUrl,
      description: terms.description,
      mimeType: terms.mimeType,
      serviceName,
    },
    accepts: input.terms.flatMap((each) => {
      const token = each === terms ? invoice : invoiceFor(each);
      return networks.map((network) => requirementsV2(network, each, token));
    }),
    extensions: paymentIdentifierDeclaration,
  };
  const inV1 = (each: Terms) =>
    networks.map((network) => requirementsV1(network, each)).filter((entry) => entry !== undefined);
  const accepts = input.terms.flatMap(inV1);
  const fewest = inV1(terms).length;
  const body = {
    x402Version: 1,
    error: code,
    accepts,
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
  // What does not fit is offered in the header all the same, and can be asked for by itself.
  while (JSON.stringify(body).length > MAX_CHALLENGE_BODY && accepts.length > fewest) accepts.pop();
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
