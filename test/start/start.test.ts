/** `npm start` as its user runs it: a process of its own, its output and its exit code. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as v from "valibot";
import { createPublicClient, http } from "viem";
import { afterEach, expect, test } from "vitest";
import { listen } from "../../scripts/local/listen.ts";

const running: ChildProcess[] = [];

afterEach(() => {
  for (const child of running.splice(0)) if (child.exitCode === null) child.kill("SIGKILL");
});

function start(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ["scripts/start.cjs", ...args], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(child);
  const output = { out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    output.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output.err += chunk;
  });
  return { child, output, exited: once(child, "close") };
}

async function run(args: readonly string[], environment?: NodeJS.ProcessEnv) {
  const { child, output, exited } = start(args, environment);
  await exited;
  return { code: child.exitCode, ...output };
}

const stackSchema = v.object({
  gateway: v.string(),
  chains: v.array(v.object({ chain: v.string(), chainId: v.number(), rpcUrl: v.string(), usdc: v.string() })),
  payerKey: v.pipe(v.string(), v.regex(/^0x[0-9a-f]{64}$/)),
});

test("buys an eSIM once, shows every step, and exits with 0", async () => {
  const { code, out } = await run(["--once", "--port", "0"]);
  expect(code, out).toBe(0);
  const steps = [
    "402 Payment Required: 4.20 USDC on Polygon to 0x",
    "Signed 4.20 USDC",
    "Verified and settled in",
    "Provisioned",
    "Status: 200",
    "Body:",
    '"qr_code": "LPA:1$',
    "Polygonscan: https://polygonscan.com/tx/0x",
    "█▀▀▀▀▀█",
    "edge settle",
    "supplier order",
  ];
  let from = 0;
  for (const step of steps) {
    const at = out.indexOf(step, from);
    expect(at, `${step} after ${out.slice(0, from)}`).toBeGreaterThanOrEqual(from);
    from = at;
  }
});

test("--once --json prints one JSON line with the stack and the purchase, and nothing else on stdout", async () => {
  const { code, out } = await run(["--once", "--json", "--port", "0"]);
  expect(code).toBe(0);
  expect(out.trimEnd().split("\n")).toHaveLength(1);
  const line: unknown = JSON.parse(out);
  v.parse(stackSchema, line);
  expect(line).toMatchObject({ purchase: { outcome: "bought", status: 200 } });
});

test("--json --all-chains gives three real chains, stays up until SIGINT, and leaves no process behind", async () => {
  const { child, exited } = start(["--json", "--all-chains", "--port", "0"]);
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  const [line]: unknown[] = await once(lines, "line");
  const stack = v.parse(stackSchema, JSON.parse(v.parse(v.string(), line)));
  expect(stack.chains.map(({ chainId }) => chainId)).toEqual([137, 8453, 42161]);
  const chainIds = await Promise.all(
    stack.chains.map(({ rpcUrl }) => createPublicClient({ transport: http(rpcUrl) }).getChainId()),
  );
  expect(chainIds).toEqual([137, 8453, 42161]);
  expect((await fetch(`${stack.gateway}/healthz`)).status).toBe(200);

  child.kill("SIGINT");
  await exited;
  expect(child.exitCode).toBe(0);
  for (const { rpcUrl } of stack.chains) await expect(fetch(rpcUrl)).rejects.toThrow();
  await expect(fetch(stack.gateway)).rejects.toThrow();
});

test("--data keeps chain, table and keys: what was bought is still there after a restart", async () => {
  const dir = mkdtempSync(join(tmpdir(), "edge402-"));
  try {
    const first = await run(["--once", "--json", "--port", "0", "--data", dir]);
    const bought = v.parse(
      v.object({
        payerKey: v.string(),
        purchase: v.object({
          body: v.object({ order_id: v.string(), access_token: v.string(), qr_code: v.string() }),
        }),
      }),
      JSON.parse(first.out),
    );
    const { child, exited } = start(["--json", "--port", "0", "--data", dir]);
    const [line]: unknown[] = await once(createInterface({ input: child.stdout ?? process.stdin }), "line");
    const stack = v.parse(stackSchema, JSON.parse(v.parse(v.string(), line)));
    expect(stack.payerKey).toBe(bought.payerKey);
    const { order_id, access_token, qr_code } = bought.purchase.body;
    const order = await fetch(`${stack.gateway}/v1/orders/${order_id}`, {
      headers: { authorization: `Bearer ${access_token}` },
    });
    expect(await order.json()).toMatchObject({ state: "delivered", qr_code });
    child.kill("SIGTERM");
    await exited;
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("a taken port is told in one sentence", async () => {
  const taken = await listen(createServer(), "a test");
  const { code, err } = await run(["--once", "--port", String(taken.port)]);
  await taken.close();
  expect(code).toBe(1);
  expect(err.trim()).toBe(
    `Port ${taken.port}, wanted for the gateway, is taken. Stop what uses it, or choose another port.`,
  );
});

test("an unknown option and an unknown chain are told with exit code 2", async () => {
  for (const args of [["--nonsense"], ["--chain", "ethereum"], ["--port", "99999"]]) {
    const { code, err } = await run(args);
    expect(code).toBe(2);
    expect(err).toContain("--help");
  }
});

test("--help names every option", async () => {
  const { code, out } = await run(["--help"]);
  expect(code).toBe(0);
  for (const option of ["--once", "--json", "--chain", "--all-chains", "--port", "--data", "--verbose"]) {
    expect(out).toContain(option);
  }
});

test("a Node.js that is too old is told in one sentence", async () => {
  const child = spawn(process.execPath, [
    "-e",
    'Object.defineProperty(process.versions, "node", { value: "18.19.0" }); require("./scripts/start.cjs");',
  ]);
  let err = "";
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  await once(child, "close");
  expect(child.exitCode).toBe(1);
  expect(err.trim()).toBe("edge402 needs Node.js 20.19 or newer; this is 18.19.0.");
});
