/** Puts a built function where the CDK picks it up. */

import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Built } from "./build-file.ts";
import type { Bundle } from "./bundle.ts";

const PREFIX = "edge402-bundle-";

/**
 * Goes with the file into Lambda, where another user runs it. Keys may be inside: what keeps others on this machine
 * out is the folder, which is its owner's alone.
 */
const READABLE = 0o644;

/** Older than any run of the CDK app: its process was killed. Milliseconds. */
const STALE_MS = 3_600_000;

const written = new Set<string>();

export function writeBundle({ code, modules }: Built): Bundle {
  if (written.size === 0) {
    removeStale();
    process.once("exit", removeOwn);
  }
  const directory = mkdtempSync(join(tmpdir(), PREFIX));
  written.add(directory);
  const file = join(directory, "index.js");
  writeFileSync(file, code);
  // Whatever the umask says.
  chmodSync(file, READABLE);
  return { directory, bytes: code.byteLength, modules };
}

/** By then the CDK has its own copy. */
function removeOwn(): void {
  for (const directory of written) rmSync(directory, { recursive: true, force: true });
}

function removeStale(): void {
  const names = readdirSync(tmpdir()).filter((name) => name.startsWith(PREFIX));
  for (const directory of names.map((name) => join(tmpdir(), name))) {
    const found = statSync(directory, { throwIfNoEntry: false });
    const isOurs = found?.uid === process.getuid?.();
    if (found === undefined || !isOurs || Date.now() - found.mtimeMs < STALE_MS) continue;
    rmSync(directory, { recursive: true, force: true });
  }
}
