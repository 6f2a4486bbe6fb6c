/** The chain over plain JSON-RPC: on a real chain it sees what the origin's viem sees, and a bad endpoint shows nothing. */

import { createServer, type ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createPost } from "../../edge/adapters/http-post.ts";
import { createChain, MAX_RPC_ANSWER } from "../../edge/adapters/json-rpc.ts";
import type { Chain } from "../../edge/ports.ts";
import { type Config, parseConfig } from "../../protocol/config.ts";
import type { Authorization } from "../../protocol/eip3009.ts";
import { usdc } from "../../protocol/money.ts";
import { networks } from "../../protocol/network.ts";
import { type LocalChain, startChain } from "../../scripts/local/chain/start-chain.ts";
import { listen } from "../../scripts/local/listen.ts";
import { configInput, MERCHANT } from "../builders/config.ts";
import { authorizationOf, type UsdcWallet, usdcWallet } from "../origin/chain/usdc-wallet.ts";
import { granted, TRANSACTION } from "./origin-response-harness.ts";

const network = networks.base;

/** Milliseconds; long enough for a loaded machine. */
const PATIENCE_MS = 5_000;

const soon = () => Date.now() + PATIENCE_MS;

function chainAt(rpcUrl: string): Chain {
  const config: Config = parseConfig(configInput({ networks: [{ chain: "base", payTo: MERCHANT, rpcUrl }] }));
  return createChain(config.networks, createPost({ maxAnswerBytes: MAX_RPC_ANSWER }), () => Date.now());
}

describe("on a real chain", () => {
  let local: LocalChain;
  let wallet: UsdcWallet;
  let chain: Chain;

  beforeAll(async () => {
    local = await startChain({ network, funded: [] });
    wallet = await usdcWallet(local);
    chain = chainAt(local.rpcUrl);
  });
  afterAll(() => local.close());

  const state = (authorization: Authorization) => chain.authorizationState(network, authorization, soon());
  const search = (authorization: Authorization) => chain.findSettlement(network, authorization, soon());

  test("an authorization is unused, as of the latest block's time, until it is carried out", async () => {
    const payer = await wallet.newPayer();
    const authorization = authorizationOf(payer, MERCHANT);
    const before = await state(authorization);
    if (before.kind !== "unused") throw new Error(`it is ${before.kind}`);
    const { timestamp } = await local.client.getBlock();
    expect(Number(timestamp - before.blockTime)).toBeLessThan(5);
    expect(await search(authorization)).toEqual({ kind: "not_found" });

    const transaction = await wallet.send(await wallet.transfer(payer, authorization));
    expect(await state(authorization)).toEqual({ kind: "used" });
    expect(await search(authorization)).toEqual({ kind: "found", transaction });
    expect(await chain.transactionState(network, authorization, transaction, soon())).toEqual({
      kind: "paid",
    });
  });

  test("a canceled nonce is used elsewhere", async () => {
    const payer = await wallet.newPayer();
    const authorization = authorizationOf(payer, MERCHANT);
    await wallet.send(await wallet.cancel(payer, authorization.nonce));
    expect(await state(authorization)).toEqual({ kind: "used" });
    expect(await search(authorization)).toEqual({ kind: "used_elsewhere" });
  });

  test.each([
    ["another amount", { value: usdc(1n) }],
    ["another account", { to: `0x${"99".repeat(20)}` }],
  ] as const)("a transfer of %s under the same nonce is not this payment", async (_, change) => {
    const payer = await wallet.newPayer();
    const authorization = authorizationOf(payer, MERCHANT);
    const transaction = await wallet.send(await wallet.transfer(payer, { ...authorization, ...change }));
    expect(await search(authorization)).toEqual({ kind: "used_elsewhere" });
    expect(await chain.transactionState(network, authorization, transaction, soon())).toEqual({
      kind: "failed",
    });
  });

  test("a second payment of the same amount in the same transaction does not count for the first", async () => {
    const payer = await wallet.newPayer();
    const [owed, paid] = [authorizationOf(payer, MERCHANT), authorizationOf(payer, MERCHANT)];
    const cheap = { ...owed, value: usdc(1n) };
    await wallet.send(await wallet.transfer(payer, cheap), await wallet.transfer(payer, paid));
    expect(await search(owed)).toEqual({ kind: "used_elsewhere" });
    expect((await search(paid)).kind).toBe("found");
  });

  test("the same nonce of another payer is another nonce", async () => {
    const [one, two] = [await wallet.newPayer(), await wallet.newPayer()];
    const authorization = authorizationOf(one, MERCHANT);
    await wallet.send(await wallet.transfer(one, authorization));
    expect((await state({ ...authorization, from: two.address })).kind).toBe("unused");
  });

  test("a transaction that nobody sent is unseen, and one that did something else has failed", async () => {
    const payer = await wallet.newPayer();
    const authorization = authorizationOf(payer, MERCHANT);
    const unseen = await chain.transactionState(network, authorization, TRANSACTION, soon());
    expect(unseen).toEqual({ kind: "unseen" });
    const other = await wallet.send(await wallet.transfer(payer, authorizationOf(payer, MERCHANT)));
    expect(await chain.transactionState(network, authorization, other, soon())).toEqual({ kind: "failed" });
  });
});

describe("an endpoint that gives no usable answer shows nothing", () => {
  const { authorization } = granted();

  async function expectUnreachable(chain: Chain, deadline = soon()): Promise<void> {
    const answers = await Promise.all([
      chain.authorizationState(network, authorization, deadline),
      chain.findSettlement(network, authorization, deadline),
      chain.transactionState(network, authorization, TRANSACTION, deadline),
    ]);
    expect(answers).toEqual(answers.map(() => ({ kind: "unreachable" })));
  }

  async function endpoint(answer: (response: ServerResponse) => void): Promise<Chain> {
    const server = createServer((request, response) => {
      request.resume().on("end", () => answer(response));
    });
    const { url, close } = await listen(server, "the endpoint");
    onTestFinished(close);
    return chainAt(url);
  }

  test.each([
    ["500", 500, "broken"],
    ["429", 429, '{"error":"slow down"}'],
    ["a result with a status that is no success", 503, '{"result":"0x01"}'],
    ["a web page", 200, "<html></html>"],
    ["nothing", 200, ""],
    ["null", 200, "null"],
    ["an error", 200, '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"header not found"}}'],
    ["a number", 200, '{"result":1}'],
    ["too few words", 200, `{"result":"0x${"00".repeat(32)}"}`],
    ["a state that is neither true nor false", 200, `{"result":"0x${"00".repeat(383)}02"}`],
    ["an object of another kind", 200, '{"result":{"status":"0x1"}}'],
  ])("%s", async (_, status, body) => {
    await expectUnreachable(await endpoint((response) => response.writeHead(status).end(body)));
  });

  test("nobody listens", async () => {
    const { url, close } = await listen(createServer(), "the endpoint");
    await close();
    await expectUnreachable(chainAt(url));
  });

  test("it hangs: the answer comes by the deadline", async () => {
    const chain = await endpoint(() => {});
    const started = Date.now();
    await expectUnreachable(chain, started + 200);
    expect(Date.now() - started).toBeLessThan(1_000);
  });

  test("the deadline has passed: nobody is asked", async () => {
    let asked = 0;
    const chain = await endpoint(() => asked++);
    await expectUnreachable(chain, Date.now());
    expect(asked).toBe(0);
  });

  test("the network is none of ours", async () => {
    const chain = chainAt("http://127.0.0.1:1");
    expect(await chain.authorizationState(networks.polygon, authorization, soon())).toEqual({
      kind: "unreachable",
    });
  });
});
