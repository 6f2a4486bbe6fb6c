/**
 * One HTTP request to a server that may be broken or hostile: a deadline over all of it, a cap on the answer, no
 * redirect followed, and a target that is sent exactly as it is written, dot segments and all (fetch would tidy it up).
 */

import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

export interface HttpRequest {
  /** Where to connect to. */
  readonly url: string;
  /** Path and query as they are to stand in the request line. @default those of `url` */
  readonly target?: string;
  /** @default GET */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Bytes of the answer's body. @default MAX_ANSWER_BYTES */
  readonly maxBytes?: number;
  /** Milliseconds for the whole exchange. @default REQUEST_DEADLINE_MS */
  readonly deadlineMs?: number;
}

export type Fault = "timeout" | "host_not_found" | "refused" | "tls" | "broken_off" | "too_large";

export interface Answer {
  readonly kind: "answer";
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export type Reply = Answer | { readonly kind: "fault"; readonly fault: Fault };

/** Twice what the edge gives itself, so that a slow answer is told from none. Milliseconds. */
const REQUEST_DEADLINE_MS = 10_000;

/** The largest answer that is expected, a list of plans, has a few hundred KB. */
const MAX_ANSWER_BYTES = 1_024 * 1_024;

/** AWS WAF's managed rules refuse requests that name no user agent. */
const ALWAYS = { "user-agent": "edge402-doctor", accept: "*/*" };

const HOST_NOT_FOUND: readonly string[] = ["ENOTFOUND", "EAI_AGAIN"];
const NO_CONNECTION: readonly string[] = ["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH"];
const TLS = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO)/;

class TooLargeError extends Error {
  override readonly name = "TooLargeError";
}

/** Never rejects. */
export async function send(request: HttpRequest): Promise<Reply> {
  const signal = AbortSignal.timeout(request.deadlineMs ?? REQUEST_DEADLINE_MS);
  try {
    const message = await open(request, signal);
    const body = await readAll(message, request.maxBytes ?? MAX_ANSWER_BYTES);
    return { kind: "answer", status: message.statusCode ?? 0, headers: message.headers, body };
  } catch (error) {
    return { kind: "fault", fault: signal.aborted ? "timeout" : faultOf(error) };
  }
}

function open(request: HttpRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const url = new URL(request.url);
  const start = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const outgoing = start(url, {
      method: request.method ?? "GET",
      path: request.target ?? url.pathname + url.search,
      headers: { ...ALWAYS, ...request.headers },
      // Nothing is kept open that could keep this process alive.
      agent: false,
      signal,
    });
    outgoing.on("response", resolve);
    // A server may also answer by switching protocols, which would leave everybody waiting.
    outgoing.on("upgrade", (_, socket) => {
      socket.destroy();
      reject(new Error("upgraded"));
    });
    outgoing.on("error", reject);
    outgoing.end(request.body);
  });
}

async function readAll(message: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    // Leaving the loop ends the connection.
    if (length > maxBytes) throw new TooLargeError();
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function faultOf(error: unknown): Fault {
  if (error instanceof TooLargeError) return "too_large";
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (HOST_NOT_FOUND.includes(code)) return "host_not_found";
  if (NO_CONNECTION.includes(code)) return "refused";
  return TLS.test(code) ? "tls" : "broken_off";
}

const faultTexts: Readonly<Record<Fault, string>> = {
  timeout: "no answer in time",
  host_not_found: "no such host",
  refused: "the connection is refused",
  tls: "no trusted TLS connection",
  broken_off: "the connection broke off",
  too_large: "the answer is too large",
};

/** For a person: how a request failed, in our own words only. */
export function faultText(fault: Fault): string {
  return faultTexts[fault];
}

/** A header's value, several joined as HTTP joins them; "" when it is absent. */
export function headerText(answer: Answer, name: string): string {
  const value = answer.headers[name];
  return Array.isArray(value) ? value.join(", ") : (value ?? "");
}

/** Never shows a path: those of RPC endpoints often hold a key. */
export function hostOf(url: string): string {
  return new URL(url).host;
}
