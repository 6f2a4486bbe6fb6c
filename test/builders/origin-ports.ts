/**
 * The origin's ports in memory: a chain, a facilitator and a supplier that follow a script on a fake clock.
 *
 * They keep the promises that the real ones keep (a nonce is used once, a transaction id is ordered once), so that a
 * test sees what our code does about the rest.
 */

import type { OriginLogEvent } from "../../origin/log.ts";
import { FULFIL_WITHIN_MS } from "../../origin/purchase/drive.ts";
import type { PurchasePorts, WebhookAnswer } from "../../origin/purchase/ports.ts";
import { priceReport } from "../../origin/report.ts";
import type { Config } from "../../protocol/config.ts";
import type { Facilitator, FacilitatorRequest } from "../../protocol/facilitator.ts";
import type { SettleOutcome } from "../../protocol/settlement.ts";
import { buildConfig } from "./config.ts";
import { type MemoryAllotments, memoryAllotments } from "./origin-allotments.ts";
import { type ChainScript, scriptedChain, TRANSACTION } from "./origin-chain.ts";
import { type FakeClock, fakeClock } from "./origin-clock.ts";
import { REFUND_WALLET, type SignerScript, scriptedSigner } from "./origin-signer.ts";
import { type MemoryStore, memoryStore } from "./origin-store.ts";
import { type SupplierScript, scriptedSupplier } from "./origin-supplier.ts";
import { scriptedUsage, type UsageScript } from "./origin-usage.ts";

export { TRANSACTION } from "./origin-chain.ts";
export { ACTIVATION_CODE } from "./origin-supplier.ts";

export interface FacilitatorScript extends Facilitator {
  /** Of payments and of refunds, in their order. */
  readonly requests: FacilitatorRequest[];
  /** What `/settle` does with a payment, and answers. */
  onSettle: (request: FacilitatorRequest) => SettleOutcome;
  /** What `/settle` does with a refund, and answers. */
  onRefund: (request: FacilitatorRequest) => SettleOutcome;
}

export interface WebhookScript {
  /** What was told, as `order state`, and when. */
  readonly calls: { readonly news: string; readonly at: number }[];
  /** Of the next calls; after them every one is taken. */
  readonly answers: WebhookAnswer[];
}

export interface OriginWorld {
  readonly ports: PurchasePorts;
  readonly clock: FakeClock;
  readonly store: MemoryStore;
  readonly allotments: MemoryAllotments;
  readonly chain: ChainScript;
  readonly facilitator: FacilitatorScript;
  readonly supplier: SupplierScript;
  readonly signer: SignerScript;
  readonly usage: UsageScript;
  readonly webhooks: WebhookScript;
  readonly log: OriginLogEvent[];
}

/** Everything works and nothing has landed yet; `/settle` lands payments and refunds at once. */
export function originWorld(config: Config = buildConfig()): OriginWorld {
  const clock = fakeClock();
  const store = memoryStore();
  const allotments = memoryAllotments();
  const chain = scriptedChain(clock);
  const facilitator: FacilitatorScript = {
    requests: [],
    verify: async () => ({ kind: "unavailable", fault: "the origin never verifies" }),
    async settle(request) {
      facilitator.requests.push(request);
      const isRefund = request.payment.authorization.from === REFUND_WALLET;
      return isRefund ? facilitator.onRefund(request) : facilitator.onSettle(request);
    },
    onSettle({ payment }) {
      const expiresAt = Number(payment.authorization.validBefore) * 1_000;
      if (clock.now() >= expiresAt) return { kind: "rejected", reason: "expired" };
      chain.landsAt = Math.min(chain.landsAt, clock.now());
      return { kind: "settled", transaction: TRANSACTION };
    },
    onRefund: ({ payment }) => chain.payRefund(payment),
  };
  const signer = scriptedSigner();
  const supplier = scriptedSupplier(clock);
  const webhooks: WebhookScript = { calls: [], answers: [] };
  const log: OriginLogEvent[] = [];
  let ids = 0;
  const ports: PurchasePorts = {
    catalog: config.catalog,
    networks: config.networks,
    publicUrl: config.publicUrl,
    maxTimeoutSeconds: config.maxTimeoutSeconds,
    edgeBudgetMs: config.budgets.edgeMs,
    budgetMs: config.budgets.originMs,
    fulfilWithinMs: FULFIL_WITHIN_MS,
    fallbackAfterMs: config.budgets.fallbackAfterMs,
    store,
    allotments,
    chain,
    facilitator,
    supplier,
    lifecycle: supplier,
    pool: { take: async () => null, levels: async () => [] },
    refundSigner: signer,
    webhooks: {
      async post({ id, state }) {
        webhooks.calls.push({ news: `${id} ${state}`, at: clock.now() });
        return webhooks.answers.shift() ?? { kind: "taken" };
      },
    },
    resources: { "/report": (now) => priceReport(config.catalog, now) },
    now: clock.now,
    sleep: clock.sleep,
    randomId: () => `claim-${ids++}`,
    log: (event) => log.push(event),
  };
  const usage = scriptedUsage(ports, supplier);
  return { ports, clock, store, allotments, chain, facilitator, supplier, signer, webhooks, usage, log };
}
