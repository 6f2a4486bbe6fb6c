/** A 402 challenge of the origin's: for what only the ledger and the chain can decide. */

import { randomBytes } from "node:crypto";
import { challenge } from "../../protocol/challenge.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import { INVOICE_ID_BYTES } from "../../protocol/invoice.ts";
import type { Offer, Offers } from "../../protocol/offer.ts";
import { networksOf, termsOf } from "../../protocol/terms.ts";
import type { OriginPorts } from "./app.ts";
import type { OriginRequest } from "./request.ts";
import type { Response } from "./response.ts";

export interface ChallengeReply {
  readonly code: ErrorCode;
  readonly request: OriginRequest;
  readonly offers: Offers;
  /** Repeats an invoice whose payment is on its way. */
  readonly sameInvoice?: { readonly token: string; readonly expiresAt: number };
  /** Fields beside the body's own. */
  readonly more?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export function challengeResponse(
  reply: ChallengeReply,
  { config, invoiceKeys, purchase }: OriginPorts,
): Response {
  const { code, request, sameInvoice, more } = reply;
  const [first, ...others] = reply.offers;
  const terms = (offer: Offer) => termsOf(config, offer, request.path, offer.price);
  // While a new key is rolled out, the edge may not have it yet.
  const edgeKey = invoiceKeys.find(({ id }) => id === request.keyId);
  const { headers, body } = challenge({
    networks: networksOf(config, first),
    terms: [terms(first), ...others.map(terms)],
    serviceName: config.serviceName,
    fingerprint: request.grant.fingerprint,
    invoiceKeys: edgeKey === undefined ? invoiceKeys : [edgeKey],
    invoiceTtlSeconds: config.invoiceTtlSeconds,
    newInvoiceId: () => randomBytes(INVOICE_ID_BYTES),
    now: Math.floor(purchase.now() / 1_000),
    code,
    ...(sameInvoice === undefined ? {} : { sameInvoice }),
    ...(more === undefined ? {} : { more }),
  });
  return { statusCode: 402, headers: { ...headers, ...reply.headers }, body };
}
