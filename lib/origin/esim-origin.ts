/** The eSIM store behind the gateway: its functions, and all that they keep. Each function's role has what it uses. */

import { Duration } from "aws-cdk-lib";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { Merchant } from "../../protocol/merchant.ts";
import { accessLogBucket } from "../access-log-bucket.ts";
import { digestOf } from "../secret/digest.ts";
import { SeededSecret } from "../secret/seeded-secret.ts";
import { type DeploymentSecrets, originSecretsJson } from "../secrets.ts";
import { bucketInterface } from "../upcast.ts";
import { OriginApi } from "./api.ts";
import { originFunction, WORKER_TIMEOUT, workFrom } from "./functions.ts";
import { LedgerBucket } from "./ledger-bucket.ts";
import { RefundKey } from "./refund-key.ts";
import {
  EXPORT_EVERY,
  RECONCILE_EVERY,
  SWEEP_EVERY,
  scheduleFunction,
  TEND_EVERY,
  WATCH_EVERY,
} from "./schedules.ts";
import { PurchaseTable } from "./table.ts";
import { deadLetterQueue, WorkQueue } from "./work-queue.ts";

const schedules = {
  sweeper: SWEEP_EVERY,
  reconciler: RECONCILE_EVERY,
  exporter: EXPORT_EVERY,
  watcher: WATCH_EVERY,
  pool: TEND_EVERY,
} as const;

export type ScheduledEntry = keyof typeof schedules;

export interface ScheduledWork {
  readonly handler: IFunction;
  /** What a run failed on. */
  readonly deadLetters: Queue;
  readonly every: Duration;
}

export interface EsimOriginProps {
  readonly merchant: Merchant;
  readonly secrets: DeploymentSecrets;
}

export class EsimOrigin extends Construct {
  readonly api: OriginApi;
  readonly table: PurchaseTable;
  readonly refundKey: RefundKey;
  readonly ledger: LedgerBucket;
  readonly workQueue: WorkQueue;
  readonly workDeadLetters: Queue;
  readonly http: IFunction;
  readonly worker: IFunction;
  readonly scheduled: Readonly<Record<ScheduledEntry, ScheduledWork>>;

  constructor(scope: Construct, id: string, { merchant, secrets }: EsimOriginProps) {
    super(scope, id);
    const { config, deployment, input } = merchant;
    this.table = new PurchaseTable(this, "Purchases");
    this.refundKey = new RefundKey(this, "RefundKey");
    this.ledger = new LedgerBucket(this, "Ledger", {
      retention: Duration.days(deployment.archiveRetentionDays),
      accessLogs: bucketInterface(accessLogBucket(this, "AccessLogs")),
    });
    this.workDeadLetters = deadLetterQueue(this, "WorkDeadLetters");
    this.workQueue = new WorkQueue(this, "Work", WORKER_TIMEOUT, this.workDeadLetters);
    const value = originSecretsJson(secrets);
    const secret = new SeededSecret(this, "Secrets", {
      description: "What the origin signs and authenticates with",
      value,
      digest: digestOf(value, secrets),
    });
    const environment = {
      EDGE402_TABLE: this.table.tableName,
      EDGE402_SECRET_ID: secret.arn,
      EDGE402_REFUND_KEY_ID: this.refundKey.keyArn,
      EDGE402_ARCHIVE_BUCKET: this.ledger.bucketName,
      EDGE402_ARCHIVE_RETENTION_DAYS: String(deployment.archiveRetentionDays),
      EDGE402_WORK_QUEUE_URL: this.workQueue.queueUrl,
      EDGE402_SUPPLIER_URL: deployment.supplierUrl,
      EDGE402_SERVICE: config.serviceName,
      ...(deployment.otlpUrl === undefined ? {} : { EDGE402_OTLP_URL: deployment.otlpUrl }),
    };

    const http = originFunction(this, "Http", "http", { input, environment });
    const worker = originFunction(this, "Worker", "worker", { input, environment });
    worker.addEventSource(workFrom(this.workQueue));
    const scheduled = (entry: ScheduledEntry, name: string): ScheduledWork => {
      const deadLetters = deadLetterQueue(this, `${name}DeadLetters`);
      const handler = originFunction(this, name, entry, { input, environment, deadLetterQueue: deadLetters });
      const every = schedules[entry];
      scheduleFunction(this, `${name}Schedule`, { every, target: handler, deadLetters });
      return { handler, deadLetters, every };
    };
    this.http = http;
    this.worker = worker;
    this.scheduled = {
      sweeper: scheduled("sweeper", "Sweeper"),
      reconciler: scheduled("reconciler", "Reconciler"),
      exporter: scheduled("exporter", "Exporter"),
      watcher: scheduled("watcher", "Watcher"),
      pool: scheduled("pool", "Pool"),
    };
    this.grant(secret);

    const { originMtls } = deployment;
    this.api = new OriginApi(this, "Api", {
      handler: http,
      throttle: deployment.throttle,
      ...(originMtls === undefined ? {} : { mtls: originMtls }),
    });
  }

  private grant(secret: SeededSecret): void {
    const { http, worker, table, refundKey, ledger, workQueue } = this;
    const { sweeper, reconciler, exporter, watcher, pool } = this.scheduled;
    for (const each of [
      http,
      worker,
      sweeper.handler,
      reconciler.handler,
      exporter.handler,
      watcher.handler,
      pool.handler,
    ]) {
      secret.grantRead(each);
    }
    for (const writer of [
      http,
      worker,
      sweeper.handler,
      reconciler.handler,
      exporter.handler,
      pool.handler,
    ]) {
      table.grantItems(writer);
    }
    for (const drawer of [http, sweeper.handler]) table.grantDraws(drawer);
    for (const lister of [sweeper.handler, exporter.handler, watcher.handler]) table.grantQueue(lister);
    // A buyer who polls drives the purchase on, refund included, as worker and sweeper do.
    for (const driver of [http, worker, sweeper.handler]) refundKey.grantRefunds(driver);
    refundKey.grantAddress(watcher.handler);
    table.grantLook(watcher.handler);
    table.grantReadiness(http);
    workQueue.grantHandOver(http);
    ledger.grantAppend(exporter.handler);
  }
}
