/**
 * The facilitator of all contestants: says yes to everything, and counts. A process of its own, so that none of its time
 * is a contestant's.
 */

import { createServer } from "node:http";
import type { Socket } from "node:net";
import { NETWORK } from "../terms.ts";
import { COUNTS_PATH, type Counts } from "./counts.ts";

const PAYER = "0x1111111111111111111111111111111111111111";
const TRANSACTION = `0x${"ab".repeat(32)}`;

/** Longer than any pause between two requests of one process. Milliseconds. */
const KEEP_ALIVE_MS = 120_000;

const answers: Readonly<Record<string, string>> = {
  "/supported": JSON.stringify({
    kinds: [{ x402Version: 2, scheme: "exact", network: NETWORK }],
    extensions: [],
    signers: {},
  }),
  "/verify": JSON.stringify({ isValid: true, payer: PAYER }),
  "/settle": JSON.stringify({ success: true, payer: PAYER, transaction: TRANSACTION, network: NETWORK }),
};

const counts: Counts = { supported: 0, verify: 0, settle: 0, connections: 0 };
const seen = new WeakSet<Socket>();

const server = createServer((request, response) => {
  const path = request.url ?? "";
  const isCall = path !== COUNTS_PATH;
  if (isCall && !seen.has(request.socket)) {
    seen.add(request.socket);
    counts.connections++;
  }
  if (path === "/supported") counts.supported++;
  if (path === "/verify") counts.verify++;
  if (path === "/settle") counts.settle++;
  const text = isCall ? answers[path] : JSON.stringify(counts);
  request.resume();
  request.once("end", () => {
    response.writeHead(text === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(text ?? "{}");
  });
});
server.keepAliveTimeout = KEEP_ALIVE_MS;

// Whoever started it holds the channel: when that ends, so does this.
process.once("disconnect", () => process.exit());

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address !== null)
    process.send?.({ url: `http://127.0.0.1:${address.port}` });
});
