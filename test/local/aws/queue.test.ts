/** A queue that is filled over the wire by the SDK's own client, and emptied by an event source. */

import { QueueDoesNotExist, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { SQSEvent } from "aws-lambda";
import { describe, expect, test, vi } from "vitest";
import { startEventSource } from "../../../scripts/local/aws/event-source.ts";
import { createQueue, type Queue } from "../../../scripts/local/aws/queue.ts";
import { startSqs } from "../../../scripts/local/aws/sqs.ts";
import { client, clientOptions, opened, REGION } from "./support.ts";

/** Long enough that a message does not come back by itself within a test. Milliseconds. */
const LONG_MS = 60_000;
const SHORT_MS = 30;
const WITHIN = { timeout: 5_000 };

function queueOf(visibilityTimeoutMs: number, maxReceiveCount?: number) {
  const deadLetters = createQueue({ arn: "arn:dead", visibilityTimeoutMs: LONG_MS });
  const redrive = maxReceiveCount === undefined ? {} : { redrive: { maxReceiveCount, deadLetters } };
  return { deadLetters, work: createQueue({ arn: "arn:work", visibilityTimeoutMs, ...redrive }) };
}

/** Starts an event source whose function answers as the test says; the events it saw. */
function seen(queue: Queue, answer: (event: SQSEvent) => unknown, batchSize = 10): SQSEvent[] {
  const events: SQSEvent[] = [];
  opened(
    startEventSource({
      queue,
      region: REGION,
      batchSize,
      reportsItemFailures: true,
      invoke: async (event) => {
        events.push(event);
        return answer(event);
      },
    }),
  );
  return events;
}

const bodiesOf = (events: readonly SQSEvent[]) =>
  events.flatMap(({ Records }) => Records.map(({ body }) => body));

describe("over the wire", () => {
  test("a message that is sent reaches the function, in SQS's event", async () => {
    const { work } = queueOf(LONG_MS);
    const sqs = opened(await startSqs({ region: REGION, queues: { work } }));
    const events = seen(work, () => ({ batchItemFailures: [] }));
    const { MessageId } = await client(new SQSClient(clientOptions(sqs.url))).send(
      new SendMessageCommand({ QueueUrl: sqs.urlOf("work"), MessageBody: "order 1" }),
    );
    await vi.waitFor(() => expect(work.bodies).toEqual([]), WITHIN);
    expect(events).toEqual([
      {
        Records: [
          expect.objectContaining({
            messageId: MessageId,
            body: "order 1",
            eventSource: "aws:sqs",
            eventSourceARN: "arn:work",
            awsRegion: REGION,
            attributes: expect.objectContaining({ ApproximateReceiveCount: "1" }),
          }),
        ],
      },
    ]);
  });

  test("a queue that is not there, and what is not played, are refused", async () => {
    const { work } = queueOf(LONG_MS);
    const sqs = opened(await startSqs({ region: REGION, queues: { work } }));
    const sender = client(new SQSClient(clientOptions(sqs.url)));
    const send = (input: { QueueUrl: string; DelaySeconds?: number }) =>
      sender.send(new SendMessageCommand({ MessageBody: "order 1", ...input }));
    await expect(send({ QueueUrl: sqs.urlOf("play") })).rejects.toThrow(QueueDoesNotExist);
    await expect(send({ QueueUrl: sqs.urlOf("work"), DelaySeconds: 5 })).rejects.toThrow(/DelaySeconds/);
    expect(work.bodies).toEqual([]);
  });
});

describe("an event source", () => {
  test("takes no more than its batch size at once", async () => {
    const { work } = queueOf(LONG_MS);
    for (const body of ["a", "b", "c", "d", "e"]) work.send(body);
    const events = seen(work, () => null, 2);
    await vi.waitFor(() => expect(work.bodies).toEqual([]), WITHIN);
    expect(Math.max(...events.map(({ Records }) => Records.length))).toBe(2);
    expect(bodiesOf(events).sort()).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("brings back what is reported as failed, and nothing else, when its visibility timeout ends", async () => {
    const { work } = queueOf(SHORT_MS);
    for (const body of ["good", "bad"]) work.send(body);
    let failures = 2;
    const events = seen(work, ({ Records }) => {
      const bad = Records.find(({ body }) => body === "bad");
      failures -= 1;
      return bad === undefined || failures < 0
        ? null
        : { batchItemFailures: [{ itemIdentifier: bad.messageId }] };
    });
    await vi.waitFor(() => expect(work.bodies).toEqual([]), WITHIN);
    expect(bodiesOf(events)).toEqual(["good", "bad", "bad", "bad"]);
    const counts = events.map(({ Records }) => Records.at(-1)?.attributes.ApproximateReceiveCount);
    expect(counts).toEqual(["1", "2", "3"]);
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    ["answers with a shape that is not SQS's", () => ({ batchItemFailures: "all" })],
    ["names a message that it was not given", () => ({ batchItemFailures: [{ itemIdentifier: "other" }] })],
    ["names no message", () => ({ batchItemFailures: [{ itemIdentifier: "" }] })],
  ])("keeps the whole batch when the function %s", async (_, answer) => {
    const { work } = queueOf(LONG_MS);
    for (const body of ["a", "b"]) work.send(body);
    const events = seen(work, answer);
    await vi.waitFor(() => expect(events).toHaveLength(1), WITHIN);
    await new Promise(setImmediate);
    expect(work.bodies).toEqual(["a", "b"]);
  });

  test("moves what came too often to the dead-letter queue", async () => {
    const { work, deadLetters } = queueOf(SHORT_MS, 2);
    work.send("poison");
    const events = seen(work, () => {
      throw new Error("no");
    });
    await vi.waitFor(() => expect(deadLetters.bodies).toEqual(["poison"]), WITHIN);
    expect([events.length, work.bodies]).toEqual([2, []]);
  });

  test("ends only when the batch under way has ended", async () => {
    const { work } = queueOf(LONG_MS);
    let finish = () => {};
    const invoke = vi.fn(
      () =>
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
    );
    const source = startEventSource({
      queue: work,
      region: REGION,
      batchSize: 1,
      reportsItemFailures: false,
      invoke,
    });
    work.send("order 1");
    await vi.waitFor(() => expect(invoke).toHaveBeenCalledOnce(), WITHIN);
    const closing = source.close();
    expect(await Promise.race([closing, new Promise((resolve) => setImmediate(resolve, "open"))])).toBe(
      "open",
    );
    finish();
    await closing;
    expect(work.bodies).toEqual([]);
  });
});
