/**
 * Resolves a settlement that the edge could not: asks the chain, settles again if the payment never landed, and gives
 * up only once it can't land any more.
 */

import type { FacilitatorRequest } from "../../protocol/facilitator.ts";
import { ACTIVATE, ACTIVATE_BATCH, ALLOTMENTS } from "../../protocol/route.ts";
import { transactionIn } from "../../protocol/settlement.ts";
import type { ChangeIn } from "./changes.ts";
import type { PurchasedGoods } from "./goods.ts";
import type { PurchasePorts } from "./ports.ts";
import type { Purchase } from "./purchase.ts";

/** The edge's own settlement is given this long to show on chain before another is asked for. Milliseconds. */
const SETTLE_GRACE_MS = 1_000;

/** From one asking of the facilitator to the next. Milliseconds. */
const SETTLE_AGAIN_MS = 5_000;

/** One asking. A settlement that takes longer is found on chain. Milliseconds. */
const SETTLE_TIMEOUT_MS = 5_000;

/** Between two looks at the chain. Milliseconds. */
const LOOK_EVERY_MS = 250;

/** A block's clock and ours may differ, and an authorization may be used the moment it is signed. Milliseconds. */
const SEARCH_MARGIN_MS = 600_000;

type Resolution = ChangeIn<"settling">;

/**
 * The change that resolves an open settlement, or undefined when the deadline came first.
 *
 * @param settle `at_once` where nobody has handed the payment over yet, `later` where the edge has
 */
export async function resolveSettlement(
  purchase: Purchase,
  ports: PurchasePorts,
  deadline: number,
  settle: "at_once" | "later" = "later",
): Promise<Resolution | undefined> {
  const { now, sleep } = ports;
  let settleAt = settle === "at_once" ? now() : now() + SETTLE_GRACE_MS;
  while (now() < deadline) {
    const seen = await lookOnChain(purchase, ports);
    if (seen !== undefined) return seen;
    if (now() >= settleAt) {
      settleAt = now() + SETTLE_AGAIN_MS;
      const settled = await settleAgain(purchase, ports, deadline);
      if (settled !== undefined) return settled;
    }
    await sleep(Math.min(LOOK_EVERY_MS, Math.max(0, deadline - now())));
  }
  return undefined;
}

async function lookOnChain(
  { network, authorization, createdAt }: Purchase,
  { chain }: PurchasePorts,
): Promise<Resolution | undefined> {
  const state = await chain.authorizationState(network, authorization);
  if (state.kind === "unused") {
    const canNotLand = state.blockTime >= authorization.validBefore;
    return canNotLand ? { type: "voided", reason: "expired" } : undefined;
  }
  if (state.kind === "unreachable") return undefined;
  const search = await chain.findSettlement(network, authorization, createdAt - SEARCH_MARGIN_MS);
  switch (search.kind) {
    case "found":
      return { type: "settled", transaction: search.transaction, by: "chain" };
    case "used_elsewhere":
      return { type: "voided", reason: "used_elsewhere" };
    case "not_found":
    case "unreachable":
      return undefined;
  }
}

/** A rejection here is no verdict: an earlier submission may still be on its way. Only the chain closes the case. */
async function settleAgain(
  purchase: Purchase,
  ports: PurchasePorts,
  deadline: number,
): Promise<Resolution | undefined> {
  const request = settleRequest(purchase, ports, Math.min(SETTLE_TIMEOUT_MS, deadline - ports.now()));
  if (request === undefined) return undefined;
  const outcome = await ports.facilitator.settle(request);
  const transaction = transactionIn(outcome);
  ports.log({ event: "settlement_retried", order: purchase.id, outcome: outcome.kind, transaction });
  if (outcome.kind !== "settled") return undefined;
  return { type: "settled", transaction: outcome.transaction, by: "facilitator" };
}

function settleRequest(
  purchase: Purchase,
  { networks, publicUrl, maxTimeoutSeconds }: PurchasePorts,
  timeoutMs: number,
): FacilitatorRequest | undefined {
  const { network, authorization, signature, x402Version, goods } = purchase;
  const accepted = networks.find(({ chain }) => chain === network);
  if (signature === null || accepted === undefined || timeoutMs <= 0) return undefined;
  return {
    payment: { x402Version, network, authorization, signature, accepted: null, identifier: null },
    accepted,
    terms: {
      price: authorization.value,
      description: `Order ${purchase.id}`,
      mimeType: "application/json",
      resourceUrl: publicUrl + pathOf(goods),
      maxTimeoutSeconds,
      upfront: false,
    },
    timeoutMs,
  };
}

function pathOf(goods: PurchasedGoods): string {
  if (goods.kind === "resource") return goods.path;
  if (goods.kind === "topup") return `/v1/esim/${goods.iccid}/topup`;
  if (goods.kind !== "esims") return ACTIVATE;
  if (goods.allotment === true) return ALLOTMENTS;
  return goods.lines.length > 1 ? ACTIVATE_BATCH : ACTIVATE;
}
