/** Buys with a transaction that has paid already: finds it, judges it, and claims it like any other payment. */

import type { AcceptedNetwork } from "../../protocol/config.ts";
import type { GrantedPayment, GrantedProof } from "../../protocol/grant.ts";
import type { Hex } from "../../protocol/hex.ts";
import { type Invoice, invoiceNonce } from "../../protocol/invoice.ts";
import { usdc } from "../../protocol/money.ts";
import type { OpenOffer } from "../../protocol/offer.ts";
import { transferNonce } from "../../protocol/order.ts";
import { buy, type PurchaseOutcome } from "../purchase/buy.ts";
import type { PurchasePorts } from "../purchase/ports.ts";
import type { MinedTransaction } from "./judge.ts";
import { type Judgement, judgeProof } from "./judge.ts";

export type TransactionLookup =
  | { readonly kind: "mined"; readonly transaction: MinedTransaction }
  /** Not in a block of this chain, as far as the endpoint knows. */
  | { readonly kind: "unmined" }
  | { readonly kind: "unreachable" };

export interface ProofChain {
  transaction(network: AcceptedNetwork["chain"], hash: Hex): Promise<TransactionLookup>;
}

export interface ProofRequest {
  readonly proof: GrantedProof;
  /** The proof's invoice, authenticated; null where the bare hash is accepted. */
  readonly invoice: Invoice | null;
  readonly offer: OpenOffer;
  readonly fingerprint: Hex;
  readonly grantId: string;
  readonly agentId: string | null;
}

export interface ProofPorts {
  readonly chain: ProofChain;
  readonly invoiceTtlSeconds: number;
  readonly purchase: PurchasePorts;
}

export type ProofOutcome =
  | { readonly kind: "bought"; readonly outcome: PurchaseOutcome; readonly payment: GrantedPayment }
  | { readonly kind: "unconfirmed"; readonly confirmations: number; readonly required: number }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "unreachable" };

/** A block's clock and ours may differ. Seconds. */
const CLOCK_SKEW_SECONDS = 60;

/** A bare hash names no invoice, so it may be this old at most. Seconds. */
const BARE_HASH_SECONDS = 900;

/** @throws StoreUnavailableError */
export async function prove(request: ProofRequest, ports: ProofPorts): Promise<ProofOutcome> {
  const { proof, invoice, offer } = request;
  const found = await find(proof.transaction, ports);
  const now = Math.floor(ports.purchase.now() / 1_000);
  if (found === "unreachable") return { kind: "unreachable" };
  if (found === "unmined") {
    // It may still be on its way, for as long as its invoice stands.
    const required = Math.min(...ports.purchase.networks.map(({ confirmations }) => confirmations));
    const mayCome = invoice !== null && now <= invoice.expiresAt;
    return mayCome
      ? { kind: "unconfirmed", confirmations: 0, required }
      : { kind: "failed", reason: "not_found" };
  }

  const { network, mined } = found;
  const price = invoice?.price ?? offer.price;
  const judgement: Judgement = judgeProof(mined, {
    payTo: network.payTo,
    price,
    nonce: proof.invoice === null ? null : invoiceNonce(proof.invoice),
    signedBy: proof.signedBy,
    acceptsBareHash: invoice === null,
    notBefore:
      invoice === null
        ? now - BARE_HASH_SECONDS
        : invoice.expiresAt - ports.invoiceTtlSeconds - CLOCK_SKEW_SECONDS,
    notAfter: (invoice?.expiresAt ?? now) + CLOCK_SKEW_SECONDS,
    confirmations: network.confirmations,
  });
  switch (judgement.kind) {
    case "failed":
      return judgement;
    case "unconfirmed":
      return { ...judgement, required: network.confirmations };
    case "paid": {
      const { from, to, value, nonce, logIndex } = judgement.transfer;
      const authorization = {
        from,
        to,
        value: usdc(value),
        validAfter: 0n,
        validBefore: 0n,
        nonce: nonce ?? transferNonce(proof.transaction, logIndex),
      };
      const payment: GrantedPayment = {
        x402Version: 2,
        network: network.chain,
        authorization,
        invoiceId: invoice?.id ?? null,
        replayKeys: [],
        settlement: { state: "settled", transaction: proof.transaction },
        timings: {},
      };
      const { grantId, fingerprint, agentId } = request;
      const { goods, webhookUrl } = offer;
      const purchase = { grantId, fingerprint, agentId, payment, replayKeys: [], goods, webhookUrl };
      return { kind: "bought", outcome: await buy(purchase, ports.purchase), payment };
    }
  }
}

/** A hash does not name its chain, so every accepted one is asked. */
async function find(
  hash: Hex,
  { chain, purchase }: ProofPorts,
): Promise<{ network: AcceptedNetwork; mined: MinedTransaction } | "unmined" | "unreachable"> {
  const lookups = await Promise.all(
    purchase.networks.map(async (network) => ({
      network,
      lookup: await chain.transaction(network.chain, hash),
    })),
  );
  for (const { network, lookup } of lookups) {
    if (lookup.kind === "mined") return { network, mined: lookup.transaction };
  }
  return lookups.some(({ lookup }) => lookup.kind === "unreachable") ? "unreachable" : "unmined";
}
