/** What the origin answers to a transaction hash that is said to have paid. */

import type { GrantedProof } from "../../protocol/grant.ts";
import { type Invoice, readInvoice } from "../../protocol/invoice.ts";
import { offerFor } from "../../protocol/offer.ts";
import type { Route } from "../../protocol/route.ts";
import { prove } from "../proof/prove.ts";
import type { OriginPorts } from "./app.ts";
import { challengeResponse } from "./challenge-response.ts";
import { POLL_AFTER_SECONDS } from "./order-view.ts";
import { answerOutcome } from "./priced-routes.ts";
import type { OriginRequest } from "./request.ts";
import { problemResponse, type Response } from "./response.ts";

/** Seconds: about a block on the slowest network that we know. */
const CONFIRMATION_SECONDS = 2;

/** @throws StoreUnavailableError */
export async function answerProof(
  route: Extract<Route, { kind: "priced" }>,
  request: OriginRequest,
  proof: GrantedProof,
  ports: OriginPorts,
): Promise<Response> {
  const { config, purchase, proofChain } = ports;
  const { catalog, networks } = purchase;
  const offer = offerFor(
    catalog,
    networks.map(({ chain }) => chain),
    route,
    request,
  );
  if (!offer.ok) return problemResponse(offer.reason.code, { detail: offer.reason.detail });
  const invoice = invoiceOf(proof, ports);
  if (invoice === undefined) return problemResponse("invoice_invalid");

  const { id: grantId, fingerprint } = request.grant;
  const { agentId } = request;
  const asked = { proof, invoice, offer: offer.value, fingerprint, grantId, agentId };
  const { invoiceTtlSeconds } = config;
  const outcome = await prove(asked, { chain: proofChain, invoiceTtlSeconds, purchase });
  const reply = { request, offers: [offer.value] } as const;
  switch (outcome.kind) {
    case "bought": {
      const { payment } = outcome;
      return answerOutcome(outcome.outcome, { ...reply, payment }, ports);
    }
    case "unreachable":
      return problemResponse("payment_unresolved", {}, {}, { "retry-after": POLL_AFTER_SECONDS });
    case "failed":
      return challengeResponse(
        { ...reply, code: "payment_proof_failed", more: { reason: outcome.reason } },
        ports,
      );
    case "unconfirmed": {
      const { confirmations, required } = outcome;
      const wait = Math.max(1, (required - confirmations) * CONFIRMATION_SECONDS);
      return challengeResponse(
        {
          ...reply,
          code: "payment_unconfirmed",
          more: { confirmations, required_confirmations: required },
          headers: { "retry-after": String(wait) },
          // The same invoice, not a new price: this one is being paid.
          ...(proof.invoice === null || invoice === null
            ? {}
            : { sameInvoice: { token: proof.invoice, expiresAt: invoice.expiresAt } }),
        },
        ports,
      );
    }
  }
}

/** Null for a bare hash; undefined for a token that is none of ours, which the edge should not have let through. */
function invoiceOf({ invoice }: GrantedProof, { invoiceKeys }: OriginPorts): Invoice | null | undefined {
  if (invoice === null) return null;
  const read = readInvoice(invoice, invoiceKeys);
  return read.ok ? read.value : undefined;
}
