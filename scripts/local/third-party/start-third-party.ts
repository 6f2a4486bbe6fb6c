/** An origin that knows nothing of payments: plain JSON by path, and every way in which such an origin can fail. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { listen } from "../listen.ts";

/** Stands in every answer below 400, so that a test can look for it where nothing should have come out. */
export const THIRD_PARTY_CONTENT = "the third party's own content";

/** Bytes of a large answer: more than an edge function may return, so only the origin's own body can be it. */
const LARGE_BYTES = 3 * 1_024 * 1_024;

export type Behaviour =
  | { readonly kind: "json"; readonly headers?: Readonly<Record<string, string>> }
  /** An error page, or a JSON answer where the status is below 400. */
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "slow"; readonly ms: number }
  /** Ends the connection without an answer. */
  | { readonly kind: "reset" }
  /** Ends it after half of the body. */
  | { readonly kind: "break_off" }
  /** Without a length, in several pieces. */
  | { readonly kind: "chunked" }
  | { readonly kind: "gzip" }
  | { readonly kind: "large" };

export interface ThirdPartyRequest {
  readonly method: string;
  /** With the query. */
  readonly target: string;
  readonly headers: IncomingMessage["headers"];
}

export interface ThirdParty {
  readonly url: string;
  /** Oldest first. */
  readonly requests: readonly ThirdPartyRequest[];
  /** From now on, for this path. @default json */
  behave(path: string, behaviour: Behaviour): void;
  close(): Promise<void>;
}

/** @throws PortTakenError */
export async function startThirdParty(port = 0): Promise<ThirdParty> {
  const behaviours = new Map<string, Behaviour>();
  const requests: ThirdPartyRequest[] = [];
  const closing = new AbortController();

  const server = createServer((request, response) => {
    const { method = "", url: target = "/", headers } = request;
    requests.push({ method, target, headers });
    const { pathname } = new URL(target, "http://origin");
    answer(response, pathname, behaviours.get(pathname) ?? { kind: "json" }, closing.signal).catch(() =>
      response.destroy(),
    );
  });
  const { url, close } = await listen(server, "the third party's origin", port);
  return {
    url,
    requests,
    behave: (path, behaviour) => void behaviours.set(path, behaviour),
    close() {
      closing.abort();
      return close();
    },
  };
}

async function answer(
  response: ServerResponse,
  path: string,
  behaviour: Behaviour,
  signal: AbortSignal,
): Promise<void> {
  const body = JSON.stringify({ path, content: THIRD_PARTY_CONTENT });
  const json = { "content-type": "application/json" };
  switch (behaviour.kind) {
    case "json":
      response.writeHead(200, { ...json, ...behaviour.headers }).end(body);
      return;
    case "status":
      response.writeHead(behaviour.status, json).end(behaviour.status < 400 ? body : '{"error":"sorry"}');
      return;
    case "slow":
      await sleep(behaviour.ms, undefined, { signal });
      response.writeHead(200, json).end(body);
      return;
    case "reset":
      response.destroy();
      return;
    case "break_off":
      response.writeHead(200, { ...json, "content-length": 2 * body.length });
      response.write(body, () => response.destroy());
      return;
    case "chunked":
      response.writeHead(200, json);
      response.write(body.slice(0, 10));
      response.end(body.slice(10));
      return;
    case "gzip":
      response.writeHead(200, { ...json, "content-encoding": "gzip" }).end(gzipSync(body));
      return;
    case "large":
      response.writeHead(200, json).end(body.padEnd(LARGE_BYTES, " "));
      return;
  }
}
