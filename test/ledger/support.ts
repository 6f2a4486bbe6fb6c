/** An archive in a folder, tampering with it, and the command run on it. */

import { readdirSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runLedger } from "../../scripts/ledger/command.ts";
import { archiveOf, stages } from "../origin/archive/support.ts";

export interface ArchiveFolder {
  readonly folder: string;
  remove(): Promise<void>;
}

/** Holds the three batches of `stages`, or others. */
export async function archiveFolder(batches = stages): Promise<ArchiveFolder> {
  const folder = await mkdtemp(join(tmpdir(), "ledger-"));
  for (const part of ["batches", "chain"]) await mkdir(join(folder, part));
  const { files } = await archiveOf(batches);
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
  return { folder, remove: () => rm(folder, { recursive: true }) };
}

export async function run(...args: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const exitCode = await runLedger(args, { out: (line) => out.push(line), err: (line) => err.push(line) });
  return { exitCode, out: out.join("\n"), err: err.join("\n") };
}

/** Replaces text in the one batch that has it. */
export async function tamper(folder: string, from: string, to: string): Promise<void> {
  for (const name of readdirSync(join(folder, "batches"))) {
    const path = join(folder, "batches", name);
    const text = await readFile(path, "utf8");
    if (!text.includes(from)) continue;
    await writeFile(path, text.replace(from, to));
    return;
  }
  throw new Error(`no batch has ${from}`);
}
