/**
 * DynamoDB's API with a counter in front: every request goes on to the table, asks it what it took, and is counted. The
 * emulator leaves out what the index takes, so that is worked out here from what is written.
 */

import http, { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import * as v from "valibot";
import { listen } from "../../local/listen.ts";

export interface Tally {
  readonly requests: number;
  readonly readUnits: number;
  /** The index's included. */
  readonly writeUnits: number;
}

export interface CountingTable {
  readonly url: string;
  /** What the table is asked while something runs. */
  during<Result>(work: () => Promise<Result>): Promise<{ readonly result: Result; readonly tally: Tally }>;
  close(): Promise<void>;
}

/** Longer than anything that is measured pauses. Milliseconds. */
const KEEP_ALIVE_MS = 120_000;

const OPERATION = /^DynamoDB_\d+\.(\w+)$/;

const text = v.object({ S: v.string() });

const putSchema = v.object({
  Item: v.looseObject({ pk: text, queue: v.optional(text), dueAt: v.optional(v.object({ N: v.string() })) }),
});

const answerSchema = v.object({ ConsumedCapacity: v.optional(v.object({ CapacityUnits: v.number() })) });

export async function startCountingTable(target: string): Promise<CountingTable> {
  const index = createIndex();
  let tally: Tally = { requests: 0, readUnits: 0, writeUnits: 0 };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const operation = OPERATION.exec(String(request.headers["x-amz-target"]))?.[1] ?? "";
    const asked: unknown = JSON.parse((await buffer(request)).toString("utf8"));
    const body = JSON.stringify({ ...v.parse(v.looseObject({}), asked), ReturnConsumedCapacity: "TOTAL" });
    const answer = await pass(request, body, target);
    const isDone = answer.message.statusCode === 200;
    // One that is refused has none; where purchases come one by one, none is.
    const units = isDone ? unitsOf(answer.body) : 0;
    const isWrite = operation === "PutItem";
    tally = {
      requests: tally.requests + 1,
      readUnits: tally.readUnits + (isWrite ? 0 : units),
      writeUnits: tally.writeUnits + (isWrite && isDone ? units + index.put(v.parse(putSchema, asked)) : 0),
    };
    response.writeHead(answer.message.statusCode ?? 500, headersOf(answer.message)).end(answer.body);
  };
  const server = createServer((request, response) => {
    // The caller asks again, as it does of DynamoDB.
    handle(request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const { url, close } = await listen(server, "the counting table");
  return {
    url,
    async during(work) {
      const before = tally;
      const result = await work();
      return {
        result,
        tally: {
          requests: tally.requests - before.requests,
          readUnits: tally.readUnits - before.readUnits,
          writeUnits: tally.writeUnits - before.writeUnits,
        },
      };
    },
    close,
  };
}

/** The sparse index that lists items by `queue` and `dueAt`; its entries are small, a unit for each that comes or goes. */
export function createIndex() {
  const entries = new Map<string, string>();
  return {
    /** The units that it takes. */
    put({ Item: { pk, queue, dueAt } }: v.InferOutput<typeof putSchema>): number {
      const before = entries.get(pk.S);
      const after = queue === undefined ? undefined : `${queue.S} ${dueAt?.N ?? ""}`;
      if (before === after) return 0;
      if (after === undefined) entries.delete(pk.S);
      else entries.set(pk.S, after);
      return (before === undefined ? 0 : 1) + (after === undefined ? 0 : 1);
    },
  };
}

function unitsOf(body: Buffer): number {
  const { ConsumedCapacity: consumed } = v.parse(answerSchema, JSON.parse(body.toString("utf8")));
  if (consumed === undefined) throw new Error("the table did not say what it took");
  return consumed.CapacityUnits;
}

interface Answer {
  readonly message: IncomingMessage;
  readonly body: Buffer;
}

/** On a connection of its own: the emulator ends idle ones after seconds, perhaps while a request is on its way. */
function pass({ headers }: IncomingMessage, body: string, target: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { "content-length": _, connection: __, ...kept } = headers;
    const sent = { ...kept, "content-length": Buffer.byteLength(body) };
    const request = http.request(target, { method: "POST", headers: sent, agent: false });
    request.on("error", reject);
    request.on("response", (message) => {
      buffer(message).then((bytes) => resolve({ message, body: bytes }), reject);
    });
    request.end(body);
  });
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const kept = ["content-type", "x-amz-crc32", "x-amzn-requestid"];
  return Object.fromEntries(kept.map((name) => [name, String(headers[name] ?? "")]));
}
