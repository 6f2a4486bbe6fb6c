/** Where the local stack archives its ledgers: the data folder, or a temporary one that goes with the stack. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface ArchiveFolder {
  readonly dir: string;
  close(): void;
}

export function archiveFolder(kept: string | undefined): ArchiveFolder {
  if (kept !== undefined) return { dir: kept, close: () => {} };
  const dir = mkdtempSync(join(tmpdir(), "edge402-archive-"));
  return { dir, close: () => rmSync(dir, { recursive: true, force: true }) };
}
