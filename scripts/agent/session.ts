/** The time and the requests of one purchase: deadlines, and sending one request again until it has an answer. */

import { type HttpRequest, type Reply, retryAfterMs, send } from "./http.ts";
import { describeAnswer, mayResend } from "./problem.ts";
import type { Ports } from "./purchase.ts";

/** A merchant may take 30 s for a slow settlement; past this the connection is taken for dead. */
const REQUEST_TIMEOUT_MS = 60_000;

const MAX_RETRIES = 3;
/** Before the first retry; each further one waits twice as long. */
const RETRY_BASE_MS = 2_000;

export interface Session {
  readonly ports: Ports;
  send(request: HttpRequest): Promise<Reply>;
  /** What is left of the purchase's time; a wait that takes all of it is not worth beginning. */
  remainingMs(): number;
}

export function openSession(timeoutMs: number, ports: Ports): Session {
  const deadline = ports.now() + timeoutMs;
  const remainingMs = () => deadline - ports.now();
  return {
    ports,
    send: (request) =>
      send(ports.fetch, request, Math.max(1, Math.floor(Math.min(REQUEST_TIMEOUT_MS, remainingMs())))),
    remainingMs,
  };
}

export interface Exchange {
  readonly last: Reply;
  /** The failures before it, oldest first. */
  readonly earlier: readonly Reply[];
}

/** Sends a request, and the very same one again after failures that allow it. */
export async function exchange(session: Session, request: HttpRequest, paid: boolean): Promise<Exchange> {
  const earlier: Reply[] = [];
  for (;;) {
    const last = await session.send(request);
    if (earlier.length === MAX_RETRIES || !mayResend(last)) return { last, earlier };
    const asked = last.kind === "answer" ? retryAfterMs(last, session.ports.now()) : undefined;
    const waitMs = asked ?? RETRY_BASE_MS * 2 ** earlier.length;
    const reason = last.kind === "answer" ? describeAnswer(last) : last.reason;
    if (waitMs >= session.remainingMs()) return { last, earlier };
    session.ports.onProgress({ kind: "retrying", reason, waitMs, paid });
    await session.ports.sleep(waitMs);
    earlier.push(last);
  }
}
