/** Bundles may hold keys, so none of them stays on the machine that built it. */

import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { writeBundle } from "../../../lib/bundle/write-bundle.ts";

test("what a killed process left is taken away by the next one, and what a running one writes is not", () => {
  const folder = mkdtempSync(join(tmpdir(), "edge402-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  vi.stubEnv("TMPDIR", folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  for (const name of ["edge402-bundle-old", "edge402-bundle-new", "other-old"]) mkdirSync(join(folder, name));
  const longAgo = new Date(Date.now() - 3_700_000);
  for (const name of ["edge402-bundle-old", "other-old"]) utimesSync(join(folder, name), longAgo, longAgo);

  const exits = vi.spyOn(process, "once");
  onTestFinished(() => exits.mockRestore());
  const { directory } = writeBundle({ code: new Uint8Array(3), modules: [], externals: [] });
  const left = readdirSync(folder).sort();
  expect(left).toHaveLength(3);
  expect(left).toEqual(expect.arrayContaining(["edge402-bundle-new", "other-old"]));
  expect(directory.startsWith(join(folder, "edge402-bundle-"))).toBe(true);

  const [, atExit] = exits.mock.calls.find(([event]) => event === "exit") ?? [];
  if (typeof atExit === "function") atExit();
  expect(readdirSync(folder).sort()).toEqual(["edge402-bundle-new", "other-old"]);
});
