/** One connection, which carries one exchange at a time. */

import type { PostResult } from "../../../protocol/facilitator.ts";
import type { AnswerParser } from "./answer-parser.ts";
import type { Open } from "./opener.ts";

/** A kept connection that turned out to be over: the other side ended it while this function was frozen. */
export const STALE = "stale";

export type Outcome = PostResult | typeof STALE;

export interface Exchange {
  /** The request. */
  readonly text: string;
  readonly parser: AnswerParser;
  /** Called once, however it ends. */
  readonly settle: (outcome: Outcome) => void;
}

export interface Connection {
  /** Not before the one before has ended. */
  carry(exchange: Exchange): void;
  /** Ends the exchange, and the connection. */
  abort(result: PostResult): void;
}

/** How writing to an ended connection fails: the second when the end and a reset had both arrived. */
const ENDED: readonly (string | undefined)[] = ["ECONNRESET", "EPIPE"];

const RESET: PostResult = { kind: "fault", fault: "reset" };
const REFUSED: PostResult = { kind: "fault", fault: "refused" };

/** Connections that wait for their next exchange, with one origin. They seldom overlap. */
const MAX_IDLE = 4;

/**
 * Opens one for a first exchange.
 *
 * @param idle where it is between exchanges; undefined ends it after the first
 */
export function openConnection(open: Open, idle: Connection[] | undefined, first: Exchange): Connection {
  let exchange: Exchange | undefined = first;
  let isKept = false;
  /** Whether anything of the answer has come: what is asked again from then on would be asked twice. */
  let isHeard = false;

  // All exchanges share the listeners: adding them anew would cost more than an exchange.
  const socket = open({
    ready: () => socket.write(first.text),
    data(bytes) {
      isHeard = true;
      // Unasked, it would be taken for the next exchange's answer.
      if (exchange === undefined) return finish(RESET);
      const result = exchange.parser.feed(bytes);
      if (result !== undefined) finish(result, exchange.parser.isReusable());
    },
  })
    .on("end", () => finish(lost() ?? exchange?.parser.end() ?? RESET))
    .on("error", ({ code }: NodeJS.ErrnoException) => {
      const stale = ENDED.includes(code) ? lost() : undefined;
      finish(stale ?? (code === "ECONNREFUSED" ? REFUSED : RESET));
    })
    .on("close", () => finish(RESET));

  const lost = () => (isKept && !isHeard ? STALE : undefined);

  function finish(outcome: Outcome, isReusable = false): void {
    const over = exchange;
    exchange = undefined;
    const at = idle?.indexOf(connection) ?? -1;
    if (at >= 0) idle?.splice(at, 1);
    // Were a request not all written yet, as when it is refused by its head, the next one goes out behind its rest.
    if (isReusable && idle !== undefined && idle.length < MAX_IDLE) {
      isKept = true;
      idle.push(connection);
      socket.unref();
    } else {
      socket.destroy();
    }
    over?.settle(outcome);
  }

  const connection: Connection = {
    carry(following) {
      exchange = following;
      isHeard = false;
      socket.ref();
      socket.write(following.text);
    },
    abort: (result) => finish(result),
  };
  return connection;
}
