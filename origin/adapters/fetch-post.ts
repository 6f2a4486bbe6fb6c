/** POSTs to the facilitator over fetch: the origin has the time and memory that the edge lacks. */

import { MAX_FACILITATOR_ANSWER, type PostJson, type PostResult } from "../../protocol/facilitator.ts";
import { readBody } from "./read-body.ts";

export function createFetchPost(fetch: typeof globalThis.fetch): PostJson {
  return async ({ url, headers, body, timeoutMs }): Promise<PostResult> => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
      if (response.status >= 300 && response.status < 400) return { kind: "fault", fault: "redirected" };
      const bytes = await readBody(response, MAX_FACILITATOR_ANSWER, signal);
      if (bytes === undefined) return { kind: "fault", fault: "too_large" };
      return { kind: "answer", status: response.status, body: Buffer.from(bytes).toString("utf8") };
    } catch {
      return { kind: "fault", fault: signal.aborted ? "timeout" : "reset" };
    }
  };
}
