/** The doctor's command line, and the configuration file that it is given. */

import { describe, expect, test } from "vitest";
import { configInput } from "../builders/config.ts";
import { configFile, configText, run } from "./support.ts";

const KEY = "4a7c".repeat(16);

describe("the command line", () => {
  test.each<[string, readonly string[]]>([
    ["an unknown option", ["--fast"]],
    ["an argument", ["check"]],
    ["a URL that is none", ["--url", "shop"]],
    ["plain http to another machine", ["--url", "http://shop.example"]],
    ["a URL with a path", ["--url", "https://shop.example/report"]],
    ["a URL with a password", ["--url", "https://me:secret@shop.example"]],
    ["an origin without a gateway", ["--origin-url", "https://api.example"]],
    ["a refund wallet that is no address", ["--refund-wallet", `0x${KEY}`]],
    [
      "a refund wallet and a key",
      ["--refund-wallet", `0x${"ab".repeat(20)}`, "--refund-key-id", "alias/refunds"],
    ],
    ["a refund wallet and a gateway", ["--url", "https://a.example", "--refund-key-id", "alias/refunds"]],
    ["a key that is given in the wrong place", [`--${KEY}`]],
    ["a file that is not there", ["--config", "no-such-config.ts"]],
  ])("with %s ends with 2 and one sentence, which repeats no secret", async (_, args) => {
    const { exitCode, out, err } = await run({}, ...args);
    expect(exitCode).toBe(2);
    expect(out).toBe("");
    expect(err).toMatch(/^[^\n]+ See --help\.$/);
    for (const secret of [KEY, "secret"]) expect(err).not.toContain(secret);
  });

  test("--help names every option and every variable, and ends with 0", async () => {
    const { exitCode, out } = await run({}, "--help");
    expect(exitCode).toBe(0);
    const options = [
      "--config",
      "--url",
      "--origin-url",
      "--refund-wallet",
      "--refund-key-id",
      "--json",
      "--help",
    ];
    const variables = ["CDP_KEY_ID", "CDP_KEY_SECRET", "KEYS", "SUPPLIER_ACCESS_CODE", "SUPPLIER_SECRET_KEY"];
    for (const name of [...options, ...variables.map((suffix) => `EDGE402_${suffix}`)])
      expect(out).toContain(name);
  });
});

describe("the configuration file", () => {
  async function runOn(text: string) {
    const file = await configFile(text);
    try {
      return await run({}, "--config", file.path, "--url", "http://127.0.0.1:9");
    } finally {
      await file.remove();
    }
  }

  test("with faults has all of them listed with their paths, and nothing is asked of the world", async () => {
    const input = { ...configInput(), serviceName: "", publicUrl: "ftp://shop", deploy: { name: "UPPER" } };
    const { exitCode, out } = await runOn(configText(input));
    expect(exitCode).toBe(1);
    for (const path of ["serviceName: ", "publicUrl: ", "deploy.name: "]) expect(out).toContain(path);
    expect(out).toContain("0 passed, 1 failed, 0 not checked");
  });

  test.each([
    ["that is no program", "export default {"],
    ["that throws", 'throw new Error("not today");'],
    ["without a default export", "export const config = {};"],
  ])("%s fails as a configuration", async (_, text) => {
    const { exitCode, out } = await runOn(text);
    expect(exitCode).toBe(1);
    expect(out).toMatch(/^✗ configuration /);
  });

  test("that can't be deployed fails before deploying with what cdk synth would say", async () => {
    const file = await configFile(configText(configInput({ publicUrl: "https://shop.example.com" })));
    const { exitCode, out } = await run({}, "--config", file.path);
    await file.remove();
    expect(exitCode).toBe(1);
    expect(out).toMatch(/^✗ deployment /m);
    expect(out).toMatch(/^ +publicUrl: this name is for examples/m);
  });
});
