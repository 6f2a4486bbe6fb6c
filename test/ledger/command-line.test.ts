/** The ledger's command line, and the program itself. */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { ORDER_ID } from "../builders/origin-purchase.ts";
import { archiveFolder, run } from "./support.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

describe("the command line", () => {
  test.each<[string, readonly string[]]>([
    ["no command", []],
    ["another command", ["prove", "--dir", "."]],
    ["no place", ["verify"]],
    ["two places", ["verify", "--dir", ".", "--bucket", "archive"]],
    ["a region without a bucket", ["verify", "--dir", ".", "--region", "eu-central-1"]],
    ["an argument too many", ["verify", "all", "--dir", "."]],
    ["nothing to show", ["show", "--dir", "."]],
    ["no order id and no hash to show", ["show", "ord_1", "--dir", "."]],
    ["two things to show", ["show", ORDER_ID, ORDER_ID, "--dir", "."]],
    ["an unknown option", ["verify", "--fast", "--dir", "."]],
    ["a head that is no CID", ["verify", "--dir", ".", "--head", "3"]],
    ["a folder that is not there", ["verify", "--dir", "./no-such-folder"]],
  ])("with %s ends with 2 and one sentence", async (_, args) => {
    const { exitCode, out, err } = await run(...args);
    expect(exitCode).toBe(2);
    expect(out).toBe("");
    expect(err).toMatch(/^[^\n]+ See --help\.$/);
  });

  test("--help names every option, and ends with 0", async () => {
    const { exitCode, out } = await run("--help");
    expect(exitCode).toBe(0);
    for (const name of [
      "--dir",
      "--bucket",
      "--table",
      "--endpoint",
      "--region",
      "--head",
      "--json",
      "--help",
    ])
      expect(out).toContain(name);
  });

  test("works as a program, and leaves its exit code", async () => {
    const { folder, remove } = await archiveFolder();
    const program = (...args: readonly string[]) =>
      spawnSync(process.execPath, ["--import", "tsx", "scripts/ledger.ts", ...args], {
        cwd: ROOT,
        encoding: "utf8",
      });
    const proven = program("verify", "--dir", folder);
    expect(proven.stdout).toMatch(/^Proven: 3 batches/);
    expect(proven.status).toBe(0);
    expect(program("verify").status).toBe(2);
    await remove();
  });
});
