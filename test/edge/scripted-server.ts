/** A TCP server that answers each HTTP request as a script says, in whatever bytes, and counts what reached it. */

import { createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** Told of one request, whole, and free to do anything with the connection it came on. */
export type Reaction = (socket: Socket, text: string) => void;

export interface ScriptedServer {
  readonly url: string;
  /** Connections accepted, oldest first. */
  readonly connections: readonly Socket[];
  /** The text of every request. */
  readonly requests: readonly string[];
}

/** The first request meets the first reaction and so on; the last one is for all that follow. */
export async function startScripted(
  ...reactions: readonly [Reaction, ...Reaction[]]
): Promise<ScriptedServer> {
  const connections: Socket[] = [];
  const requests: string[] = [];
  const server = createServer((socket) => {
    connections.push(socket);
    socket.on("error", () => socket.destroy());
    let received = "";
    socket.setEncoding("latin1").on("data", (text: string) => {
      received += text;
      const ofGet = received.startsWith("GET ") ? "0" : undefined;
      const length = /^content-length: (\d+)\r$/im.exec(received)?.[1] ?? ofGet;
      const end = received.indexOf("\r\n\r\n") + 4;
      if (length === undefined || end < 4 || received.length < end + Number(length)) return;
      const reaction = reactions[Math.min(requests.length, reactions.length - 1)];
      requests.push(received);
      const request = received;
      received = "";
      reaction?.(socket, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no TCP address");
  onTestFinished(
    () =>
      new Promise((resolve) => {
        for (const socket of connections) socket.destroy();
        server.close(() => resolve());
      }),
  );
  return { url: `http://127.0.0.1:${address.port}`, connections, requests };
}

/** Answers, and leaves the connection open. */
export function answers(body: string, status = "200 OK", headers: readonly string[] = []): Reaction {
  const head = [`HTTP/1.1 ${status}`, `Content-Length: ${Buffer.byteLength(body)}`, ...headers];
  return (socket) => socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
}

/** Sends `head`, then one byte of `body` every few milliseconds for as long as the connection lives. */
export function dribbles(head: string, everyMs: number): Reaction {
  return (socket) => {
    socket.write(head);
    const timer = setInterval(() => socket.write("a"), everyMs);
    socket.on("close", () => clearInterval(timer));
  };
}

/** Streams for as long as it is read. */
export const endless: Reaction = (socket) => {
  const chunk = `1000\r\n${"a".repeat(0x1000)}\r\n`;
  const write = () => {
    while (socket.writable && socket.write(chunk));
  };
  socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  socket.on("drain", write);
  write();
};

/** Resolves once the client has let go of the connection, in whatever way. */
export async function ended(socket: Socket | undefined): Promise<void> {
  if (socket === undefined || socket.closed) return;
  await new Promise((resolve) => socket.once("close", resolve));
}

export const resets: Reaction = (socket) => socket.resetAndDestroy();

export const closes: Reaction = (socket) => socket.destroy();

export const staysSilent: Reaction = () => {};
