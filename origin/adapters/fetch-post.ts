/** POSTs to the facilitator over fetch: the origin has the time and memory that the edge lacks. */

import { MAX_FACILITATOR_ANSWER, type PostJson, type PostResult } from "../../protocol/facilitator.ts";

export function createFetchPost(fetch: typeof globalThis.fetch): PostJson {
  return async ({ url, headers, body, timeoutMs }): Promise<PostResult> => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
      if (response.status >= 300 && response.status < 400) return { kind: "fault", fault: "redirected" };
      const text = await readCapped(response);
      if (text === undefined) return { kind: "fault", fault: "too_large" };
      return { kind: "answer", status: response.status, body: text };
    } catch {
      return { kind: "fault", fault: signal.aborted ? "timeout" : "reset" };
    }
  };
}

async function readCapped(response: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_FACILITATOR_ANSWER) return undefined;
  }
  return Buffer.concat(chunks).toString("utf8");
}
