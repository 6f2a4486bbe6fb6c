/** Orders in the work queue: what is put in comes out, and what can't be put in harms nobody. */

import { SQSClient } from "@aws-sdk/client-sqs";
import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, onTestFinished, test } from "vitest";
import { createHandOver } from "../../../origin/entry/hand-over.ts";
import { decodeWork, encodeWork } from "../../../origin/entry/work-message.ts";
import type { OriginLogEvent } from "../../../origin/log.ts";
import { anyText } from "../../builders/arbitrary.ts";
import { answers, type Reaction, resets, startScripted, staysSilent } from "../../edge/scripted-server.ts";

const ORDER = `ord_${"0".repeat(40)}`;
const TRACE = `00-${"1".repeat(32)}-${"2".repeat(16)}-01`;
const SENT = answers(JSON.stringify({ MessageId: "1" }));

async function handOver(reaction: Reaction, traceparent: string | undefined) {
  const server = await startScripted(reaction);
  const client = new SQSClient({
    endpoint: server.url,
    region: "eu-west-1",
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "key" },
    maxAttempts: 1,
    md5: false,
  });
  onTestFinished(() => client.destroy());
  const logged: OriginLogEvent[] = [];
  const hand = createHandOver(client, `${server.url}/000000000000/work`, (event) => logged.push(event));
  await hand(ORDER, traceparent);
  return { requests: server.requests, logged };
}

const sentSchema = v.object({ QueueUrl: v.string(), MessageBody: v.string() });

test("an order goes into the queue with its trace", async () => {
  const { requests, logged } = await handOver(SENT, TRACE);
  expect(logged).toEqual([]);
  const { MessageBody } = v.parse(sentSchema, JSON.parse(requests[0]?.split("\r\n\r\n")[1] ?? ""));
  expect(decodeWork(MessageBody)).toEqual({ order: ORDER, traceparent: TRACE });
});

test("an order without a trace goes in by itself", async () => {
  const { requests } = await handOver(SENT, undefined);
  const { MessageBody } = v.parse(sentSchema, JSON.parse(requests[0]?.split("\r\n\r\n")[1] ?? ""));
  expect(decodeWork(MessageBody)).toEqual({ order: ORDER });
});

describe("a queue that can't be reached is a line in the log, and no error:", () => {
  test.each([
    ["it refuses", answers('{"__type":"AccessDenied","message":"role/someone"}', "403 Forbidden")],
    ["it resets", resets],
    ["it stays silent", staysSilent],
  ])("%s", async (_, reaction) => {
    const { logged } = await handOver(reaction, undefined);
    expect(logged).toEqual([{ event: "hand_over_failed", order: ORDER, error: expect.any(String) }]);
    expect(JSON.stringify(logged)).not.toContain("someone");
  });
});

describe("a message", () => {
  test("that was written is read", () => {
    const anyOrder = fc.stringMatching(/^ord_[0-9a-f]{40}$/);
    fc.assert(
      fc.property(anyOrder, fc.option(anyText, { nil: undefined }), (order, traceparent) => {
        const message = { order, ...(traceparent === undefined ? {} : { traceparent }) };
        expect(decodeWork(encodeWork(message))).toEqual(message);
      }),
    );
  });

  test.each([
    "",
    "{",
    "[]",
    '{"order":"ord_1"}',
    `{"order":"${ORDER}","order":"${ORDER}"}`,
    `"${ORDER}"`,
  ])("of another making is none: %s", (body) => {
    expect(decodeWork(body)).toBeUndefined();
  });
});
