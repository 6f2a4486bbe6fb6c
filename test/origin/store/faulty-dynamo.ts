/** A proxy on loopback in front of the DynamoDB emulator, which does to requests what networks and AWS do. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { LocalDynamo } from "../../../scripts/local/dynamo/start-dynamo.ts";
import { listen } from "../../../scripts/local/listen.ts";

/**
 * - `reset`: the connection ends before the request is carried out.
 * - `lost_answer`: the request is carried out, and then the connection ends.
 * - `silent`: the request is carried out, and no answer ever comes.
 * - `server_error`, `throttled`: AWS says so, and nothing is carried out.
 */
export type DynamoFault = "reset" | "lost_answer" | "silent" | "server_error" | "throttled";

export interface FaultyDynamo {
  /** Faults of the next requests, each for the named operation alone; the rest go through. */
  readonly faults: {
    readonly operation: "PutItem" | "GetItem" | "Query" | "DescribeTable";
    readonly fault: DynamoFault;
  }[];
  /** A client with the SDK's own retry, whose attempts wait only a little. */
  readonly client: DynamoDBClient;
  close(): Promise<void>;
}

/** How long the client waits for one answer. Milliseconds. */
const ANSWER_WITHIN_MS = 250;

/** The client's attempts at one request. */
export const ATTEMPTS = 2;

export async function startFaultyDynamo(dynamo: LocalDynamo): Promise<FaultyDynamo> {
  const faults: FaultyDynamo["faults"] = [];

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const operation = String(request.headers["x-amz-target"]).split(".")[1];
    const index = faults.findIndex((planned) => planned.operation === operation);
    const [planned] = index === -1 ? [] : faults.splice(index, 1);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    switch (planned?.fault) {
      case "reset":
        return void request.socket.destroy();
      case "server_error":
        return fail(response, 500, "InternalServerError");
      case "throttled":
        return fail(response, 400, "ThrottlingException");
    }
    const answer = await forward(dynamo.url, request, Buffer.concat(chunks));
    if (planned?.fault === "silent") return;
    if (planned?.fault === "lost_answer") return void request.socket.destroy();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  const server = createServer((request, response) => void handle(request, response));
  const { url, close } = await listen(server, "the faulty DynamoDB");
  const client = new DynamoDBClient({
    ...dynamo.clientConfig,
    endpoint: url,
    maxAttempts: ATTEMPTS,
    requestHandler: { requestTimeout: ANSWER_WITHIN_MS, throwOnRequestTimeout: true },
  });
  return {
    faults,
    client,
    async close() {
      client.destroy();
      await close();
    },
  };
}

function fail(response: ServerResponse, status: number, type: string): void {
  const body = JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: "planned" });
  response.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(body);
}

async function forward(url: string, { headers }: IncomingMessage, body: Buffer) {
  const sent = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    typeof value === "string" && !["host", "connection", "content-length"].includes(name)
      ? [[name, value]]
      : [],
  );
  const answer = await fetch(url, { method: "POST", headers: sent, body });
  const { status } = answer;
  return {
    status,
    headers: Object.fromEntries(answer.headers),
    body: Buffer.from(await answer.arrayBuffer()),
  };
}
