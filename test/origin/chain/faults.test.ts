/** An endpoint that fails is unreachable: it never makes a payment settled, void or unused. */

import { createServer, type ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { createAsk } from "../../../origin/chain/client.ts";
import { createChain } from "../../../origin/chain/viem.ts";
import { networks } from "../../../protocol/network.ts";
import { type Listening, listen } from "../../../scripts/local/listen.ts";
import { MERCHANT } from "../../builders/config.ts";
import { grantedPayment } from "../../builders/origin-purchase.ts";

const network = networks.base;
const { authorization } = grantedPayment();

/** Two attempts of three seconds each, the pause between them, and what a busy machine adds. Milliseconds. */
const GIVEN_UP_AFTER_MS = 9_000;

const open: Listening[] = [];
afterEach(() => Promise.all(open.splice(0).map((server) => server.close())));

async function chainAt(answer: (response: ServerResponse, call: { id: unknown; method: unknown }) => void) {
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    answer(response, JSON.parse(text));
  });
  const listening = await listen(server, "the endpoint");
  open.push(listening);
  return createChain(
    createAsk([{ chain: network, payTo: MERCHANT, rpcUrl: listening.url, confirmations: 1 }]),
  );
}

async function expectUnreachable(chain: ReturnType<typeof createChain>): Promise<void> {
  const answers = await Promise.all([
    chain.authorizationState(network, authorization),
    chain.findSettlement(network, authorization, 0),
    chain.isReachable(network),
    chain.usdcBalance(network, MERCHANT),
  ]);
  expect(answers).toEqual([{ kind: "unreachable" }, { kind: "unreachable" }, false, undefined]);
}

test("nobody listens", async () => {
  const { url, close } = await listen(createServer(), "the endpoint");
  await close();
  await expectUnreachable(
    createChain(createAsk([{ chain: network, payTo: MERCHANT, rpcUrl: url, confirmations: 1 }])),
  );
});

describe("the endpoint answers", () => {
  test.each([
    ["500", 500, "broken"],
    ["429", 429, '{"error":"slow down"}'],
    ["a web page", 200, "<html></html>"],
    ["nothing", 200, ""],
    ["null", 200, "null"],
    ["half a document", 200, '{"jsonrpc":"2.0","id":1,"resu'],
  ])("%s", async (_, status, body) => {
    await expectUnreachable(await chainAt((response) => response.writeHead(status).end(body)));
  });

  test.each([
    ["no result", undefined],
    ["null", null],
    ["empty bytes", "0x"],
    ["a word too few", `0x${"00".repeat(31)}`],
    ["text", "hello"],
    ["a list", [{}]],
    ["an object", {}],
  ])("%s to every call", async (_, result) => {
    const chain = await chainAt((response, { id }) =>
      response.end(JSON.stringify({ jsonrpc: "2.0", id, result })),
    );
    await expectUnreachable(chain);
  });

  test("an error to every call", async () => {
    const error = { code: -32_000, message: "header not found" };
    const chain = await chainAt((response, { id }) =>
      response.end(JSON.stringify({ jsonrpc: "2.0", id, error })),
    );
    await expectUnreachable(chain);
  });

  test("a reset to every call", async () => {
    await expectUnreachable(await chainAt((response) => response.destroy()));
  });

  test("blocks, but refuses to search the logs", async () => {
    const chain = await chainAt((response, { id, method }) => {
      const refused = { error: { code: -32_005, message: "range too wide" } };
      const answer = method === "eth_blockNumber" ? { result: "0x10000" } : refused;
      response.end(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
    });
    expect(await chain.findSettlement(network, authorization, 0)).toEqual({ kind: "unreachable" });
  });
});

test("an endpoint that hangs is given up", { timeout: 2 * GIVEN_UP_AFTER_MS }, async () => {
  const chain = await chainAt(() => {});
  const start = performance.now();
  await expectUnreachable(chain);
  expect(performance.now() - start).toBeLessThan(GIVEN_UP_AFTER_MS);
});
