/**
 * A server in a thread of its own, so that it can end a kept connection while this one stands still: what happens
 * between two requests to a Lambda function that is frozen meanwhile. When it goes on, the end has long arrived, but
 * Node.js has not seen it yet.
 */

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { onTestFinished } from "vitest";

export type FrozenEnd = "close" | "reset" | "close_and_reset";

export interface FreezeServer {
  readonly url: string;
  /** Blocks this thread until the server has ended the connection that it was last asked on. */
  freezeWhile(end: FrozenEnd): void;
}

/** Milliseconds. */
const LONGEST_FREEZE = 5_000;

/** Plain JavaScript: a worker thread does not go through the test runner's transforms. */
const SERVER = `
const { createServer } = require("node:net");
const { parentPort, workerData } = require("node:worker_threads");
let kept;
const server = createServer((socket) => {
  socket.on("error", () => {});
  socket.on("data", () => {
    kept = socket;
    socket.write("HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\n{}");
  });
});
server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
parentPort.on("message", (end) => {
  kept.on("close", () => {
    Atomics.store(workerData, 0, 1);
    Atomics.notify(workerData, 0);
  });
  if (end === "close") kept.destroy();
  if (end === "reset") kept.resetAndDestroy();
  if (end === "close_and_reset") kept.end(() => kept.resetAndDestroy());
});
`;

export async function startFreezeServer(): Promise<FreezeServer> {
  const isOver = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const worker = new Worker(SERVER, { eval: true, workerData: isOver });
  onTestFinished(async () => {
    await worker.terminate();
  });
  const [port] = await once(worker, "message");
  return {
    url: `http://127.0.0.1:${port}`,
    freezeWhile(end) {
      worker.postMessage(end);
      if (Atomics.wait(isOver, 0, 0, LONGEST_FREEZE) === "timed-out")
        throw new Error("the connection did not end");
    },
  };
}
