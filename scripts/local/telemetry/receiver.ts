/** A collector on this machine: takes spans by OTLP over HTTP, in JSON, and keeps the latest of them in memory. */

import { createServer, type IncomingMessage } from "node:http";
import { listen } from "../listen.ts";
import { parseSpans, type Span } from "./spans.ts";

/** What is kept; a sweep each second writes a few. */
const MAX_SPANS = 20_000;

/** Of one request. Bytes. */
const MAX_BODY = 16 * 1_024 * 1_024;

export interface TraceReceiver {
  /** What exporters add `/v1/traces` to. */
  readonly url: string;
  /** The latest, in the order in which they came. */
  readonly spans: readonly Span[];
  /** Those of one trace. */
  trace(traceId: string): readonly Span[];
  close(): Promise<void>;
}

export async function startTraceReceiver(): Promise<TraceReceiver> {
  const spans: Span[] = [];
  const server = createServer(async (request, response) => {
    const body = await readBody(request);
    const isTraces = request.method === "POST" && request.url === "/v1/traces";
    const received = isTraces && body !== undefined ? parseSpans(body) : undefined;
    if (received === undefined) {
      response.writeHead(isTraces ? 400 : 404).end();
      return;
    }
    spans.push(...received);
    spans.splice(0, spans.length - MAX_SPANS);
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  const { url, close } = await listen(server, "the trace receiver");
  return { url, spans, trace: (id) => spans.filter(({ traceId }) => traceId === id), close };
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= MAX_BODY) chunks.push(chunk);
  }
  return size > MAX_BODY ? undefined : Buffer.concat(chunks).toString("utf8");
}
