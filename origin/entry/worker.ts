/** The function behind the work queue: drives on at once what could not be finished while its buyer waited. */

import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { running } from "./running.ts";
import type { Runtime } from "./runtime.ts";
import { decodeWork } from "./work-message.ts";

/** Then the sweeper goes on. Milliseconds. */
const WORK_MS = 50_000;

/** Tells the queue which messages to hand out again. Those that never make sense end in the dead-letter queue. */
export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const deadline = Date.now() + WORK_MS;
  const runtime = await running().get();
  const done = await Promise.all(Records.map((record) => work(record, runtime, deadline)));
  const failed = Records.filter((_, index) => done[index] === false);
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

async function work({ body }: SQSRecord, { origin, log }: Runtime, deadline: number): Promise<boolean> {
  const message = decodeWork(body);
  try {
    if (message === undefined) throw new WorkError("work_malformed");
    const driven = await origin.driveOrder(message.order, deadline, message.traceparent);
    if (driven === "unknown") throw new WorkError("work_unknown");
    return true;
  } catch (error) {
    log({ event: "internal_error", error: error instanceof Error ? error.name : "unknown" });
    return false;
  }
}

/** A message that no request of ours can have left. */
class WorkError extends Error {
  constructor(name: "work_malformed" | "work_unknown") {
    super();
    this.name = name;
  }
}
