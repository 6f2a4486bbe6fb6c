/** The chains, against a real local one and through an endpoint that gets one thing wrong. */

import * as v from "valibot";
import { createTestClient, http } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AcceptedNetwork } from "../../protocol/config.ts";
import { networks } from "../../protocol/network.ts";
import { acceptedNetworks } from "../../protocol/terms.ts";
import { networkChecks } from "../../scripts/doctor/before/networks.ts";
import type { CheckResult } from "../../scripts/doctor/check.ts";
import { type LocalChain, startChain } from "../../scripts/local/chain/start-chain.ts";
import { acceptedInput, buildConfig } from "../builders/config.ts";
import { startAltered } from "./servers.ts";
import { resultsOf } from "./support.ts";

let chain: LocalChain;

beforeAll(async () => {
  chain = await startChain({ network: networks.polygon, funded: [] });
});

afterAll(() => chain.close());

function accepted(rpcUrl: string, payTo = acceptedInput("polygon").payTo): AcceptedNetwork {
  return acceptedNetworks(buildConfig({ networks: [{ chain: "polygon", payTo, rpcUrl }] }))[0];
}

async function check(network: AcceptedNetwork, now: () => number = Date.now) {
  const results = await resultsOf(networkChecks([network], now));
  return (what: string): CheckResult | undefined => results.get(`polygon: ${what}`);
}

const callSchema = v.object({
  method: v.string(),
  params: v.array(v.unknown()),
});
const answerSchema = v.looseObject({ result: v.optional(v.unknown()) });

type Alter = (result: unknown, params: readonly unknown[]) => object;

/** The chain's endpoint, whose results of some methods are replaced. */
async function checkAltered(alterations: Readonly<Record<string, Alter>>) {
  const endpoint = await startAltered(chain.rpcUrl, (answered, request) => {
    const { method, params } = v.parse(callSchema, JSON.parse(request.body));
    const alter = alterations[method];
    if (alter === undefined) return answered;
    const { result } = v.parse(answerSchema, JSON.parse(answered.body));
    return { ...answered, body: JSON.stringify({ jsonrpc: "2.0", id: 1, ...alter(result, params) }) };
  });
  try {
    return await check(accepted(endpoint.url));
  } finally {
    await endpoint.close();
  }
}

describe("a chain as it should be", () => {
  test("passes in everything", async () => {
    const found = await check(accepted(chain.rpcUrl));
    for (const what of ["RPC endpoint", "logs", "Multicall3", "USDC", "payTo"]) {
      expect(found(what), what).toMatchObject({ status: "passed" });
    }
  });
});

describe("an RPC endpoint", () => {
  test("of another chain fails, and nothing more is asked of it", async () => {
    const found = await checkAltered({ eth_chainId: () => ({ result: "0x1" }) });
    expect(found("RPC endpoint")).toMatchObject({
      status: "failed",
      finding: expect.stringContaining("is of chain 1, not 137"),
    });
    for (const what of ["logs", "Multicall3", "USDC", "payTo"]) expect(found(what)?.status).toBe("open");
  });

  test("that is not there fails", async () => {
    const found = await check(accepted("http://127.0.0.1:9"));
    expect(found("RPC endpoint")).toMatchObject({
      status: "failed",
      finding: "127.0.0.1:9: the connection is refused",
    });
  });

  test("whose latest block is older than a minute fails", async () => {
    const late = (seconds: number) => check(accepted(chain.rpcUrl), () => Date.now() + seconds * 1_000);
    expect((await late(50))("RPC endpoint")?.status).toBe("passed");
    expect((await late(70))("RPC endpoint")).toMatchObject({
      status: "failed",
      finding: expect.stringMatching(/lags: its latest block is \d+ s old$/),
    });
  });

  test("whose blocks are in the future points at this machine's clock", async () => {
    const found = await check(accepted(chain.rpcUrl), () => Date.now() - 3_600_000);
    expect(found("RPC endpoint")).toMatchObject({ status: "failed", fix: "Set this machine's clock." });
  });

  test("is told by its host alone, since its path may hold a key", async () => {
    const found = await check(accepted("http://127.0.0.1:9/v2/the-api-key"));
    expect(JSON.stringify(found("RPC endpoint"))).not.toContain("the-api-key");
  });

  test.each<[string, object]>([
    ["refuses the range", { error: { code: -32_005, message: "range too wide" } }],
    ["answers with no list", { result: null }],
  ])("that %s of the logs that the origin reads fails", async (_, answer) => {
    const found = await checkAltered({ eth_getLogs: () => answer });
    expect(found("logs")).toMatchObject({
      status: "failed",
      finding: expect.stringContaining("2000 blocks at once"),
    });
    expect(found("USDC")?.status).toBe("passed");
  });

  test("is asked for the logs of as many blocks as the origin asks for", async () => {
    const ranges: bigint[] = [];
    const filter = v.tuple([v.object({ fromBlock: v.string(), toBlock: v.string() })]);
    const found = await checkAltered({
      eth_getBlockByNumber: (result) => ({
        result: { ...v.parse(v.looseObject({}), result), number: "0x2710" },
      }),
      eth_getLogs: (_, params) => {
        const [{ fromBlock, toBlock }] = v.parse(filter, params);
        ranges.push(BigInt(fromBlock), BigInt(toBlock));
        return { result: [] };
      },
    });
    expect(found("logs")?.finding).toBe("of 2000 blocks at once");
    expect(ranges).toEqual([8_001n, 10_000n]);
  });
});

const MULTICALL3 = "0xcA11bde05977b3631167028862bE2a173976CA11";

describe("contracts", () => {
  test("USDC that signs under another name fails", async () => {
    const usdc = { ...networks.polygon.usdc, name: "USD Coin (PoS)" };
    const wrong = await startChain({ network: { ...networks.polygon, usdc }, funded: [] });
    const found = await check(accepted(wrong.rpcUrl));
    await wrong.close();
    expect(found("USDC")).toMatchObject({
      status: "failed",
      finding: expect.stringContaining('does not sign as "USD Coin", version 2'),
    });
    expect(found("RPC endpoint")?.status).toBe("passed");
  });

  test("USDC with other decimals fails", async () => {
    const decimals = "0x313ce567";
    const found = await checkAltered({
      eth_call: (result, params) =>
        JSON.stringify(params).includes(decimals) ? { result: `0x${"12".padStart(64, "0")}` } : { result },
    });
    expect(found("USDC")?.finding).toContain("has 18 decimals, not 6");
  });

  test("USDC that is not there fails", async () => {
    const found = await checkAltered({ eth_call: () => ({ result: "0x" }) });
    expect(found("USDC")?.status).toBe("failed");
  });

  test.each([
    ["no contract", "0x"],
    ["another contract", `0x${"00".repeat(64)}`],
  ])("%s where Multicall3 should be fails", async (_, result) => {
    const found = await checkAltered({
      eth_call: (before, params) =>
        JSON.stringify(params).includes(MULTICALL3) ? { result } : { result: before },
    });
    expect(found("Multicall3")?.status).toBe("failed");
    expect(found("USDC")?.status).toBe("passed");
  });
});

describe("payTo", () => {
  test.each([
    ["a contract is for information", "0x6001", "open"],
    ["an account that delegates to a contract is an account", `0xef0100${"11".repeat(20)}`, "passed"],
  ] as const)("that is %s", async (_, bytecode, status) => {
    const payTo = "0x00000000000000000000000000000000000c0de1";
    const anvil = createTestClient({ mode: "anvil", transport: http(chain.rpcUrl) });
    await anvil.setCode({ address: payTo, bytecode });
    const found = await check(accepted(chain.rpcUrl, payTo));
    expect(found("payTo")?.status).toBe(status);
  });
});
