/**
 * Lambda's event source mapping for SQS: takes batches from a queue, calls the function, and deletes what it dealt
 * with. What it failed at comes back when its visibility timeout ends.
 */

import type { SQSEvent, SQSRecord } from "aws-lambda";
import * as v from "valibot";
import { md5OfBody, type Queue, type ReceivedMessage } from "./queue.ts";

export interface EventSourceOptions {
  readonly queue: Queue;
  readonly region: string;
  readonly batchSize: number;
  /** Whether the function's answer says which messages failed; without it a batch succeeds or fails as a whole. */
  readonly reportsItemFailures: boolean;
  /** Calls the function; rejects when it fails. */
  readonly invoke: (event: SQSEvent) => Promise<unknown>;
}

export interface EventSource {
  /** Ends when the batches under way have ended. */
  close(): Promise<void>;
}

/** How many batches are under way at once. Lambda Developer Guide, "Scaling for SQS": it begins with five. */
const POLLERS = 5;

const answerSchema = v.nullish(
  v.object({
    batchItemFailures: v.nullish(v.array(v.object({ itemIdentifier: v.pipe(v.string(), v.minLength(1)) }))),
  }),
);

export function startEventSource(options: EventSourceOptions): EventSource {
  const stop = new AbortController();
  const pollers = Array.from({ length: POLLERS }, async () => {
    while (!stop.signal.aborted) {
      const batch = await options.queue.receive(options.batchSize, stop.signal);
      if (batch.length > 0) await deal(batch, options);
    }
  });
  return {
    async close() {
      stop.abort();
      await Promise.all(pollers);
    },
  };
}

async function deal(batch: readonly ReceivedMessage[], options: EventSourceOptions): Promise<void> {
  const { queue, invoke, reportsItemFailures } = options;
  const everything = new Set(batch.map(({ messageId }) => messageId));
  const event = { Records: batch.map((message) => recordOf(message, options)) };
  const failed = await invoke(event).then(
    (answer) => (reportsItemFailures ? failuresIn(answer, everything) : new Set()),
    () => everything,
  );
  for (const { messageId, receiptHandle } of batch) {
    if (!failed.has(messageId)) queue.delete(receiptHandle);
  }
}

/** An answer that is malformed, or names a message that was not in the batch, fails the whole batch. */
function failuresIn(answer: unknown, everything: ReadonlySet<string>): ReadonlySet<string> {
  const parsed = v.safeParse(answerSchema, answer);
  if (!parsed.success) return everything;
  const named = (parsed.output?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier);
  return named.every((id) => everything.has(id)) ? new Set(named) : everything;
}

function recordOf(message: ReceivedMessage, { queue, region }: EventSourceOptions): SQSRecord {
  return {
    messageId: message.messageId,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: {
      ApproximateReceiveCount: String(message.receiveCount),
      SentTimestamp: String(message.sentAt.getTime()),
      SenderId: "local",
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt.getTime()),
    },
    messageAttributes: {},
    md5OfBody: md5OfBody(message.body),
    eventSource: "aws:sqs",
    eventSourceARN: queue.arn,
    awsRegion: region,
  };
}
