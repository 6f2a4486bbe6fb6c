/** The local chain keeps wall-clock time, settles at once, survives restarts and leaves no process behind. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { domainSeparator, parseAbi } from "viem";
import { afterEach, expect, test, vi } from "vitest";
import { chains, networks } from "../../../protocol/network.ts";
import { fiatTokenAbi } from "../../../scripts/local/chain/abi.ts";
import { ChainBinaryMissingError, findAnvil } from "../../../scripts/local/chain/anvil.ts";
import { multicall3Address } from "../../../scripts/local/chain/install-contracts.ts";
import { type ChainOptions, type LocalChain, startChain } from "../../../scripts/local/chain/start-chain.ts";
import { PortTakenError } from "../../../scripts/local/listen.ts";
import { domainOf, newAccount } from "./authorization.ts";

/** An idle chain's latest block is at most one heartbeat old, and its timestamp has whole seconds. */
const maxLagSeconds = 2.5;

const network = networks.polygon;
const open: LocalChain[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((chain) => chain.close()));
});

async function start(options: Partial<ChainOptions> = {}): Promise<LocalChain> {
  const chain = await startChain({ network, funded: [], ...options });
  open.push(chain);
  return chain;
}

/** How far the latest block's timestamp is ahead of the wall clock, in seconds. */
async function drift(chain: LocalChain): Promise<number> {
  return Number((await chain.client.getBlock()).timestamp) - Date.now() / 1000;
}

async function isListening(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

test.each(chains)("%s has its chain id and its own USDC's domain", async (name) => {
  const chain = await start({ network: networks[name] });
  expect(await chain.client.getChainId()).toBe(networks[name].chainId);
  const separator = await chain.client.readContract({
    address: networks[name].usdc.address,
    abi: fiatTokenAbi,
    functionName: "DOMAIN_SEPARATOR",
  });
  expect(separator).toBe(domainSeparator({ domain: domainOf(networks[name]) }));
});

test("block time follows wall time: idle, after many transactions at once and after mining ahead", async () => {
  const chain = await start();
  const lags: number[] = [];
  const { address } = newAccount();
  await Promise.all(Array.from({ length: 40 }, () => chain.mintUsdc(address, 1n)));
  expect(await chain.usdcBalance(address)).toBe(40n);
  lags.push(await drift(chain));
  await chain.mine(64);
  lags.push(await drift(chain));
  const before = await chain.client.getBlockNumber();
  await sleep(3200);
  lags.push(await drift(chain));
  expect(await chain.client.getBlockNumber()).toBeGreaterThanOrEqual(before + 2n);
  expect(Math.max(...lags)).toBeLessThanOrEqual(0);
  expect(Math.min(...lags)).toBeGreaterThan(-maxLagSeconds);
});

test("while mining is paused a transaction waits, and lands when mining resumes", async () => {
  const chain = await start();
  const { address } = newAccount();
  await chain.pauseMining();
  const minted = chain.mintUsdc(address, 7n);
  await sleep(1300);
  expect(await chain.usdcBalance(address)).toBe(0n);
  await chain.resumeMining();
  await minted;
  expect(await chain.usdcBalance(address)).toBe(7n);
  await chain.mintUsdc(address, 1n);
});

test("with a block time, transactions wait for the next block", async () => {
  const chain = await start({ blockTimeSeconds: 0.4 });
  const { address } = newAccount();
  const begun = performance.now();
  for (let i = 0; i < 3; i++) await chain.mintUsdc(address, 1n);
  expect(performance.now() - begun).toBeGreaterThan(700);
});

test("a state file carries balances and history over a restart", async () => {
  const directory = await mkdtemp(join(tmpdir(), "edge402-chain-"));
  try {
    const stateFile = join(directory, "state.json");
    const { address } = newAccount();
    const first = await start({ stateFile });
    await first.mintUsdc(address, 5n);
    const height = await first.client.getBlockNumber();
    await first.close();
    const second = await start({ stateFile });
    expect(await second.usdcBalance(address)).toBe(5n);
    await second.mintUsdc(address, 1n);
    expect(await second.usdcBalance(address)).toBe(6n);
    expect(await second.client.getBlockNumber()).toBeGreaterThan(height);
    const logs = await second.client.getContractEvents({
      address: network.usdc.address,
      abi: fiatTokenAbi,
      eventName: "Transfer",
      fromBlock: 0n,
    });
    expect(logs.map((log) => log.args.value)).toEqual([5n, 1n]);
    await second.close();
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("Multicall3 reports each call's success on its own", async () => {
  const chain = await start();
  const usdc = { address: network.usdc.address, abi: fiatTokenAbi } as const;
  const results = await chain.client.multicall({
    multicallAddress: multicall3Address,
    contracts: [
      { ...usdc, functionName: "decimals" },
      { ...usdc, functionName: "mint", args: [multicall3Address, 1n] },
    ],
  });
  expect(results.map(({ status }) => status)).toEqual(["success", "failure"]);
  const strict = chain.client.readContract({
    address: multicall3Address,
    abi: parseAbi([
      "function tryAggregate(bool requireSuccess, (address target, bytes callData)[] calls) view returns ((bool success, bytes returnData)[])",
    ]),
    functionName: "tryAggregate",
    args: [true, [{ target: usdc.address, callData: "0x" }]],
  });
  await expect(strict).rejects.toThrow("Multicall3: call failed");
});

test("a taken port is named in the error", async () => {
  const first = await start();
  const port = Number(new URL(first.url).port);
  await expect(start({ port })).rejects.toThrow(PortTakenError);
  await expect(start({ port })).rejects.toThrow(String(port));
});

test("without any anvil the error says what to do", () => {
  const resolve = (): never => {
    throw new Error("not installed");
  };
  expect(() => findAnvil("/nowhere", resolve)).toThrow(ChainBinaryMissingError);
});

test("closing ends the process", async () => {
  const chain = await start();
  await chain.close();
  expect(await isListening(chain.url)).toBe(false);
});

test.each([
  "exit",
  "SIGKILL",
] as const)("anvil dies with a parent that ends by %s without closing", async (way) => {
  const module = fileURLToPath(new URL("../../../scripts/local/chain/start-chain.ts", import.meta.url));
  const networkModule = fileURLToPath(new URL("../../../protocol/network.ts", import.meta.url));
  const program = `
    const { startChain } = await import(${JSON.stringify(module)});
    const { networks } = await import(${JSON.stringify(networkModule)});
    const { url } = await startChain({ network: networks.base, funded: [] });
    process.stdout.write(url);
    process.stdin.once("data", () => process.exit());`;
  const parent = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program]);
  const [output] = await once(parent.stdout, "data");
  const url = String(output);
  expect(await isListening(url)).toBe(true);
  if (way === "exit") parent.stdin.write("\n");
  else parent.kill("SIGKILL");
  await vi.waitFor(async () => expect(await isListening(url)).toBe(false), 5000);
});
