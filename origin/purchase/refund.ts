/**
 * Refunds: EIP-3009 payments the other way, from the refund wallet to the payer.
 *
 * The nonce is computed from the order and the refund's number, so the token contract itself pays each refund at most
 * once, whoever crashes and whatever is repeated. What is signed is recorded before it is broadcast.
 */

import { createHash } from "node:crypto";
import type { Authorization } from "../../protocol/eip3009.ts";
import { bytesToHex, type Hex } from "../../protocol/hex.ts";
import { usdc } from "../../protocol/money.ts";
import { transactionIn } from "../../protocol/settlement.ts";
import type { ChangeIn } from "./changes.ts";
import type { PurchasePorts } from "./ports.ts";
import { begunAt, type Purchase, type PurchaseIn, type Refund } from "./purchase.ts";

/** How long a signed refund may be used. When it lapses unused, the same nonce is signed again. Seconds. */
const REFUND_SECONDS = 120;

/** One settlement of a refund. Milliseconds. */
const SETTLE_TIMEOUT_MS = 10_000;

/** After submitting, the chain is looked at this often, this far apart, before it is submitted again. */
const LOOKS = 10;
const LOOK_EVERY_MS = 300;

/** A block's clock and ours may differ. Milliseconds. */
const SEARCH_MARGIN_MS = 600_000;

export function refundNonce(orderId: string, number: number): Hex {
  return bytesToHex(
    createHash("sha256")
      .update(JSON.stringify(["edge402 refund", orderId, number]))
      .digest(),
  );
}

/** Signs a refund that is due, if the wallet can pay it. Undefined when that can't be told now. */
export async function signRefund(
  purchase: PurchaseIn<"refund_due" | "refund_blocked">,
  ports: PurchasePorts,
): Promise<ChangeIn<"refund_due"> | undefined> {
  const { network, id, authorization: payment } = purchase;
  const { number, amount }: Pick<Refund, "number" | "amount"> = purchase.refund ?? {
    number: 1,
    amount: payment.value,
  };
  const wallet = await ports.refundSigner.address();
  if (!wallet.ok) return blocked(wallet.reason);
  const balance = await ports.chain.usdcBalance(network, wallet.value);
  if (balance === undefined) return undefined;
  if (balance < amount) return blocked("wallet_too_low");

  const authorization: Authorization = {
    from: wallet.value,
    to: payment.from,
    value: usdc(amount),
    validAfter: 0n,
    validBefore: BigInt(Math.floor(ports.now() / 1_000) + REFUND_SECONDS),
    nonce: refundNonce(id, number),
  };
  const signature = await ports.refundSigner.sign(network, authorization);
  if (!signature.ok) return blocked(signature.reason);
  return { type: "refund_signed", authorization, signature: signature.value };
}

function blocked(reason: string): ChangeIn<"refund_due"> | undefined {
  return reason === "retry_later" ? undefined : { type: "refund_blocked", reason };
}

/** One try to bring a signed refund on chain. Only the chain says that it is there, or that it never will be. */
export async function payRefund(
  purchase: PurchaseIn<"refunding">,
  ports: PurchasePorts,
  deadline: number,
): Promise<ChangeIn<"refunding"> | undefined> {
  const signed = purchase.refund?.signed ?? null;
  if (signed === null) return { type: "refund_lapsed" };
  const before = await lookForRefund(purchase, signed, ports);
  if (before !== "pending") return before;

  await submitRefund(purchase, signed, ports);
  for (let look = 0; look < LOOKS && ports.now() < deadline; look++) {
    await ports.sleep(Math.min(LOOK_EVERY_MS, deadline - ports.now()));
    const after = await lookForRefund(purchase, signed, ports);
    if (after !== "pending") return after;
  }
  return undefined;
}

type Signed = NonNullable<Refund["signed"]>;

/** `pending`: not on chain, and may yet be. Undefined when that can't be told now. */
async function lookForRefund(
  purchase: Purchase,
  { authorization }: Signed,
  { chain, log }: PurchasePorts,
): Promise<ChangeIn<"refunding"> | "pending" | undefined> {
  const { id, network } = purchase;
  const state = await chain.authorizationState(network, authorization);
  if (state.kind === "unreachable") return undefined;
  if (state.kind === "unused") {
    return state.blockTime >= authorization.validBefore ? { type: "refund_lapsed" } : "pending";
  }
  const search = await chain.findSettlement(network, authorization, begunAt(purchase) - SEARCH_MARGIN_MS);
  if (search.kind === "found") return { type: "refunded", transaction: search.transaction };
  // The wallet's owner cancelled or spent the nonce by hand: nothing that a program could mend.
  if (search.kind === "used_elsewhere") log({ event: "refund_lost", order: id });
  return undefined;
}

async function submitRefund(
  { id, network }: Purchase,
  { authorization, signature }: Signed,
  ports: PurchasePorts,
): Promise<void> {
  const outcome = await ports.facilitator.settle({
    payment: { x402Version: 2, network, authorization, signature, accepted: null, identifier: null },
    accepted: { chain: network, payTo: authorization.to },
    terms: {
      price: authorization.value,
      description: `Refund of order ${id}`,
      mimeType: "application/json",
      resourceUrl: `${ports.publicUrl}/v1/orders/${id}`,
      maxTimeoutSeconds: REFUND_SECONDS,
      upfront: false,
    },
    timeoutMs: SETTLE_TIMEOUT_MS,
  });
  const transaction = transactionIn(outcome);
  ports.log({ event: "refund_submitted", order: id, outcome: outcome.kind, transaction });
}
