/** The origin's functions: what each runs, for how long, and nothing that it may do. */

import { Duration } from "aws-cdk-lib";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { ConfigInput } from "../../protocol/config.ts";
import { bundleOrigin, type OriginEntry } from "../bundle/bundle.ts";
import { ServiceFunction } from "../service-function.ts";
import { API_TIMEOUT } from "./api.ts";

interface Shape {
  readonly description: string;
  readonly timeout: Duration;
  readonly memoryMb: number;
}

/** The worker ends its own work after 50 s. */
export const WORKER_TIMEOUT = Duration.seconds(60);
/** A run that is slower overlaps with the next ones, which is harmless: each purchase moves under a condition. */
const SWEEP_TIMEOUT = Duration.minutes(2);
/** Chain endpoints that make it split its ranges take their time. */
const RECONCILE_TIMEOUT = Duration.minutes(5);
const EXPORT_TIMEOUT = Duration.minutes(5);
const WATCH_TIMEOUT = Duration.seconds(50);
/** Less than the lease under which a pool is tended: a run that ended late would not be alone. */
const POOL_TIMEOUT = Duration.seconds(55);

/** A buyer waits for this one, and at 1 GB it has more than half a core. */
const BUYER_WAITS_MB = 1_024;
const NOBODY_WAITS_MB = 512;

const shapes: Readonly<Record<OriginEntry, Shape>> = {
  http: {
    description: "Sells eSIMs to whoever holds a grant",
    timeout: API_TIMEOUT,
    memoryMb: BUYER_WAITS_MB,
  },
  worker: {
    description: "Drives a purchase on that could not be finished while its buyer waited",
    timeout: WORKER_TIMEOUT,
    memoryMb: NOBODY_WAITS_MB,
  },
  sweeper: {
    description: "Takes up purchases that are overdue, refunds among them",
    timeout: SWEEP_TIMEOUT,
    memoryMb: NOBODY_WAITS_MB,
  },
  reconciler: {
    description: "Compares the chains' transfers with the purchases",
    timeout: RECONCILE_TIMEOUT,
    memoryMb: NOBODY_WAITS_MB,
  },
  exporter: {
    description: "Archives the ledgers of purchases at rest",
    timeout: EXPORT_TIMEOUT,
    memoryMb: NOBODY_WAITS_MB,
  },
  watcher: {
    description: "Measures wallet, supplier credit and overdue purchases",
    timeout: WATCH_TIMEOUT,
    memoryMb: NOBODY_WAITS_MB,
  },
  pool: {
    description: "Refills the pools of eSIMs that are bought in advance",
    timeout: POOL_TIMEOUT,
    memoryMb: NOBODY_WAITS_MB,
  },
};

export interface OriginFunctionProps {
  readonly input: ConfigInput;
  readonly environment: Readonly<Record<string, string>>;
  /** @default the function is called otherwise than by a schedule */
  readonly deadLetterQueue?: IQueue;
}

export function originFunction(
  scope: Construct,
  id: string,
  entry: OriginEntry,
  { input, environment, deadLetterQueue }: OriginFunctionProps,
): ServiceFunction {
  const { description, timeout, memoryMb } = shapes[entry];
  return new ServiceFunction(scope, id, {
    description,
    bundle: bundleOrigin(entry, input),
    timeout,
    memorySize: memoryMb,
    environment,
    ...(deadLetterQueue === undefined ? {} : { deadLetterQueue }),
  });
}

/** One order a call, since an order may take nearly all of the function's time. */
export function workFrom(queue: IQueue): SqsEventSource {
  return new SqsEventSource(queue, { batchSize: 1, reportBatchItemFailures: true });
}
