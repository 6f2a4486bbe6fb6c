/** The command: exit codes, output, and what it keeps to itself. */

import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommand } from "../../scripts/agent/command.ts";
import { endings } from "../../scripts/agent/outcome.ts";
import { gatewayChallenge, goods, KEY, problemAnswer, TRANSACTION } from "./fixtures.ts";
import { type Merchant, type Step, startMerchant } from "./merchant.ts";

let merchant: Merchant;
let folder: string;
beforeAll(async () => {
  merchant = await startMerchant();
  folder = mkdtempSync(join(tmpdir(), "agent-"));
});
afterAll(async () => {
  await merchant.close();
  rmSync(folder, { recursive: true });
});

async function run(args: readonly string[], environment: NodeJS.ProcessEnv = { AGENT_PRIVATE_KEY: KEY }) {
  const out: string[] = [];
  const err: string[] = [];
  const exitCode = await runCommand(args, environment, { out: (l) => out.push(l), err: (l) => err.push(l) });
  return { exitCode, out: out.join("\n"), err: err.join("\n") };
}

const soon: Step = { status: 503, headers: { "retry-after": "0" } };
const never: Step = { status: 503, headers: { "retry-after": "9999" } };

describe("exit codes", () => {
  const buying = ["--max-amount", "5.00"];
  test.each<[number, string, readonly Step[], readonly string[]]>([
    [0, "bought", [gatewayChallenge(), goods], buying],
    [0, "free", [{ status: 200 }], buying],
    [3, "price_over_limit", [gatewayChallenge()], []],
    [4, "no_acceptable_offer", [gatewayChallenge()], [...buying, "--chain", "base-sepolia"]],
    [5, "payment_rejected", [gatewayChallenge()], buying],
    [
      6,
      "insufficient_funds",
      [gatewayChallenge(), gatewayChallenge(undefined, "insufficient_funds")],
      buying,
    ],
    [7, "outcome_unknown", [gatewayChallenge(), never], buying],
    [8, "settled_not_delivered", [gatewayChallenge(), problemAnswer("payment_already_used")], buying],
    [
      11,
      "refunded",
      [gatewayChallenge(), problemAnswer("fulfilment_failed", { paymentState: "refunded" })],
      buying,
    ],
    [9, "server_failed", [never], buying],
    [10, "refused", [{ status: 404 }], buying],
  ])("%i says %s", async (exitCode, outcome, steps, args) => {
    merchant.plays(...steps);
    const ended = await run(["--url", merchant.url, "--json", ...args]);
    expect(JSON.parse(ended.out)).toMatchObject({ outcome });
    expect(ended.exitCode).toBe(exitCode);
  });

  test("--help lists every one with its meaning, and is no error", async () => {
    const { exitCode, out } = await run(["--help"], {});
    expect(exitCode).toBe(0);
    for (const { exitCode: code, meaning } of Object.values(endings))
      expect(out).toContain(`${code}  ${meaning}`);
  });
});

describe("a wrong command line", () => {
  const url = ["--url", "https://shop.example/report"];
  test.each<[string, readonly string[]]>([
    ["no URL", []],
    ["an unknown option", [...url, "--chian", "base"]],
    ["a stray argument", [...url, "base"]],
    ["a URL that is none", ["--url", "shop"]],
    ["plain http to another machine", ["--url", "http://shop.example/"]],
    ["a password in the URL", ["--url", "https://me:pass@shop.example/"]],
    ["another method", [...url, "--method", "PUT"]],
    ["a body with GET", [...url, "--method", "GET", "--body", "{}"]],
    ["a body that is no JSON", [...url, "--body", "{"]],
    ["a body file that is not there", [...url, "--body", "@/nowhere/body.json"]],
    ["a header without a colon", [...url, "--header", "Accept"]],
    ["a payment header", [...url, "--header", "X-PAYMENT: e30="]],
    ["an unknown chain", [...url, "--chain", "solana"]],
    ["an amount with seven decimals", [...url, "--max-amount", "1.0000001"]],
    ["a timeout of nothing", [...url, "--timeout", "0"]],
    ["an agent id with spaces", [...url, "--agent-id", "a b"]],
  ])("ends with 2 on %s, in a sentence and not a stack", async (_what, args) => {
    const { exitCode, out, err } = await run(args);
    expect(exitCode).toBe(2);
    expect(out).toBe("");
    expect(err).toMatch(/See --help\.$/);
    expect(err).not.toContain("    at ");
  });
});

describe("the key", () => {
  const digits = KEY.slice(2);
  function keyFile(text: string, mode: number): string {
    const path = join(folder, `key-${mode.toString(8)}`);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  }

  test("is read from a file that only its owner can read", async () => {
    merchant.plays(gatewayChallenge(), goods);
    const args = ["--url", merchant.url, "--max-amount", "5", "--key-file", keyFile(`${digits}\n`, 0o600)];
    expect((await run(args, {})).exitCode).toBe(0);
  });

  test("is refused in a file that others can read, with the command that closes it", async () => {
    const path = keyFile(KEY, 0o640);
    const { exitCode, err } = await run(["--url", merchant.url, "--key-file", path], {});
    expect(exitCode).toBe(2);
    expect(err).toContain(`chmod 600 ${path}`);
  });

  test("is asked for where there is none", async () => {
    expect((await run(["--url", merchant.url], {})).err).toContain("AGENT_PRIVATE_KEY");
  });

  test.each<[string, readonly string[], NodeJS.ProcessEnv]>([
    ["in the wrong place", ["--url", "https://shop.example", KEY], {}],
    ["as the value of an unknown option", ["--url", "https://shop.example", `--private-key=${KEY}`], {}],
    ["cut short", ["--url", "https://shop.example"], { AGENT_PRIVATE_KEY: KEY.slice(0, 60) }],
    ["out of range", ["--url", "https://shop.example"], { AGENT_PRIVATE_KEY: `0x${"f".repeat(64)}` }],
  ])("given %s is an error that does not repeat it", async (_how, args, environment) => {
    const { exitCode, out, err } = await run(args, environment);
    expect(exitCode).toBe(2);
    expect(out + err).not.toContain(digits.slice(0, 16));
    expect(out + err).not.toContain("f".repeat(16));
  });

  test("and the signature are in no output of a purchase, whatever becomes of it", async () => {
    for (const steps of [[gatewayChallenge(), goods], [gatewayChallenge()], [gatewayChallenge(), never]]) {
      for (const json of [[], ["--json"]]) {
        merchant.plays(...steps);
        const { out, err } = await run(["--url", merchant.url, "--max-amount", "5", ...json]);
        const payment = merchant.requests[1]?.headers["payment-signature"];
        if (typeof payment !== "string") throw new Error("nothing was paid");
        const signature = /"signature":"0x([0-9a-f]+)"/.exec(
          Buffer.from(payment, "base64").toString("utf8"),
        )?.[1];
        expect(signature).toHaveLength(130);
        expect(out + err).not.toContain(digits);
        expect(out + err).not.toContain(signature);
        expect(out + err).not.toContain(payment);
      }
    }
  });
});

describe("output", () => {
  const body = { iccid: "8901", qr_code: "LPA:1$smdp.example.com$ABC-123" };

  test("for a person tells each step, the body, the explorer's page and draws the QR code", async () => {
    merchant.plays(gatewayChallenge(), { ...goods, body });
    const { out } = await run([
      "--url",
      `${merchant.url}/v1/esim/activate`,
      "--body",
      '{"plan":"us-7day"}',
      "--max-amount",
      "5",
    ]);
    const lines = out.split("\n");
    expect(lines[0]).toBe(`POST ${merchant.url}/v1/esim/activate`);
    expect(lines[1]).toMatch(/^402 Payment Required: 4\.20 USDC on Polygon to 0x/);
    expect(lines[2]).toMatch(/^Signed 4\.20 USDC on Polygon from 0x/);
    expect(lines.slice(3, 9)).toEqual([
      "Status: 200",
      "Body:",
      "{",
      '  "iccid": "8901",',
      `  "qr_code": "${body.qr_code}"`,
      "}",
    ]);
    expect(lines[9]).toBe(`Polygonscan: https://polygonscan.com/tx/${TRANSACTION}`);
    expect(out).toContain("█");
  });

  test("for a program is one line of JSON with decimal amounts, and nothing else", async () => {
    merchant.plays(gatewayChallenge(), soon, { ...goods, body: { text: "two\nlines" } });
    const { out, err } = await run(["--url", merchant.url, "--max-amount", "5", "--json"]);
    expect(out).not.toContain("\n");
    expect(err).toBe("");
    expect(JSON.parse(out)).toMatchObject({
      outcome: "bought",
      paid: { amount: "4.20", chain: "polygon" },
      body: { text: "two\nlines" },
      attempts: 3,
    });
  });

  test("draws no QR code for what is no activation code", async () => {
    merchant.plays({ status: 200, body: { qr_code: "https://shop.example" } });
    expect((await run(["--url", merchant.url])).out).not.toContain("█");
  });

  test.each([
    ["text", { status: 200, body: "\u001b]0;owned\u0007\u009b2J" }],
    ["JSON", { status: 200, body: { a: "\u009b2J\u202e" } }],
    ["a problem", { status: 404, body: { detail: "\u001b[2J" } }],
  ])("lets no server steer the terminal with %s", async (_in, answer) => {
    for (const json of [[], ["--json"]]) {
      merchant.plays(answer);
      const { out } = await run(["--url", merchant.url, ...json]);
      expect(out).not.toMatch(/[^\P{C}\n]/u);
    }
  });

  test("reads headers, agent id and a body file from the command line", async () => {
    const path = join(folder, "body.json");
    writeFileSync(path, '{"plan":"us-7day"}');
    merchant.plays({ status: 200 });
    await run([
      "--url",
      merchant.url,
      "--body",
      `@${path}`,
      "--header",
      "Accept: text/csv",
      "--agent-id",
      "a-7",
    ]);
    expect(merchant.requests[0]).toMatchObject({
      method: "POST",
      body: '{"plan":"us-7day"}',
      headers: { accept: "text/csv", "x-agent-id": "a-7", "content-type": "application/json" },
    });
  });
});

test("the program itself buys, prints one line and ends by itself with the outcome's exit code", async () => {
  merchant.plays(gatewayChallenge());
  const args = ["--import", "tsx", "scripts/agent/run-agent.ts", "--url", merchant.url, "--json"];
  const ended = await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    const env = { ...process.env, AGENT_PRIVATE_KEY: KEY };
    execFile(process.execPath, args, { env, timeout: 20_000 }, (error, stdout, stderr) =>
      resolve({ code: error?.code, stdout, stderr }),
    );
  });
  expect(ended.stderr).toBe("");
  expect(ended.code).toBe(3);
  expect(JSON.parse(ended.stdout)).toMatchObject({ outcome: "price_over_limit", paid: null });
});
