/**
 * One address for a process that comes and goes: bytes are passed on to wherever it listens now, and a connection to a
 * dead one is cut. Ports can't be taken again reliably: any client's connection may have got them meanwhile.
 */

import { connect, createServer, type Socket } from "node:net";

export interface Door {
  readonly url: string;
  close(): Promise<void>;
}

/** @param target where to pass connections on to, or undefined to cut them */
export async function openDoor(target: () => string | undefined): Promise<Door> {
  const open = new Set<Socket>();
  const server = createServer((inside) => {
    const url = target();
    if (url === undefined) return void inside.destroy();
    const outside = connect(Number(new URL(url).port), "127.0.0.1");
    for (const [socket, other] of [
      [inside, outside],
      [outside, inside],
    ] as const) {
      open.add(socket);
      socket.on("error", () => undefined);
      // No RST: Node.js 20 loses the handle of a socket that is reset while it is being ended, and then can't exit.
      socket.on("close", () => {
        open.delete(socket);
        other.destroySoon();
      });
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a door has a TCP address");
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
