/** Leaves an order in the work queue. One that gets lost is taken up by the sweeper, a minute later. */

import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { OriginLogEvent } from "../log.ts";
import type { OriginSettings } from "../origin.ts";
import { encodeWork } from "./work-message.ts";

/** A buyer waits for the answer meanwhile. Milliseconds. */
const SEND_MS = 1_500;

export function createHandOver(
  client: SQSClient,
  queueUrl: string,
  log: (event: OriginLogEvent) => void,
): NonNullable<OriginSettings["handOver"]> {
  return async (order, traceparent) => {
    const body = encodeWork({ order, ...(traceparent === undefined ? {} : { traceparent }) });
    try {
      const command = new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body });
      await client.send(command, { abortSignal: AbortSignal.timeout(SEND_MS) });
    } catch (error) {
      log({ event: "hand_over_failed", order, error: error instanceof Error ? error.name : "unknown" });
    }
  };
}
