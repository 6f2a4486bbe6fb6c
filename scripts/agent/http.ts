/** One HTTP request: with a deadline, without redirects, its answer read up to a limit, its failures as values. */

import { readBody } from "../../origin/adapters/read-body.ts";
import { decodeUtf8, parseJson } from "../../protocol/text.ts";

export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export interface Answer {
  readonly kind: "answer";
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

export interface Fault {
  readonly kind: "fault";
  /** For a person. Never repeats what was sent. */
  readonly reason: string;
  /** False only when no connection came about, so that the server can't have seen the request. */
  readonly sent: boolean;
}

export type Reply = Answer | Fault;

/** A server that never stops sending must not fill the memory. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

const NEVER_CONNECTED = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]);

class BodyTooLargeError extends Error {
  override readonly name = "BodyTooLargeError";
}

/** Never rejects. A redirect is a fault: a payment must not follow one to another server. */
export async function send(fetcher: typeof fetch, request: HttpRequest, timeoutMs: number): Promise<Reply> {
  const { url, method, headers, body } = request;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetcher(url, { method, headers, body, signal, redirect: "error" });
    return {
      kind: "answer",
      status: response.status,
      headers: response.headers,
      body: await bodyOf(response, signal),
    };
  } catch (error) {
    return { kind: "fault", ...describeFault(error) };
  }
}

async function bodyOf(response: Response, signal: AbortSignal): Promise<Uint8Array> {
  const body = await readBody(response, MAX_BODY_BYTES, signal);
  if (body === undefined) throw new BodyTooLargeError();
  return body;
}

/** Only messages that are about the connection are repeated: fetch's complaints about a header quote its value. */
function describeFault(error: unknown): { reason: string; sent: boolean } {
  if (error instanceof BodyTooLargeError) {
    return { reason: `the answer is larger than ${MAX_BODY_BYTES} bytes`, sent: true };
  }
  if (error instanceof Error && error.name === "TimeoutError") {
    return { reason: "no answer in time", sent: true };
  }
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error)) return { reason: "the connection failed", sent: true };
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  return { reason: cause.message || code, sent: !NEVER_CONNECTED.has(code) };
}

/** The body as strict JSON, whatever its declared type, or undefined. */
export function jsonOf(answer: Answer): { readonly value: unknown } | undefined {
  const text = decodeUtf8(answer.body);
  return text === undefined ? undefined : parseJson(text);
}

/** The body for the buyer, without loss: JSON if it says so and is, else text, else base64. */
export function contentOf(answer: Answer): unknown {
  const text = decodeUtf8(answer.body);
  if (text === undefined) return { base64: Buffer.from(answer.body).toString("base64") };
  const json = /[/+]json\b/i.test(answer.headers.get("content-type") ?? "") ? parseJson(text) : undefined;
  return json === undefined ? text : json.value;
}

/** `Retry-After` in milliseconds from `now`, whether it counts seconds or names a date; undefined without a usable one. */
export function retryAfterMs(answer: Answer, now: number): number | undefined {
  const text = answer.headers.get("retry-after");
  if (text === null) return undefined;
  if (/^[0-9]{1,9}$/.test(text)) return Number(text) * 1_000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
