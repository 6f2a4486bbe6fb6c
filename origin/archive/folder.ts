/**
 * Write-once objects in a folder.
 *
 * An object is written to a file of its own, flushed, and then given its name by a hard link: that fails where the
 * name exists, and a crash at any point leaves the whole object or none under it.
 */

import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { link, mkdir, open, readdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { BATCHES, CHAIN } from "./layout.ts";
import { ArchiveUnavailableError, type ObjectReader, type WriteOnceObjects } from "./port.ts";

/** Unfinished files. What a crash leaves here belongs to nothing. */
const INCOMING = "incoming";

/** Nobody writes to a file that has its name. */
const READ_ONLY = 0o444;

export function createFolderReader(folder: string): ObjectReader {
  return {
    async *list(prefix) {
      const names = (await unless("ENOENT", prefix, readdir(join(folder, prefix)))) ?? [];
      yield* names.sort().map((name) => prefix + name);
    },

    async read(name, maxBytes) {
      // A symbolic link could lead anywhere, and opening a pipe would wait for ever.
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      const file = await unless("ENOENT", name, open(join(folder, name), flags));
      if (file === undefined) return undefined;
      try {
        return await guarded(name, readAtMost(file, maxBytes + 1));
      } finally {
        await file.close();
      }
    },
  };
}

/** Makes the folder where it is missing. @throws ArchiveUnavailableError */
export async function createFolderObjects(folder: string): Promise<WriteOnceObjects> {
  for (const part of [INCOMING, BATCHES, CHAIN]) {
    await guarded(part, mkdir(join(folder, part), { recursive: true }));
  }
  return {
    ...createFolderReader(folder),
    async create(name, bytes) {
      const unfinished = join(folder, INCOMING, randomUUID());
      const named = join(folder, name);
      try {
        await guarded(name, writeDurably(unfinished, bytes));
        const linking = link(unfinished, named).then(() => "written" as const);
        const outcome = (await unless("EEXIST", name, linking)) ?? "exists";
        await guarded(name, flush(dirname(named)));
        return outcome;
      } finally {
        await unless("ENOENT", name, unlink(unfinished));
      }
    },
  };
}

type FileHandle = Awaited<ReturnType<typeof open>>;

async function readAtMost(file: FileHandle, maxBytes: number): Promise<Uint8Array> {
  const { size } = await file.stat();
  const buffer = new Uint8Array(Math.min(size, maxBytes));
  let filled = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled);
    if (bytesRead === 0) return buffer.subarray(0, filled);
    filled += bytesRead;
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx", READ_ONLY);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A new name is safe from a power cut once its folder is on disk as well. */
async function flush(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const codeSchema = v.object({ code: v.string() });

function codeOf(error: unknown): string {
  const fault = v.safeParse(codeSchema, error);
  return fault.success ? fault.output.code : "unknown fault";
}

/** @throws ArchiveUnavailableError */
async function guarded<Value>(name: string, work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    throw new ArchiveUnavailableError(`${name}: ${codeOf(error)}`);
  }
}

/** Undefined when the work fails with `code`. @throws ArchiveUnavailableError on any other fault */
async function unless<Value>(code: string, name: string, work: Promise<Value>): Promise<Value | undefined> {
  return guarded(
    name,
    work.catch((error: unknown) => {
      if (codeOf(error) === code) return undefined;
      throw error;
    }),
  );
}
