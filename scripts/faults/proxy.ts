/** A proxy on loopback between one of our processes and one backend, which does to requests what the fault book says. */

import http, { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { listen } from "../local/listen.ts";
import type { ManagedProcess } from "../local/processes/managed-process.ts";
import type { Answer, Backend, FaultBook, Reply } from "./book.ts";
import { operationOf } from "./operations.ts";

export interface ProxyOptions {
  readonly backend: Backend;
  readonly book: FaultBook;
  /** Where requests go, or undefined while nothing is there. */
  readonly target: () => string | undefined;
  /** The process whose requests these are; undefined while it is being made. */
  readonly from: () => ManagedProcess | undefined;
  /** Lower case. */
  readonly refundWallet: string;
}

export interface FaultProxy {
  readonly url: string;
  close(): Promise<void>;
}

export async function startFaultProxy(options: ProxyOptions): Promise<FaultProxy> {
  const agent = new http.Agent({ keepAlive: true });
  const server = createServer((request, response) => {
    handle(request, options, agent)
      // Whoever asked was killed, or what was asked is down.
      .catch(() => "reset" as const)
      .then((reply) => send(response, reply));
  });
  server.keepAliveTimeout = 30_000;
  const { url, close } = await listen(server, `the faulty ${options.backend}`);
  return {
    url,
    async close() {
      agent.destroy();
      await close();
    },
  };
}

async function handle(request: IncomingMessage, options: ProxyOptions, agent: http.Agent): Promise<Reply> {
  const { backend, book, from, refundWallet } = options;
  const body = (await buffer(request)).toString("utf8");
  const forward = (changed = body) => pass(request, changed, options.target(), agent);
  const process = from();
  if (process === undefined) return forward();
  const operation = operationOf(backend, request, body, refundWallet);
  const text = `${request.url} ${JSON.stringify(request.headers)} ${body}`.toLowerCase();
  const passing = { backend, operation, body, text, from: process };
  const act = book.take(passing);
  return act === undefined ? forward() : act(passing, forward);
}

/** The headers go on as they came, `Host` too: the facilitator's tokens name the host that was asked. */
function pass(
  { method = "GET", url = "/", headers }: IncomingMessage,
  body: string,
  target: string | undefined,
  agent: http.Agent,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (target === undefined) return reject(new Error("nothing is there"));
    const { "content-length": _, "transfer-encoding": __, connection: ___, ...kept } = headers;
    const sent = { ...kept, "content-length": Buffer.byteLength(body) };
    const request = http.request(target, { method, path: url, headers: sent, agent });
    request.on("error", reject);
    request.on("response", (response) => {
      const { statusCode: status = 0 } = response;
      buffer(response).then(
        (bytes) => resolve({ status, headers: answerHeaders(response), body: bytes }),
        reject,
      );
    });
    request.end(body);
  });
}

function answerHeaders({ headers }: IncomingMessage): Answer["headers"] {
  const {
    "content-length": _,
    "transfer-encoding": __,
    connection: ___,
    "keep-alive": ____,
    ...kept
  } = headers;
  return Object.fromEntries(
    Object.entries(kept).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function send(response: ServerResponse, reply: Reply): void {
  if (reply === "hang") return;
  // No RST: Node.js 20 loses the handle of a socket that is reset while it is being ended, and then can't exit.
  if (reply === "reset") return void response.socket?.destroy();
  for (const [name, value] of Object.entries(reply.headers)) response.setHeader(name, value);
  response.writeHead(reply.status).end(reply.body);
}
