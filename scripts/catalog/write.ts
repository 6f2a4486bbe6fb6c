/** Writes moved prices into the configuration file, once it is sure that it then says what it should. */

import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readConfigFile } from "../doctor/config-file.ts";
import { type Difference, entriesOf } from "./compare.ts";
import { type Move, rewritePrices } from "./rewrite.ts";

type Moved = Extract<Difference, { kind: "price" }>;

/** Whether they are in the file now; it is not touched where its text can't be changed with certainty. */
export async function writePrices(configFile: string, moved: readonly Moved[]): Promise<boolean> {
  const moves = moved.map(
    ({ entry, now }): Move => ({ packageCode: entry.packageCode, from: entry.wholesaleUsd, to: now }),
  );
  // Beside the file, because it imports by relative paths.
  const draft = join(dirname(configFile), `.catalog-${process.pid}.config.ts`);
  try {
    writeFileSync(draft, rewritePrices(readFileSync(configFile, "utf8"), moves));
    const read = await readConfigFile(draft);
    if (!read.ok) return false;
    const entries = entriesOf(read.value.config.catalog);
    const isMoved = moved.every(({ entry: { path }, now }) =>
      entries.some((entry) => entry.path === path && entry.wholesaleUsd === now),
    );
    if (isMoved) renameSync(draft, configFile);
    return isMoved;
  } finally {
    rmSync(draft, { force: true });
  }
}
