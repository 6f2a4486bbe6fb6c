/** Binds the local stack's servers to loopback and closes them without waiting for idle clients. */

import type { Server } from "node:http";

export interface Listening {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** A port that something else already holds. Its message is a sentence for a person. */
export class PortTakenError extends Error {
  override readonly name = "PortTakenError";

  constructor(what: string, port: number) {
    super(`Port ${port}, wanted for ${what}, is taken. Stop what uses it, or choose another port.`);
  }
}

/**
 * Listens on 127.0.0.1.
 *
 * @param what named in errors, for example "the gateway"
 * @param port 0 picks a free one
 * @throws PortTakenError
 */
export async function listen(server: Server, what: string, port = 0): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "EADDRINUSE" ? new PortTakenError(what, port) : error);
    });
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error(`${what} has no TCP address`);
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
