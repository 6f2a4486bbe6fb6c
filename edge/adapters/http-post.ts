/**
 * POSTs, and GETs, over connections that are kept, with an HTTP client of our own (`docs/decisions/010-own-http-client.md`).
 * What stands here is when something is asked, asked again, and given up.
 */

import { MAX_FACILITATOR_ANSWER, type PostJson, type PostResult } from "../../protocol/facilitator.ts";
import { createAnswerParser } from "./http/answer-parser.ts";
import { type Connection, type Outcome, openConnection, STALE } from "./http/connection.ts";
import { type Open, opener } from "./http/opener.ts";
import { type Request, readTarget, requestText } from "./http/request-text.ts";

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

interface Origin {
  /** Once it is loaded. */
  open?: Open;
  readonly idle: Connection[];
}

const TIMEOUT: PostResult = { kind: "fault", fault: "timeout" };

function createSend(options: PostOptions): (request: Request) => Promise<PostResult> {
  const { keepAlive = true, maxAnswerBytes = MAX_FACILITATOR_ANSWER } = options;
  /** By what stands before a URL's path: the configuration's few. */
  const origins = new Map<string, Origin>();

  return async (request) => {
    const target = readTarget(request.url);
    const text = requestText(request, target, keepAlive);
    let connection: Connection | undefined;
    let isLate = request.timeoutMs <= 0;
    // The one deadline, over loading, connecting and both tries.
    const timer = setTimeout(() => {
      isLate = true;
      connection?.abort(TIMEOUT);
    }, request.timeoutMs);

    const origin = origins.get(target.origin) ?? { idle: [] };
    origins.set(target.origin, origin);
    const { idle } = origin;
    const ask = (open: Open, kept?: Connection) =>
      new Promise<Outcome>((settle) => {
        if (isLate) return settle(TIMEOUT);
        const exchange = { text, parser: createAnswerParser(maxAnswerBytes), settle };
        connection = kept ?? openConnection(open, keepAlive ? idle : undefined, exchange);
        kept?.carry(exchange);
      });

    try {
      origin.open ??= await opener(target);
      const first = await ask(origin.open, idle.pop());
      if (first !== STALE) return first;
      // Settling twice is safe: the token takes a nonce once, and a second "already used" is resolved at the origin.
      const second = await ask(origin.open);
      return second === STALE ? { kind: "fault", fault: "reset" } : second;
    } finally {
      clearTimeout(timer);
    }
  };
}
