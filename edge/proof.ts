/** Proof of payment by transaction hash: what the client claims, and who it can show to have been quoted. */

import { recoverMessageSigner } from "../protocol/extensions/eip191.ts";
import type { GrantedProof } from "../protocol/grant.ts";
import { HEADER } from "../protocol/headers.ts";
import { type Address, type Hex, parseBytes32, parseHex } from "../protocol/hex.ts";
import { readInvoice } from "../protocol/invoice.ts";
import { fail, ok, type Result } from "../protocol/result.ts";
import { type GateRequest, single } from "./http.ts";
import type { RequestRefusal } from "./payment-headers.ts";
import type { Ports } from "./ports.ts";

const SIGNATURE_BYTES = 65;

/** Null when no proof was sent. Whether the transaction pays is for the origin to see. */
export function readProof(
  headers: GateRequest["headers"],
  fingerprint: Hex,
  { config, invoiceKeys }: Pick<Ports, "config" | "invoiceKeys">,
): Result<GrantedProof | null, RequestRefusal> {
  const receipt = single(headers, HEADER.paymentReceipt);
  const proof = single(headers, HEADER.paymentProof);
  const token = single(headers, HEADER.invoice);
  const signature = single(headers, HEADER.paymentSigner);
  if (receipt === undefined && proof === undefined) return ok(null);
  if (
    typeof token === "object" ||
    typeof signature === "object" ||
    (receipt ?? proof) !== (proof ?? receipt)
  ) {
    return fail({ code: "payment_header_conflict", detail: "A proof of payment stands there twice." });
  }
  const hash = receipt ?? proof;
  const transaction = typeof hash === "string" ? parseBytes32(hash) : undefined;
  if (transaction === undefined) {
    return fail({ code: "payment_proof_malformed", detail: "32 bytes of hex, 0x first, are expected." });
  }

  if (token === undefined) {
    if (config.proofs === "bearer") return ok({ transaction, invoice: null, signedBy: null });
    const detail = "Send the challenge's invoice_id in X-Invoice-Id.";
    return fail({ code: "invoice_missing", detail });
  }
  const invoice = readInvoice(token, invoiceKeys);
  if (!invoice.ok) return fail({ code: invoice.reason });
  if (invoice.value.fingerprint !== fingerprint) return fail({ code: "payment_for_other_request" });
  const signedBy = signature === undefined ? ok(null) : signerOf(token, signature);
  return signedBy.ok ? ok({ transaction, invoice: token, signedBy: signedBy.value }) : signedBy;
}

function signerOf(token: string, signature: string): Result<Address, RequestRefusal> {
  const bytes = parseHex(signature, SIGNATURE_BYTES);
  const signer = bytes === undefined ? undefined : recoverMessageSigner(token, bytes);
  if (signer !== undefined) return ok(signer);
  return fail({ code: "payment_proof_malformed", detail: "X-Payment-Signer is no EIP-191 signature." });
}
