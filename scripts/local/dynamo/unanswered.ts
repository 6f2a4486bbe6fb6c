/**
 * Knows what dynalite still works on. It closes its database as soon as its connections are closed, and a request whose
 * connection is gone works on: it would find the database closed, which is thrown where nobody can catch it.
 */

import type { Server, ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";

const POLL_MS = 2;
/** Longer than dynalite takes for anything: what it never answers must not hold up the end of a process. */
const PATIENCE_MS = 5_000;

export interface Unanswered {
  /** Hangs up on who is connected, lets nobody ask for more, and waits for the end of what was asked. */
  settle(): Promise<void>;
}

/** Comes before what listens to the server's requests now. */
export function watchUnanswered(server: Server): Unanswered {
  const listeners = server.listeners("request");
  const unanswered = new Set<ServerResponse>();
  let isSettling = false;
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    if (isSettling) {
      request.socket.destroy();
      return;
    }
    request.once("end", () => unanswered.add(response));
    response.once("close", () => {
      if (response.writableEnded) unanswered.delete(response);
    });
    for (const listener of listeners) listener.call(server, request, response);
    // dynalite throws what a client does that leaves before it has asked.
    request.removeAllListeners("error").on("error", () => undefined);
  });
  return {
    async settle() {
      isSettling = true;
      server.closeAllConnections();
      const giveUpAt = Date.now() + PATIENCE_MS;
      while (Array.from(unanswered).some(isWorkedOn) && Date.now() < giveUpAt) await wait(POLL_MS);
    },
  };
}

const isWorkedOn = (response: ServerResponse) => !response.writableEnded;
