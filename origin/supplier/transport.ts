/** One POST to eSIM Access: circuit, rate limit, authentication, deadline, size cap. Faults come back as values. */

import { setTimeout as sleep } from "node:timers/promises";
import { readBody } from "../adapters/read-body.ts";
import { CIRCUIT, createCircuit } from "./circuit.ts";
import { type Opened, openEnvelope } from "./envelope.ts";
import { LOCAL_CODE } from "./errors.ts";
import type { Unknown } from "./port.ts";
import { perProcessRate, type RateShare } from "./rate-share.ts";
import { signRequest } from "./signature.ts";

export interface EsimAccessOptions {
  /** Where the endpoints are, for example `https://api.esimaccess.com/api/v1/open`. Plain http only on loopback. */
  readonly baseUrl: string;
  readonly accessCode: string;
  /** Signs every request when given; without it the access code alone authenticates. */
  readonly secretKey?: string | undefined;
  readonly fetch: typeof fetch;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A fresh request id for every call, for example a UUID. */
  readonly randomId: () => string;
  /** Milliseconds that one call may take, waiting for the rate limit included. */
  readonly deadlineMs: number;
  /** When requests may be sent. @default what one process may send, if it is the only one */
  readonly rate?: RateShare;
  /** The `traceparent` to send, so that the supplier's support can be told which call is meant. @default none */
  readonly traceparent?: () => string | undefined;
}

/** Sends one request and opens the answer's envelope. */
export type Post = (endpoint: string, request: object) => Promise<Opened>;

/** The rate limit may eat this share of a deadline, so that a request that is sent has time to be answered. */
const MAX_WAIT_SHARE = 0.5;
/** A full package list is a few megabytes. */
const MAX_ANSWER_BYTES = 16 * 1_024 * 1_024;

const HEADER_VALUE = /^[\x21-\x7e]+$/;
const LOOPBACK_HOSTS: readonly string[] = ["127.0.0.1", "[::1]", "localhost"];

/** @throws TypeError when the options could only ever fail; the message holds no secret */
export function createTransport(options: EsimAccessOptions): Post {
  checkOptions(options);
  const base = options.baseUrl.replace(/\/+$/, "");
  const rate = options.rate ?? perProcessRate(options.now);
  const circuit = createCircuit(CIRCUIT, options.now);

  async function send(endpoint: string, request: object): Promise<Opened> {
    const deadline = AbortSignal.timeout(Math.ceil(options.deadlineMs));
    const waitMs = await rate.reserve(options.deadlineMs * MAX_WAIT_SHARE);
    if (waitMs === null) return { kind: "refused", reason: "busy", code: LOCAL_CODE };
    if (waitMs > 0) await sleep(waitMs);
    const body = JSON.stringify(request);
    try {
      const response = await options.fetch(`${base}/${endpoint}`, {
        method: "POST",
        headers: headers(options, body),
        body,
        // A redirect would carry the access code to wherever it points.
        redirect: "error",
        signal: deadline,
      });
      return await read(response, deadline);
    } catch {
      return { kind: "unknown", detail: deadline.aborted ? "timeout" : "connection_failed" };
    }
  }

  return (endpoint, request) => circuit.run(() => send(endpoint, request));
}

function headers(options: EsimAccessOptions, body: string): Record<string, string> {
  const { accessCode, secretKey } = options;
  const traceparent = options.traceparent?.();
  const common = {
    "Content-Type": "application/json",
    "RT-AccessCode": accessCode,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
  if (secretKey === undefined) return common;
  const timestamp = String(options.now());
  const requestId = options.randomId();
  return {
    ...common,
    "RT-Timestamp": timestamp,
    "RT-RequestID": requestId,
    "RT-Signature": signRequest(secretKey, { timestamp, requestId, accessCode, body }),
  };
}

async function read(response: Response, deadline: AbortSignal): Promise<Opened> {
  if (response.status >= 500) {
    await response.body?.cancel();
    return httpUnknown(response.status);
  }
  const bytes = await readBody(response, MAX_ANSWER_BYTES, deadline);
  if (bytes === undefined) return { kind: "unknown", detail: "too_large" };
  const opened = openEnvelope(Buffer.from(bytes).toString("utf8"));
  // A refusal may come with a 4xx, but a status that is no success makes neither goods nor sense of anything else.
  return opened.kind === "refused" || response.ok ? opened : httpUnknown(response.status);
}

const httpUnknown = (status: number): Unknown => ({ kind: "unknown", detail: `http_${status}` });

/** Whether what is sent there stays between it and us. */
export function isSecureUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url?.protocol === "https:" || (url?.protocol === "http:" && LOOPBACK_HOSTS.includes(url.hostname));
}

function checkOptions({ baseUrl, accessCode, secretKey, deadlineMs }: EsimAccessOptions): void {
  if (!isSecureUrl(baseUrl))
    throw new TypeError("The supplier's base URL must be https, or http on loopback.");
  if (!HEADER_VALUE.test(accessCode))
    throw new TypeError("The supplier's access code must be printable ASCII.");
  if (secretKey === "") throw new TypeError("The supplier's secret key must not be empty.");
  if (!(deadlineMs > 0)) throw new TypeError("The supplier's deadline must be positive.");
}
