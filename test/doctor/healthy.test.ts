/** The whole command on a running stack: what passes where all is well, and what it never prints. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Environment } from "../../scripts/doctor/environment.ts";
import { addressOf } from "../../scripts/local/stack/secrets.ts";
import { type Stack, startStack } from "../../scripts/local/stack/start-stack.ts";
import { type ConfigFile, configFile, configText, environmentOf, merchantInput, run } from "./support.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

let stack: Stack;
let file: ConfigFile;
let environment: Environment;

beforeAll(async () => {
  stack = await startStack({ chains: ["polygon", "arbitrum"] });
  file = await configFile(configText(merchantInput(stack)));
  environment = environmentOf(stack);
});

afterAll(async () => {
  await file?.remove();
  await stack?.close();
});

const reportSchema = v.object({
  ok: v.boolean(),
  checks: v.array(
    v.object({ name: v.string(), status: v.string(), finding: v.string(), fix: v.nullable(v.string()) }),
  ),
});

function statusesOf(json: string, status: string): readonly string[] {
  return v
    .parse(reportSchema, JSON.parse(json))
    .checks.filter((check) => check.status === status)
    .map(({ name }) => name);
}

const beforeArgs = (...more: readonly string[]) => ["--config", file.path, ...more];
const afterArgs = (...more: readonly string[]) => ["--config", file.path, "--url", stack.url, ...more];
const wallet = () => ["--refund-wallet", addressOf(stack.secrets.refundKey)];

describe("before deploying", () => {
  test("everything passes on a healthy world", async () => {
    const { exitCode, out, err } = await run(environment, ...beforeArgs("--json", ...wallet()));
    expect(statusesOf(out, "failed")).toEqual([]);
    // A configuration of this machine can't be deployed and is not meant to be.
    expect(statusesOf(out, "open")).toEqual(["deployment"]);
    expect(statusesOf(out, "passed")).toEqual(
      expect.arrayContaining([
        "configuration",
        "secrets",
        "CDP key, our token",
        "CDP key, Coinbase's library",
        "supplier",
        "refund wallet",
        ...["polygon", "arbitrum"].flatMap((chain) =>
          ["facilitator", "RPC endpoint", "logs", "Multicall3", "USDC", "payTo", "refund wallet"].map(
            (what) => `${chain}: ${what}`,
          ),
        ),
        ...["us-7day", "eu-30day", "global-30day"].map((plan) => `plan ${plan}: supplier's price`),
      ]),
    );
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
  });

  test("settles nothing and orders nothing", async () => {
    expect(stack.facilitator.calls).toEqual([]);
    expect(stack.supplier.orders).toEqual([]);
  });

  test("one thing that is wrong fails alone, and with it the command", async () => {
    const { exitCode, out } = await run(
      { ...environment, EDGE402_SUPPLIER_SECRET_KEY: "a-wrong-supplier-key" },
      ...beforeArgs("--json", ...wallet()),
    );
    expect(exitCode).toBe(1);
    expect(statusesOf(out, "failed")).toEqual(["supplier"]);
  });

  test("without any secret in the environment names them all, and checks the rest", async () => {
    const { exitCode, out } = await run({}, ...beforeArgs("--json"));
    expect(exitCode).toBe(1);
    for (const name of Object.keys(environment)) expect(out).toContain(name);
    expect(statusesOf(out, "passed")).toContain("polygon: USDC");
  });

  test("no secret is printed, whether it is right or wrong", async () => {
    const wrong = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, `${value}x`]));
    const runs = [
      await run(environment, ...beforeArgs(...wallet())),
      await run(wrong, ...beforeArgs("--json")),
    ];
    const printed = runs.map(({ out, err }) => out + err).join();
    const secrets = Object.entries(environment).flatMap(([name, value]) =>
      name === "EDGE402_CDP_KEY_ID" ? [] : (value ?? "").split(/[,:]/).filter((part) => part.length > 3),
    );
    expect(secrets.length).toBeGreaterThan(4);
    for (const secret of secrets) expect(printed).not.toContain(secret);
    expect(printed).not.toContain("Bearer");
  });
});

describe("after deploying", () => {
  test("a gateway whose supplier has failed it is not ready, and the doctor says why", async () => {
    stack.supplier.faults.add("balance/query", { kind: "error", code: "200007" });
    const { exitCode, out } = await run({}, ...afterArgs("--json"));
    expect(exitCode).toBe(1);
    expect(statusesOf(out, "failed")).toEqual(["GET /readyz"]);
    expect(out).toContain("supplier: refused");
    // The origin asks the supplier again in a few seconds; what went well it would keep for a minute.
    const ready = async () => (await fetch(`${stack.url}/readyz`)).status;
    await expect.poll(ready, { timeout: 10_000, interval: 500 }).toBe(200);
  });

  test("everything passes on a healthy gateway with a closed origin", async () => {
    const { exitCode, out } = await run({}, ...afterArgs("--json", "--origin-url", stack.originUrl));
    expect(statusesOf(out, "failed")).toEqual([]);
    expect(statusesOf(out, "open")).toEqual(["HTTPS only"]);
    expect(statusesOf(out, "passed")).toEqual([
      "configuration",
      "402 for plan us-7day",
      "402 for plan eu-30day",
      "402 for plan global-30day",
      "402 for /report",
      "GET /healthz",
      "GET /readyz",
      "GET /v1/plans",
      "unknown path",
      "browser preflight",
      "false payment: not readable",
      "false payment: signed by nobody",
      "way around: other spellings of the path",
      "way around: forged grant",
      "way around: headers that override path or method",
      "way around: other methods",
      "origin is closed",
      "origin refuses a forged grant",
    ]);
    expect(exitCode).toBe(0);
  });

  test("nothing was settled, ordered, or refused by the emulated CloudFront itself", () => {
    expect(stack.facilitator.calls).toEqual([]);
    expect(stack.supplier.orders).toEqual([]);
    expect(stack.gateways.flatMap(({ violations }) => violations)).toEqual([]);
  });
});

describe("the program", () => {
  test("loads a configuration, prints the table, and leaves its exit code", async () => {
    const program = spawn(process.execPath, ["--import", "tsx", "scripts/doctor.ts", ...afterArgs()], {
      cwd: ROOT,
    });
    const [out, err, [exitCode]] = await Promise.all([
      text(program.stdout),
      text(program.stderr),
      once(program, "exit"),
    ]);
    expect(err).toBe("");
    expect(out).toMatch(/^✓ 402 for plan us-7day +4\.20 USDC on polygon, arbitrum$/m);
    expect(out.trimEnd()).toMatch(/\n\d+ passed, 0 failed, 2 not checked or for information\.$/);
    expect(exitCode).toBe(0);
  });
});
