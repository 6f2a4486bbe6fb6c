/**
 * POSTs, and GETs, over node:http(s) with kept-alive connections. `fetch` would cost several times the CPU for its first call, and
 * loading these two costs more than a 402, so they are loaded by the first payment.
 */

import type { Agent, request as HttpRequest } from "node:http";
import { MAX_FACILITATOR_ANSWER, type PostJson, type PostResult } from "../../protocol/facilitator.ts";

type Request = Parameters<PostJson>[0] & { readonly method: "GET" | "POST" };

/** A kept connection that turned out to be over: the other side ended it while this function was frozen. */
const STALE = "stale";

/** How writing to such a connection fails: the second when the end and a reset had both arrived. */
const ENDED: readonly (string | undefined)[] = ["ECONNRESET", "EPIPE"];

export interface PostOptions {
  /** Keeps connections, and asks again where one had died. Off, nothing is ever sent twice. @default true */
  readonly keepAlive?: boolean;
  /** Bytes of the longest answer that is read. @default MAX_FACILITATOR_ANSWER */
  readonly maxAnswerBytes?: number;
}

export function createPost(options: PostOptions = {}): PostJson {
  const send = createSend(options);
  return (request) => send({ ...request, method: "POST" });
}

/** Gets a URL, under the same rules. */
export type Get = (url: string, timeoutMs: number) => Promise<PostResult>;

export function createGet(options: PostOptions): Get {
  const send = createSend(options);
  return (url, timeoutMs) => send({ method: "GET", url, headers: {}, body: "", timeoutMs });
}

function createSend(options: PostOptions): (request: Request) => Promise<PostResult> {
  const { keepAlive = true, maxAnswerBytes = MAX_FACILITATOR_ANSWER } = options;
  const clients: Partial<Record<Scheme, Promise<Client>>> = {};
  return async (request) => {
    const deadline = performance.now() + request.timeoutMs;
    const scheme = request.url.startsWith("https:") ? "https" : "http";
    clients[scheme] ??= load(scheme);
    const client = await clients[scheme];
    const first = await exchange(request, client, keepAlive, deadline, maxAnswerBytes);
    if (first !== STALE) return first;
    // Settling twice is safe: the token takes a nonce once, and a second "already used" is resolved at the origin.
    const second = await exchange(request, client, false, deadline, maxAnswerBytes);
    return second === STALE ? { kind: "fault", fault: "reset" } : second;
  };
}

type Scheme = "http" | "https";

interface Client {
  readonly request: typeof HttpRequest;
  /** Keeps its connections. */
  readonly agent: Agent;
}

async function load(scheme: Scheme): Promise<Client> {
  const { Agent, request } = scheme === "https" ? await import("node:https") : await import("node:http");
  return { request, agent: new Agent({ keepAlive: true }) };
}

/** @param isKept false opens a connection for this request alone */
function exchange(
  { method, url, headers, body }: Request,
  { request: open, agent }: Client,
  isKept: boolean,
  deadline: number,
  maxAnswerBytes: number,
): Promise<PostResult | typeof STALE> {
  return new Promise((resolve) => {
    const request = open(url, {
      method,
      agent: isKept && agent,
      headers: method === "GET" ? headers : { ...headers, "content-length": Buffer.byteLength(body) },
    });
    const finish = (result: PostResult | typeof STALE) => {
      clearTimeout(timer);
      resolve(result);
    };
    const timer = setTimeout(
      () => {
        finish({ kind: "fault", fault: "timeout" });
        request.destroy();
      },
      Math.max(0, deadline - performance.now()),
    );

    request.on("error", (error: NodeJS.ErrnoException) => {
      if (request.reusedSocket && ENDED.includes(error.code)) return finish(STALE);
      finish({ kind: "fault", fault: error.code === "ECONNREFUSED" ? "refused" : "reset" });
    });
    request.on("response", (response) => {
      const status = response.statusCode ?? 0;
      const chunks: Buffer[] = [];
      let length = 0;
      if (status >= 300 && status < 400) {
        finish({ kind: "fault", fault: "redirected" });
        response.destroy();
        return;
      }
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length <= maxAnswerBytes) return;
        finish({ kind: "fault", fault: "too_large" });
        response.destroy();
      });
      response.on("end", () =>
        finish({ kind: "answer", status, body: Buffer.concat(chunks).toString("utf8") }),
      );
      response.on("error", () => finish({ kind: "fault", fault: "reset" }));
    });
    request.end(body);
  });
}
