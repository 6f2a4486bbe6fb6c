/** Calls a node:http request handler without a network, as adapters for Lambda do. */

import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Caller } from "./hosts.ts";

/** A connection on which everything is sent at once, to nobody. */
class Nowhere extends Socket {
  override _write(_: unknown, __: unknown, done: () => void): void {
    done();
  }

  override _writev(_: unknown, done: () => void): void {
    done();
  }
}

/** @param app of `(request, response)` */
export function nodeCaller(
  app: (...args: unknown[]) => unknown,
  path: string,
  headers: Readonly<Record<string, string>>,
): Caller {
  // One connection for all requests: kept-alive, as it were.
  const connection = new Nowhere();
  return () =>
    new Promise((resolve, reject) => {
      const request = new IncomingMessage(connection);
      request.method = "GET";
      request.url = path;
      request.httpVersion = "1.1";
      request.headers = { ...headers };
      request.push(null);
      const response = new ServerResponse(request);
      response.assignSocket(connection);
      response.once("error", reject);
      response.once("finish", () => {
        response.detachSocket(connection);
        const { statusCode: status } = response;
        resolve({ status, read: () => ({ status, headers: headersOf(response) }) });
      });
      app(request, response);
    });
}

function headersOf(response: ServerResponse): Record<string, string> {
  return Object.fromEntries(
    Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]),
  );
}
