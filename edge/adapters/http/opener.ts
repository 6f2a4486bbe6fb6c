/** How a connection to an origin is opened. The module for it is loaded with the first: that costs more than a 402. */

import type { Socket } from "node:net";
import type { Target } from "./request-text.ts";

export interface Events {
  /** It can be written to: over TLS, once the certificate is verified. */
  ready(): void;
  /** @param bytes lent for the call */
  data(bytes: Buffer): void;
}

export type Open = (events: Events) => Socket;

/** No certificate is chosen by an address. */
const ADDRESS = /:|^[\d.]+$/;

/** Most answers fit. Bytes. */
const READ_BUFFER = 16 * 1024;

export async function opener({ isTls, host, port }: Target): Promise<Open> {
  const options = ({ data }: Events) => {
    const buffer = Buffer.allocUnsafe(READ_BUFFER);
    return {
      host,
      port,
      // One write is one packet at once, even right behind the handshake's last.
      noDelay: true,
      // Past the stream's own buffers, which would double what an exchange costs.
      onread: {
        buffer,
        callback(bytes: number) {
          data(buffer.subarray(0, bytes));
          return true;
        },
      },
    };
  };
  if (!isTls) {
    const { connect } = await import("node:net");
    return (events) => connect(options(events), events.ready);
  }

  const { connect, createSecureContext } = await import("node:tls");
  /** One for all: each holds every root certificate. */
  const secureContext = createSecureContext();
  const servername = ADDRESS.test(host) ? "" : host;
  /** Of the latest handshake. A function that was frozen reconnects often, and resuming spares it most of the CPU. */
  let session: Buffer | undefined;
  return (events) => {
    const resumed = session;
    // One that can't be resumed is not tried again.
    session = undefined;
    return connect(
      { ...options(events), secureContext, servername, ALPNProtocols: ["http/1.1"], session: resumed },
      () => {
        session ??= resumed;
        events.ready();
      },
    ).on("session", (latest) => {
      session = latest;
    });
  };
}
