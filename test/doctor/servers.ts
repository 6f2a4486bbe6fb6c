/** Servers on loopback that get something wrong: scripted ones, and one that alters what a good server answers. */

import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { send } from "../../scripts/doctor/http.ts";
import { listen } from "../../scripts/local/listen.ts";

export interface LoopbackServer {
  readonly url: string;
  close(): Promise<void>;
}

export interface Received {
  readonly method: string;
  /** As it stood in the request line. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** @param handle answers each request, or leaves it hanging */
export async function startServer(
  handle: (request: Received, response: ServerResponse) => void | Promise<void>,
): Promise<LoopbackServer> {
  const server = createServer((message, response) => {
    receive(message)
      .then((request) => handle(request, response))
      .catch(() => response.destroy());
  });
  return listen(server, "a test's server");
}

/** Answers each request as `alter` has it of what the good server answered. */
export function startAltered(
  good: string,
  alter: (answered: Answered, request: Received) => Answered,
): Promise<LoopbackServer> {
  return startServer(async (request, response) => {
    const { method, target, headers, body } = request;
    const reply = await send({
      url: good,
      method,
      target,
      headers: Object.fromEntries(
        Object.entries(headers).flatMap(([name, value]) =>
          typeof value === "string" ? [[name, value]] : [],
        ),
      ),
      ...(body === "" ? {} : { body }),
    });
    if (reply.kind === "fault") throw new Error(reply.fault);
    const answered = {
      status: reply.status,
      headers: single(reply.headers),
      body: reply.body.toString("utf8"),
    };
    answer(response, alter(answered, request));
  });
}

export function answer(response: ServerResponse, { status, headers, body }: Answered): void {
  response.writeHead(status, headers).end(body);
}

export function json(status: number, value: unknown): Answered {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

async function receive(message: IncomingMessage): Promise<Received> {
  const { method = "", url: target = "", headers } = message;
  return { method, target, headers, body: (await buffer(message)).toString("utf8") };
}

/** Those that describe the connection or the body's length are the server's own to write. */
const OWN: readonly string[] = ["connection", "keep-alive", "transfer-encoding", "content-length", "date"];

function single(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === "string" && !OWN.includes(name) ? [[name, value]] : [],
    ),
  );
}
