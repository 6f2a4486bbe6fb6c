/** Calls a contestant as its host would, with the same request for all. A host's own modules are loaded with it. */

import { createRequire } from "node:module";
import * as v from "valibot";
import { HOST, PATH } from "../terms.ts";
import { originResponseEvent, readResult, requestEvent, statusOf } from "./cloudfront-events.ts";
import type { Answer, Job } from "./job.ts";

/** What an agent's request has anyway. */
const COMMON_HEADERS = {
  host: HOST,
  accept: "application/json",
  "accept-encoding": "gzip",
  "user-agent": "agent/1.0",
  "x-forwarded-for": "192.0.2.1",
  via: "2.0 d2samplegateway.cloudfront.net (CloudFront)",
} as const;

/** One request, answered. Reading the answer is no part of what is measured. */
export interface Answered {
  /** Null for a request that is let through to the origin. */
  readonly status: number | null;
  read(): Answer;
}

export type Caller = () => Promise<Answered>;

const callable = v.function();

/** Loads the contestant. */
export async function callerOf({ bundle, host, headers }: Job): Promise<Caller> {
  const load = createRequire(bundle);
  const contestant: unknown = load(bundle);
  const all = { ...COMMON_HEADERS, ...headers };
  switch (host) {
    case "viewer-request": {
      const { handler } = v.parse(v.object({ handler: callable }), contestant);
      return async () => answered(await handler(requestEvent("viewer-request", all)));
    }
    case "origin-pair": {
      const pair = v.parse(v.object({ originRequest: callable, originResponse: callable }), contestant);
      return async () => {
        const forwarded = await pair.originRequest(requestEvent("origin-request", all));
        if (statusOf(forwarded) !== null) return answered(forwarded);
        return answered(await pair.originResponse(originResponseEvent(forwarded)));
      };
    }
    case "fetch": {
      const { fetch } = v.parse(v.object({ fetch: callable }), contestant);
      return async () => {
        const response = await fetch(new Request(`https://${HOST}${PATH}`, { headers: all }));
        if (!(response instanceof Response)) throw new Error("a fetch handler answers with a Response");
        await response.text();
        const read = () => ({ status: response.status, headers: Object.fromEntries(response.headers) });
        return { status: response.status, read };
      };
    }
    case "node": {
      const { nodeCaller } = await import("./node-host.ts");
      return nodeCaller(v.parse(v.object({ app: callable }), contestant).app, PATH, all);
    }
  }
}

function answered(result: unknown): Answered {
  return { status: statusOf(result), read: () => readResult(result) };
}
