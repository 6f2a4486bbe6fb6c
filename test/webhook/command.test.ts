/** `npm run webhook` against the simulated supplier: saves the one address, and shows nobody its secret. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import ownConfig from "../../edge402.config.ts";
import { readKeys } from "../../lib/secrets.ts";
import { notificationUrl } from "../../origin/access.ts";
import { hexToBytes } from "../../protocol/hex.ts";
import { listen } from "../../scripts/local/listen.ts";
import { type SimulatedSupplier, startSupplier } from "../../scripts/local/supplier/supplier.ts";
import { runWebhook } from "../../scripts/webhook/command.ts";

const SECRET = { accessCode: "access-code-1234", secretKey: "secret-key-5678" };

const ENVIRONMENT = {
  EDGE402_KEYS: "7:9b1f0c5a6de24738b1c0f9e8d7a6b5c4d3e2f1a00918273645566778899aabbc",
  EDGE402_SUPPLIER_ACCESS_CODE: SECRET.accessCode,
  EDGE402_SUPPLIER_SECRET_KEY: SECRET.secretKey,
};

let supplier: SimulatedSupplier;
let gateway: Server;
let url: string;
let close: () => Promise<void>;
let folder: string;
let status = 200;
const called: string[] = [];

beforeAll(async () => {
  supplier = await startSupplier(SECRET);
  gateway = createServer((request, response) => {
    called.push(request.url ?? "");
    response.writeHead(status).end();
  });
  ({ url, close } = await listen(gateway, "a gateway"));
  folder = mkdtempSync(join(tmpdir(), "edge402-webhook-"));
});
afterAll(async () => {
  await supplier.close();
  await close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  status = 200;
  called.splice(0);
});

async function run(
  args: readonly string[] = [],
  environment: Record<string, string> = ENVIRONMENT,
  change: object = {},
) {
  const file = join(folder, "edge402.config.ts");
  const config = { ...ownConfig, publicUrl: url, deploy: { supplierUrl: supplier.url }, ...change };
  writeFileSync(file, `export default ${JSON.stringify(config)};\n`);
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const code = await runWebhook(["--config", file, ...args], environment, { out: write, err: write });
  return { code, text: lines.join("\n") };
}

const saved = () => notificationUrl(url, hexToBytes(readKeys(ENVIRONMENT)[0]?.access ?? "0x"));

describe("the address of the first key", () => {
  test("is saved once it answers, and shown without its secret", async () => {
    const { code, text } = await run();
    expect(called.map((path) => url + path)).toEqual([saved()]);
    expect(code).toBe(0);
    expect(text).toBe(`Saved with key 7: ${saved().slice(0, -39)}…`);
  });

  test("is not saved where the gateway does not answer to it, and its secret is not shown either", async () => {
    status = 404;
    const { code, text } = await run();
    expect(code).toBe(1);
    expect(text).toMatch(/^The supplier did not take .*…: .*Is the gateway deployed, with this key\?$/);
    expect(text).not.toContain(saved());
  });
});

describe("nothing is sent", () => {
  test.each(Object.keys(ENVIRONMENT))("without %s", async (name) => {
    const { code, text } = await run([], { ...ENVIRONMENT, [name]: "" });
    expect([code, called]).toEqual([1, []]);
    expect(text).toContain(name);
  });

  test("for a gateway in front of somebody else's origin", async () => {
    const { code, text } = await run([], ENVIRONMENT, { settle: "origin-response" });
    expect([code, called]).toEqual([1, []]);
    expect(text).toContain("origin-response");
  });

  test("with --help, or an option that there is not", async () => {
    expect(await run(["--help"])).toMatchObject({ code: 0, text: expect.stringContaining("EDGE402_KEYS") });
    expect(await run(["--url", url])).toMatchObject({ code: 2, text: expect.stringContaining("--help") });
    expect(called).toEqual([]);
  });
});
