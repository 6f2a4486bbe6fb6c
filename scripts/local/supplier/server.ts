/** The simulated supplier's HTTP side: reads a request, does what the fault queue says, writes an envelope. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { authenticate, type Credentials } from "./authentication.ts";
import { changesLedger, type Desk, type Endpoint, handle, isEndpoint } from "./endpoints.ts";
import type { Fault, FaultQueue } from "./faults.ts";
import { RefusalError } from "./refusal.ts";

/** Where the endpoints hang, as at the real supplier. */
export const API_PATH = "/api/v1/open";

const MAX_REQUEST_BYTES = 65_536;
const RATE_WINDOW_MS = 1_000;

const BAD_METHOD = "000103";
const BAD_JSON = "000104";
const OUT_OF_STOCK = "200011";
const BUSY = "900001";

export interface ServerParts {
  readonly desk: () => Desk;
  readonly credentials: Credentials;
  readonly faults: FaultQueue;
  /** More requests than this in a second are refused; null takes all. */
  readonly requestsPerSecond: number | null;
  readonly now: () => number;
  readonly onCall: (endpoint: Endpoint) => void;
  /** Called before a request that may have changed the ledger is answered. */
  readonly onChange: () => void;
  /** Ends every wait when the server closes. */
  readonly closing: AbortSignal;
}

/** An answer: an error code, or the work's result. */
type Outcome = { readonly code: string } | { readonly obj: object };

export function createHandler(parts: ServerParts) {
  /** Arrival times within the last window. */
  let recent: readonly number[] = [];

  function isTooFast(): boolean {
    if (parts.requestsPerSecond === null) return false;
    const now = parts.now();
    recent = recent.filter((at) => at > now - RATE_WINDOW_MS);
    if (recent.length >= parts.requestsPerSecond) return true;
    recent = [...recent, now];
    return false;
  }

  async function work(endpoint: Endpoint, request: IncomingMessage, body: string): Promise<Outcome> {
    if (request.method !== "POST") return { code: BAD_METHOD };
    const denied = authenticate(request.headers, body, parts.credentials, parts.now());
    if (denied !== null) return { code: denied };
    if (isTooFast()) return { code: BUSY };
    let json: unknown;
    try {
      json = JSON.parse(body);
    } catch {
      return { code: BAD_JSON };
    }
    try {
      const obj = await handle(endpoint, parts.desk(), json);
      if (changesLedger(endpoint)) parts.onChange();
      return { obj };
    } catch (error) {
      if (error instanceof RefusalError) return { code: error.code };
      throw error;
    }
  }

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const endpoint = new URL(request.url ?? "/", "http://localhost").pathname.replace(`${API_PATH}/`, "");
    const body = await readBody(request);
    if (body === null) return sendPage(response, 413);
    if (!isEndpoint(endpoint)) return sendPage(response, 404);
    parts.onCall(endpoint);
    const fault = parts.faults.take(endpoint);
    if (fault !== undefined && (await failBefore(fault, response, parts.closing))) return;
    const outcome = await work(endpoint, request, body);
    if (fault !== undefined && (await failAfter(fault, response, parts.closing))) return;
    sendEnvelope(response, outcome);
  };
}

/** What a fault does before the work. @returns whether the request ends there */
async function failBefore(fault: Fault, response: ServerResponse, closing: AbortSignal): Promise<boolean> {
  switch (fault.kind) {
    case "delay":
      await sleep(fault.ms, undefined, { signal: closing });
      return false;
    case "reset_before":
      response.socket?.resetAndDestroy();
      return true;
    case "status_before":
      sendPage(response, fault.status);
      return true;
    case "error":
      sendEnvelope(response, { code: fault.code });
      return true;
    case "out_of_stock":
      sendEnvelope(response, { code: OUT_OF_STOCK });
      return true;
    case "hang":
      return true;
    case "delay_after":
    case "reset_after":
    case "status_after":
    case "garbage":
      return false;
  }
}

/** What a fault does in place of the answer. @returns whether the request ends there */
async function failAfter(fault: Fault, response: ServerResponse, closing: AbortSignal): Promise<boolean> {
  switch (fault.kind) {
    case "delay_after":
      await sleep(fault.ms, undefined, { signal: closing });
      return false;
    case "reset_after":
      response.socket?.resetAndDestroy();
      return true;
    case "status_after":
      sendPage(response, fault.status);
      return true;
    case "garbage":
      response.writeHead(200, { "Content-Type": "application/json" }).end('{"success":tr');
      return true;
    case "delay":
    case "reset_before":
    case "status_before":
    case "error":
    case "out_of_stock":
    case "hang":
      return false;
  }
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) return null;
    size += chunk.length;
    if (size > MAX_REQUEST_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function sendEnvelope(response: ServerResponse, outcome: Outcome): void {
  const envelope =
    "code" in outcome
      ? { success: false, errorCode: outcome.code, errorMsg: `error ${outcome.code}`, obj: null }
      : { success: true, errorCode: "0", errorMsg: null, obj: outcome.obj };
  response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(envelope));
}

function sendPage(response: ServerResponse, status: number): void {
  response.writeHead(status, { "Content-Type": "text/html" }).end(`<html><h1>${status}</h1></html>`);
}
