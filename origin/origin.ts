/** The origin's composition root: gives the app its table, chains, facilitator and supplier. */

import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { cdpAuthorizer, parseCdpKey } from "../protocol/cdp-jwt.ts";
import { type Config, ConfigError } from "../protocol/config.ts";
import { createFacilitator } from "../protocol/facilitator.ts";
import type { HmacKey } from "../protocol/keys.ts";
import { createFetchPost } from "./adapters/fetch-post.ts";
import { exportLedgers } from "./archive/export.ts";
import type { ArchiveStore } from "./archive/port.ts";
import { createAsk } from "./chain/client.ts";
import { createProofChain } from "./chain/transaction.ts";
import { createTransferSource } from "./chain/transfers.ts";
import { createChain } from "./chain/viem.ts";
import { createApp, type OriginHandler } from "./http/app.ts";
import type { OriginLogEvent } from "./log.ts";
import { FULFIL_WITHIN_MS } from "./purchase/drive.ts";
import type { PurchasePorts } from "./purchase/ports.ts";
import { sweep } from "./purchase/sweep.ts";
import type { ReconcilerPorts } from "./reconcile/ports.ts";
import { reconcile } from "./reconcile/reconcile.ts";
import { priceReport } from "./report.ts";
import type { RefundSigner } from "./signer/port.ts";
import { createStore } from "./store/dynamo.ts";
import { createReconcilerStore } from "./store/reconciler-store.ts";
import { createEsimAccess } from "./supplier/esim-access.ts";

/** One call to the supplier. Milliseconds. */
const SUPPLIER_DEADLINE_MS = 5_000;

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
  /** At least 32 bytes. */
  readonly accessSecret: Uint8Array;
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
}

export interface Origin {
  readonly handler: OriginHandler;
  /** Moves on what is due; to be called every minute, or more often. */
  readonly sweep: () => Promise<void>;
  /** Compares the chains with the table; to be called every few minutes. */
  readonly reconcile: () => Promise<void>;
  /** Archives the ledgers of purchases at rest, and says how many; to be called every few minutes. */
  readonly exportLedgers: () => Promise<number>;
  close(): void;
}

/** @throws CdpKeyError, and ConfigError where a priced resource has nothing behind it */
export function createOrigin(
  config: Config,
  secrets: OriginSecrets,
  settings: OriginSettings,
  log: (event: OriginLogEvent) => void,
): Origin {
  const { catalog, networks, publicUrl, maxTimeoutSeconds, budgets } = config;
  const resources = { "/report": (now: number) => priceReport(catalog, now) };
  const missing = Object.keys(catalog.resources).filter((path) => !Object.hasOwn(resources, path));
  if (missing.length > 0) {
    throw new ConfigError(missing.map((path) => `catalog.resources.${path}: the origin serves no such path`));
  }

  const cdpKey = parseCdpKey(secrets.cdpKeyId, secrets.cdpKeySecret);
  const now = () => Date.now();
  const facilitator = createFacilitator({
    url: config.facilitatorUrl,
    authorize: cdpAuthorizer(cdpKey, { now, randomBytes }),
    post: createFetchPost(fetch),
  });
  const dynamo = new DynamoDBClient({ ...TABLE_PATIENCE, ...settings.dynamo });
  const store = createStore(dynamo, settings.table);
  const ask = createAsk(networks);
  const purchase: PurchasePorts = {
    catalog,
    networks,
    publicUrl,
    maxTimeoutSeconds,
    edgeBudgetMs: budgets.edgeMs,
    budgetMs: budgets.originMs,
    fulfilWithinMs: settings.fulfilWithinMs ?? FULFIL_WITHIN_MS,
    store,
    chain: createChain(ask),
    facilitator,
    supplier: createEsimAccess({
      baseUrl: settings.supplierUrl,
      accessCode: secrets.supplierAccessCode,
      secretKey: secrets.supplierSecretKey,
      fetch,
      now,
      randomId: randomUUID,
      deadlineMs: SUPPLIER_DEADLINE_MS,
    }),
    refundSigner: settings.refundSigner,
    resources,
    now,
    sleep: (ms) => sleep(ms),
    randomId: randomUUID,
    log,
  };
  const reconciler: ReconcilerPorts = {
    networks,
    source: createTransferSource(ask),
    store: createReconcilerStore(dynamo, settings.table, store),
    unclaimedAfterMs: config.unclaimedAfterSeconds * 1_000,
    now,
    randomId: randomUUID,
    log,
  };
  const { archive } = settings;
  const { grantKeys, invoiceKeys, accessSecret } = secrets;
  return {
    handler: createApp({
      config,
      grantKeys,
      invoiceKeys,
      accessSecret,
      proofChain: createProofChain(ask),
      purchase,
    }),
    sweep: () => sweep(purchase),
    reconcile: () => reconcile(reconciler),
    exportLedgers: () => exportLedgers({ archive, unarchived: store.unarchived, save: store.save, now }),
    close: () => dynamo.destroy(),
  };
}
