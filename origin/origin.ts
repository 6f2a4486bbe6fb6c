/** The origin's composition root: gives the app its table, chains, facilitator and supplier. */

import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { cdpAuthorizer, parseCdpKey } from "../protocol/cdp-jwt.ts";
import { type Config, ConfigError } from "../protocol/config.ts";
import { createFacilitator } from "../protocol/facilitator.ts";
import type { Address } from "../protocol/hex.ts";
import type { HmacKey } from "../protocol/keys.ts";
import type { Network } from "../protocol/network.ts";
import { parseTraceparent } from "../protocol/trace.ts";
import type { AccessSecrets } from "./access.ts";
import { createFetchPost } from "./adapters/fetch-post.ts";
import { sweepAllotments } from "./allotment/give-back.ts";
import { exportLedgers } from "./archive/export.ts";
import type { ArchiveStore } from "./archive/port.ts";
import { createAsk } from "./chain/client.ts";
import { createProofChain } from "./chain/transaction.ts";
import { createTransferSource } from "./chain/transfers.ts";
import { createChain } from "./chain/viem.ts";
import { createApp, type OriginHandler } from "./http/app.ts";
import type { OriginLogEvent, TracedOriginEvent } from "./log.ts";
import { pooledPlans } from "./pool/plans.ts";
import { createPool } from "./pool/take.ts";
import { tend } from "./pool/tend.ts";
import { FULFIL_WITHIN_MS } from "./purchase/drive.ts";
import { type Driven, driveOrder } from "./purchase/drive-order.ts";
import type { PurchasePorts } from "./purchase/ports.ts";
import { sweep } from "./purchase/sweep.ts";
import { type ReconcilerPorts, rememberClosed } from "./reconcile/ports.ts";
import { reconcile } from "./reconcile/reconcile.ts";
import { priceReport } from "./report.ts";
import type { RefundSigner } from "./signer/port.ts";
import { createAllotmentStore } from "./store/allotment-store.ts";
import { createStore } from "./store/dynamo.ts";
import { createNotices } from "./store/notices.ts";
import { createPoolStore } from "./store/pool-store.ts";
import { createReconcilerStore } from "./store/reconciler-store.ts";
import { createUsageStore } from "./store/usage-store.ts";
import { cachedBalance } from "./supplier/credit.ts";
import { createDynamoFrontier } from "./supplier/dynamo-frontier.ts";
import { createEsimAccess } from "./supplier/esim-access.ts";
import { sharedRate } from "./supplier/rate-share.ts";
import { cachedTopUps } from "./supplier/top-up-packages.ts";
import { tracedHandler } from "./telemetry/handler.ts";
import {
  tracedChain,
  tracedFacilitator,
  tracedLifecycle,
  tracedProofChain,
  tracedStore,
  tracedSupplier,
  tracedTransfers,
} from "./telemetry/ports.ts";
import { createTelemetry, type Telemetry } from "./telemetry/telemetry.ts";
import { createUsageBook } from "./usage/book.ts";
import { createUsageSource } from "./usage/source.ts";
import { watch } from "./watch/watch.ts";
import { createWebhookPost } from "./webhook/post.ts";
import { createWebhooks } from "./webhook/webhooks.ts";

/** One call to the supplier. Milliseconds. */
const SUPPLIER_DEADLINE_MS = 5_000;

/** One answer of the usage issuer; a buyer waits for a few at most. Milliseconds. */
const USAGE_DEADLINE_MS = 2_500;

/** One call to a buyer's webhook. Milliseconds. */
const WEBHOOK_DEADLINE_MS = 5_000;

/** The table answers in milliseconds or not at all; three tries fit into a request. Milliseconds. */
const TABLE_PATIENCE = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 1_500, throwOnRequestTimeout: true },
} as const;

export interface OriginSecrets {
  readonly cdpKeyId: string;
  readonly cdpKeySecret: string;
  readonly grantKeys: readonly HmacKey[];
  readonly invoiceKeys: readonly HmacKey[];
  readonly accessSecrets: AccessSecrets;
  readonly supplierAccessCode: string;
  readonly supplierSecretKey: string;
}

export interface OriginSettings {
  readonly table: string;
  /** Where DynamoDB is, and who we are to it. */
  readonly dynamo: DynamoDBClientConfig;
  readonly supplierUrl: string;
  /** Signs refunds from the refund wallet. */
  readonly refundSigner: RefundSigner;
  /** @default FULFIL_WITHIN_MS */
  readonly fulfilWithinMs?: number;
  /** Where ledgers are archived. */
  readonly archive: ArchiveStore;
  /** Puts orders into the hands of whoever calls `driveOrder`. @default the sweeper takes them up */
  readonly handOver?: (orderId: string, traceparent: string | undefined) => Promise<void>;
  /** @default one that sends nothing */
  readonly telemetry?: Telemetry;
  /** Also calls buyers' webhooks at `http://127.0.0.1`. No function that is deployed sets it. @default false */
  readonly loopbackWebhooks?: boolean;
}

export interface Origin {
  readonly handler: OriginHandler;
  /** Drives one order until nothing is left to do or the deadline, Unix milliseconds. @throws StoreUnavailableError */
  readonly driveOrder: (orderId: string, deadline: number, traceparent?: string) => Promise<Driven>;
  /** Moves on what is due; to be called every minute, or more often. */
  readonly sweep: () => Promise<void>;
  /** Compares the chains with the table; to be called every few minutes. */
  readonly reconcile: () => Promise<void>;
  /** Archives the ledgers of purchases at rest, and says how many; to be called every few minutes. */
  readonly exportLedgers: () => Promise<number>;
  /** Refills the pools of eSIMs that are bought in advance; to be called every minute. */
  readonly tendPools: () => Promise<void>;
  /** Looks at what nobody is told of otherwise; to be called every five minutes. */
  readonly watch: () => Promise<void>;
  close(): void;
}

/** @throws CdpKeyError, and ConfigError where a priced resource has nothing behind it */
export function createOrigin(
  config: Config,
  secrets: OriginSecrets,
  settings: OriginSettings,
  write: (event: TracedOriginEvent) => void,
): Origin {
  const { catalog, networks, publicUrl, maxTimeoutSeconds, budgets } = config;
  const resources = { "/report": (now: number) => priceReport(catalog, now) };
  const missing = Object.keys(catalog.resources).filter((path) => !Object.hasOwn(resources, path));
  if (missing.length > 0) {
    throw new ConfigError(missing.map((path) => `catalog.resources.${path}: the origin serves no such path`));
  }

  const cdpKey = parseCdpKey(secrets.cdpKeyId, secrets.cdpKeySecret);
  const now = () => Date.now();
  const telemetry = settings.telemetry ?? createTelemetry({ service: config.serviceName });
  const log = (event: OriginLogEvent) => write({ ...event, trace_id: telemetry.traceId() });
  const facilitator = createFacilitator({
    url: config.facilitatorUrl,
    authorize: cdpAuthorizer(cdpKey, { now, randomBytes }),
    post: createFetchPost(fetch),
  });
  const dynamo = new DynamoDBClient({ ...TABLE_PATIENCE, ...settings.dynamo });
  const table = createStore(dynamo, settings.table, (key) => log({ event: "item_unreadable", key }));
  const store = tracedStore(table, telemetry);
  const ask = createAsk(networks);
  const esimAccess = createEsimAccess({
    baseUrl: settings.supplierUrl,
    accessCode: secrets.supplierAccessCode,
    secretKey: secrets.supplierSecretKey,
    fetch,
    now,
    randomId: randomUUID,
    deadlineMs: SUPPLIER_DEADLINE_MS,
    rate: sharedRate(createDynamoFrontier(dynamo, settings.table), now),
    traceparent: telemetry.traceparent,
  });
  const supplier = { ...esimAccess, balance: cachedBalance(esimAccess.balance, now) };
  const lifecycle = tracedLifecycle(esimAccess, telemetry);
  const isPayTo = (network: Network, address: Address) =>
    networks.some(({ chain, payTo }) => chain === network && payTo === address);
  const postWebhook = createWebhookPost({
    timeoutMs: WEBHOOK_DEADLINE_MS,
    loopback: settings.loopbackWebhooks ?? false,
  });
  const poolStore = createPoolStore(dynamo, settings.table);
  const pools = { plans: pooledPlans(catalog), store: poolStore, purchases: store, now, log };
  const purchase: PurchasePorts = {
    catalog,
    networks,
    publicUrl,
    maxTimeoutSeconds,
    edgeBudgetMs: budgets.edgeMs,
    budgetMs: budgets.originMs,
    fulfilWithinMs: settings.fulfilWithinMs ?? FULFIL_WITHIN_MS,
    fallbackAfterMs: budgets.fallbackAfterMs,
    store,
    allotments: createAllotmentStore(dynamo, settings.table),
    chain: tracedChain(createChain(ask), telemetry),
    facilitator: tracedFacilitator(facilitator, telemetry, isPayTo, log),
    supplier: tracedSupplier(supplier, telemetry),
    lifecycle,
    pool: createPool(pools),
    refundSigner: settings.refundSigner,
    webhooks: createWebhooks({ post: postWebhook, accessSecrets: secrets.accessSecrets, publicUrl, now }),
    resources,
    now,
    sleep: (ms) => sleep(ms),
    randomId: randomUUID,
    log,
  };
  const reconciler: ReconcilerPorts = {
    networks,
    source: tracedTransfers(createTransferSource(ask), telemetry),
    store: createReconcilerStore(dynamo, settings.table, store),
    closed: rememberClosed(),
    unclaimedAfterMs: config.unclaimedAfterSeconds * 1_000,
    now,
    randomId: randomUUID,
    log,
  };
  const { archive } = settings;
  const { grantKeys, invoiceKeys, accessSecrets } = secrets;
  const usageBook = createUsageBook({
    source: usageSource(config, settings.supplierUrl, secrets),
    store: createUsageStore(dynamo, settings.table),
    lifecycle,
    now,
    log,
  });
  const app = createApp({
    config,
    grantKeys,
    invoiceKeys,
    accessSecrets,
    notices: createNotices(dynamo, settings.table, now),
    proofChain: tracedProofChain(createProofChain(ask), telemetry),
    purchase,
    lifecycle,
    usageBook,
    topUpPackages: cachedTopUps(purchase.supplier, now),
    telemetry,
    handOver: async (order) => settings.handOver?.(order, telemetry.traceparent()),
  });
  const scheduled = <Answer>(name: string, work: () => Promise<Answer>) =>
    telemetry.run({ name, kind: "internal" }, work);
  return {
    handler: tracedHandler(app, telemetry),
    driveOrder: (order, deadline, traceparent = "") =>
      telemetry.run({ name: "worker", kind: "consumer", parent: parseTraceparent(traceparent) }, () =>
        driveOrder(order, purchase, deadline),
      ),
    sweep: () =>
      scheduled("sweep", async () => {
        await Promise.all([sweep(purchase), usageBook.suspendDisputed(), sweepAllotments(purchase)]);
      }),
    reconcile: () => scheduled("reconcile", () => reconcile(reconciler)),
    exportLedgers: () =>
      scheduled("export", () =>
        exportLedgers({ archive, unarchived: store.unarchived, save: store.save, now }),
      ),
    tendPools: () => scheduled("pool", () => tend({ ...purchase, ...pools })),
    watch: () => scheduled("watch", () => watch(purchase)),
    close: () => dynamo.destroy(),
  };
}

function usageSource({ usage }: Config, supplierUrl: string, { supplierAccessCode }: OriginSecrets) {
  if (usage === undefined) return null;
  const supplier = { url: supplierUrl, accessCode: supplierAccessCode };
  return createUsageSource({ usage, supplier, fetch, deadlineMs: USAGE_DEADLINE_MS });
}
