/**
 * The 402 answer. One answer serves both protocol versions: v2 reads the `PAYMENT-REQUIRED` header, v1 reads the body,
 * and clients older than both read the invoice fields beside `accepts`.
 */

import type { AcceptedNetwork } from "./config.ts";
import { type ErrorCode, type ProblemDetails, problem } from "./errors.ts";
import { paymentIdentifierDeclaration } from "./extensions/payment-identifier.ts";
import { CORS_HEADERS, HEADER, NO_STORE } from "./headers.ts";
import { checksumAddress, type Hex } from "./hex.ts";
import { INVOICE_LENGTH, invoiceNonce, mintInvoice } from "./invoice.ts";
import { type HmacKey, signingKey } from "./keys.ts";
import { formatUsdc } from "./money.ts";
import { requirementsV1, requirementsV2, type Terms } from "./requirements.ts";
import { base64Template, template } from "./template.ts";
import { encodeBase64 } from "./text.ts";

/** Characters. AgentCore's SDK cuts a 402 body here, and half a JSON document is none. */
export const MAX_CHALLENGE_BODY = 3_000;

/** What is asked for: all of a challenge's texts but for what is new each time. */
export interface ChallengeTerms {
  readonly networks: readonly [AcceptedNetwork, ...AcceptedNetwork[]];
  /** More than one where what is paid chooses. */
  readonly terms: readonly [Terms, ...Terms[]];
  readonly serviceName: string;
  /** Why payment is asked for: `payment_required`, or what was wrong with the payment that came. */
  readonly code: ErrorCode;
  readonly details?: ProblemDetails;
  /** Fields beside the body's own, such as how many confirmations there are. */
  readonly more?: object;
}

/** Of whom it is asked, and when. */
export interface Issuing {
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
}

export type ChallengeInput = ChallengeTerms & Issuing;

export interface Challenge {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function challenge(input: ChallengeInput): Challenge {
  const { required, body } = textsOf(input, issue(input.terms, input));
  return answer(encodeBase64(required), body);
}

/** Answers with the same challenges, whose texts are made once: only what is new each time is filled in. */
export function prepareChallenge(fixed: ChallengeTerms): (issuing: Issuing) => Challenge {
  const blank: Issued = {
    invoices: fixed.terms.map((_, index) => `inv_${String(index).padStart(INVOICE_LENGTH - 4, "!")}`),
    nonce: `0x${"!".repeat(64)}`,
    expiresAt: 9_999_999_999,
  };
  const { required, body } = textsOf(fixed, blank);
  const fillRequired = base64Template(required, fieldsOf(blank));
  const fillBody = template(body, fieldsOf(blank));
  return (issuing) => {
    const fields = fieldsOf(issue(fixed.terms, issuing));
    return answer(fillRequired(fields), fillBody(fields));
  };
}

/** What is new in each challenge. */
interface Issued {
  /** One for each of the terms. */
  readonly invoices: readonly string[];
  readonly nonce: Hex;
  /** Unix seconds. */
  readonly expiresAt: number;
}

function issue(
  terms: readonly Terms[],
  { fingerprint, invoiceKeys, newInvoiceId, invoiceTtlSeconds, sameInvoice, now }: Issuing,
): Issued {
  const expiresAt = sameInvoice?.expiresAt ?? now + invoiceTtlSeconds;
  const key = signingKey(invoiceKeys);
  const invoices = terms.map(({ price }, index) => {
    if (index === 0 && sameInvoice !== undefined) return sameInvoice.token;
    return mintInvoice({ id: newInvoiceId(), fingerprint, price, expiresAt }, key);
  });
  return { invoices, nonce: invoiceNonce(invoices[0] ?? ""), expiresAt };
}

/** The same, as it stands in the texts. No value can look like one: in a string the quotes would be escaped. */
function fieldsOf({ invoices, nonce, expiresAt }: Issued): readonly string[] {
  return [
    `"invoice_id":"${invoices[0]}"`,
    `"nonce":"${nonce}"`,
    `"expires_at":${expiresAt}`,
    ...invoices.map((invoice) => `"invoice":"${invoice}"`),
  ];
}

function answer(required: string, body: string): Challenge {
  return {
    headers: {
      "content-type": "application/json",
      [HEADER.paymentRequired]: required,
      ...NO_STORE,
      ...CORS_HEADERS,
    },
    body,
  };
}

/** JSON for both versions. */
function textsOf(
  { networks, terms: allTerms, serviceName, code, details, more }: ChallengeTerms,
  { invoices, nonce, expiresAt }: Issued,
): { readonly required: string; readonly body: string } {
  const [preferred] = networks;
  const [terms] = allTerms;
  const required = {
    x402Version: 2,
    error: code,
    resource: {
      url: terms.resourceUrl,
      description: terms.description,
      mimeType: terms.mimeType,
      serviceName,
    },
    accepts: allTerms.flatMap((each, index) =>
      networks.map((network) => requirementsV2(network, each, invoices[index])),
    ),
    extensions: paymentIdentifierDeclaration,
  };
  const inV1 = (each: Terms) =>
    networks.map((network) => requirementsV1(network, each)).filter((entry) => entry !== undefined);
  const accepts = allTerms.flatMap(inV1);
  const fewest = inV1(terms).length;
  const body = {
    x402Version: 1,
    error: code,
    accepts,
    invoice_id: invoices[0],
    amount: formatUsdc(terms.price),
    amount_usdc: formatUsdc(terms.price),
    recipient: checksumAddress(preferred.payTo),
    chain: preferred.chain.chain,
    nonce,
    expires_at: expiresAt,
    ...problem(code, details),
    ...more,
  };
  let text = JSON.stringify(body);
  // What does not fit is offered in the header all the same, and can be asked for by itself.
  while (text.length > MAX_CHALLENGE_BODY && accepts.length > fewest) {
    accepts.pop();
    text = JSON.stringify(body);
  }
  return { required: JSON.stringify(required), body: text };
}
