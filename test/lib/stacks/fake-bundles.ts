/** In place of `lib/bundle/bundle.ts`, for tests of templates: they need a bundle's folder and not what is in it. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bundle } from "../../../lib/bundle/bundle.ts";

export { BundleError } from "../../../lib/bundle/bundle-error.ts";

const folder = mkdtempSync(join(tmpdir(), "edge402-fake-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

export function bundleEdge(name: string): Bundle {
  const directory = mkdtempSync(join(folder, "bundle-"));
  const code = `exports.handler = async () => "${name}";`;
  writeFileSync(join(directory, "index.js"), code);
  return { directory, bytes: code.length, modules: [] };
}

export const bundleOrigin = bundleEdge;

export function bundleSeed(): Bundle {
  return bundleEdge("seed");
}
