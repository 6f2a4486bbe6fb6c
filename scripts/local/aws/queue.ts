/**
 * An SQS standard queue in memory: a message that was received is hidden for the visibility timeout, comes back unless
 * it is deleted, and goes to the dead-letter queue when it came too often.
 */

import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

export interface QueueOptions {
  readonly arn: string;
  readonly visibilityTimeoutMs: number;
  readonly redrive?: { readonly maxReceiveCount: number; readonly deadLetters: Queue };
}

export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly receiveCount: number;
  readonly sentAt: Date;
  readonly firstReceivedAt: Date;
}

export interface Queue {
  readonly arn: string;
  /** Bodies of all the messages it holds, hidden ones too, oldest first. */
  readonly bodies: readonly string[];
  /** @returns the message's id */
  send(body: string): string;
  /** Waits for a message, and takes what else there is. Empty when `signal` ends the wait. */
  receive(max: number, signal: AbortSignal): Promise<readonly ReceivedMessage[]>;
  delete(receiptHandle: string): void;
}

interface Message {
  readonly id: string;
  readonly body: string;
  readonly sentAt: Date;
  visibleAt: number;
  receiveCount: number;
  firstReceivedAt: Date | undefined;
  receiptHandle: string | undefined;
}

export function createQueue({ arn, visibilityTimeoutMs, redrive }: QueueOptions): Queue {
  const messages = new Set<Message>();
  let wake = new AbortController();

  const take = (max: number, now: number): ReceivedMessage[] => {
    const taken: ReceivedMessage[] = [];
    for (const message of messages) {
      if (taken.length === max) break;
      if (message.visibleAt > now) continue;
      if (redrive !== undefined && message.receiveCount >= redrive.maxReceiveCount) {
        messages.delete(message);
        redrive.deadLetters.send(message.body);
      } else {
        taken.push(hide(message, now + visibilityTimeoutMs));
      }
    }
    return taken;
  };

  return {
    arn,
    get bodies() {
      return [...messages].map(({ body }) => body);
    },
    send(body) {
      const id = randomUUID();
      messages.add({
        id,
        body,
        sentAt: new Date(),
        visibleAt: Date.now(),
        receiveCount: 0,
        firstReceivedAt: undefined,
        receiptHandle: undefined,
      });
      wake.abort();
      wake = new AbortController();
      return id;
    },
    async receive(max, signal) {
      while (!signal.aborted) {
        const now = Date.now();
        const taken = take(max, now);
        if (taken.length > 0) return taken;
        const next = Math.min(...[...messages].map(({ visibleAt }) => visibleAt));
        await until(next - now, AbortSignal.any([signal, wake.signal]));
      }
      return [];
    },
    delete(receiptHandle) {
      for (const message of messages) {
        if (message.receiptHandle === receiptHandle) messages.delete(message);
      }
    },
  };
}

function hide(message: Message, visibleAt: number): ReceivedMessage {
  const firstReceivedAt = message.firstReceivedAt ?? new Date();
  const receiptHandle = randomUUID();
  Object.assign(message, { visibleAt, firstReceivedAt, receiptHandle });
  message.receiveCount += 1;
  const { id: messageId, body, sentAt, receiveCount } = message;
  return { messageId, receiptHandle, body, receiveCount, sentAt, firstReceivedAt };
}

/** Longer than a timer can run; whoever waits looks again then. Milliseconds. */
const LONGEST_WAIT_MS = 60_000;

async function until(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.min(ms, LONGEST_WAIT_MS), undefined, { signal, ref: false }).catch(() => undefined);
}

/** What SQS says of a body, and clients check. */
export function md5OfBody(body: string): string {
  return createHash("md5").update(body).digest("hex");
}
