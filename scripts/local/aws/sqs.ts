/** Amazon SQS on loopback: SendMessage to queues in memory. Functions get the messages through an event source. */

import * as v from "valibot";
import { LOCAL_ACCOUNT } from "./credentials.ts";
import { AwsFault } from "./fault.ts";
import { operation, startJsonService } from "./json-service.ts";
import { md5OfBody, type Queue } from "./queue.ts";

export interface SqsOptions {
  readonly region: string;
  /** By name. */
  readonly queues: Readonly<Record<string, Queue>>;
}

export interface Sqs {
  readonly url: string;
  /** What a client sends to. */
  urlOf(queueName: string): string;
  close(): Promise<void>;
}

/** Bytes. SQS Developer Guide, "Message quotas", which has allowed 1 MiB since 2025 and 256 KiB before. */
const MAX_MESSAGE_BYTES = 256 * 1_024;

const sendInput = v.strictObject({
  QueueUrl: v.string(),
  MessageBody: v.pipe(v.string(), v.minLength(1), v.maxBytes(MAX_MESSAGE_BYTES)),
});

/** @throws PortTakenError */
export async function startSqs({ region, queues }: SqsOptions): Promise<Sqs> {
  const SendMessage = operation(sendInput, ({ QueueUrl, MessageBody }) => {
    const queue = queueAt(QueueUrl);
    return { MessageId: queue.send(MessageBody), MD5OfMessageBody: md5OfBody(MessageBody) };
  });
  const { url, close } = await startJsonService({
    what: "SQS",
    region,
    service: "sqs",
    target: "AmazonSQS",
    version: "1.0",
    operations: { SendMessage },
  });
  const urlOf = (name: string) => `${url}/${LOCAL_ACCOUNT}/${name}`;
  const queueAt = (queueUrl: string) => {
    const found = Object.entries(queues).find(([name]) => urlOf(name) === queueUrl);
    if (found === undefined) {
      throw new AwsFault("com.amazonaws.sqs#QueueDoesNotExist", "The specified queue does not exist.");
    }
    return found[1];
  };
  return { url, urlOf, close };
}
