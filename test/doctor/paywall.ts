/** A paywall of the naive kind: it names a price for one path spelled just so, and hands out everything else. */

import {
  type Answered,
  json,
  type LoopbackServer,
  type Received,
  answer as respond,
  startServer,
} from "./servers.ts";

const goods = json(200, { goods: "for nothing" });

/** @param leaks whether this request gets the goods */
export function startNaivePaywall(
  leaks: (request: Received) => boolean,
  otherwise: Answered = json(402, { error: "pay" }),
): Promise<LoopbackServer> {
  return startServer((request, response) => respond(response, leaks(request) ? goods : otherwise));
}
