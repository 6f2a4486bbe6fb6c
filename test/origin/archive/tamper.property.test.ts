/** Whatever is done to the files of an archive, at least one finding says so. */

import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { append } from "../../../origin/archive/append.ts";
import { cidOf } from "../../../origin/archive/cid.ts";
import { batchName, linkName } from "../../../origin/archive/layout.ts";
import { ArchiveUnavailableError } from "../../../origin/archive/port.ts";
import { createArchive } from "../../../origin/archive/store.ts";
import { verifyArchive } from "../../../origin/archive/verify.ts";
import { AT, archiveOf, memoryObjects, stages } from "./support.ts";

let files: ReadonlyMap<string, Uint8Array>;
let names: readonly string[];

beforeAll(async () => {
  const objects = await archiveOf(stages.slice(0, 2));
  const archive = createArchive(objects);
  // An exporter died here, so that a batch without a link is among what is tampered with.
  const link = () => Promise.reject(new ArchiveUnavailableError("died"));
  const head = await archive.head();
  await append({ ...archive, link }, head, stages[2] ?? [], AT + 2).catch(() => undefined);
  await append(archive, head, stages[2] ?? [], AT + 3);
  files = objects.files;
  names = [...files.keys()].sort();
});

function bytesOf(name: string): Uint8Array {
  return Uint8Array.from(files.get(name) ?? []);
}

async function isFound(tampered: ReadonlyMap<string, Uint8Array>): Promise<boolean> {
  return (await verifyArchive(memoryObjects(tampered))).findings.length > 0;
}

function nameAt(index: number): string {
  return names[index % names.length] ?? "";
}

/** Replaces files; undefined removes one. */
function withFiles(changes: Readonly<Record<string, Uint8Array | undefined>>): Map<string, Uint8Array> {
  const changed = new Map(files);
  for (const [name, bytes] of Object.entries(changes)) {
    if (bytes === undefined) changed.delete(name);
    else changed.set(name, bytes);
  }
  return changed;
}

describe("nobody can", () => {
  test("complain about the archive as it is", async () => {
    expect(names).toHaveLength(7);
    expect(await isFound(files)).toBe(false);
  });

  test("change a byte of any file", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), async (file, at, flip) => {
        const bytes = bytesOf(nameAt(file));
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ flip;
        expect(await isFound(withFiles({ [nameAt(file)]: bytes }))).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  test("change any byte of a link to any other", async () => {
    for (const sequence of [1, 2, 3]) {
      const name = linkName(sequence);
      for (let index = 0; index < bytesOf(name).length; index += 1) {
        for (const flip of [0x01, 0x02, 0x10, 0x20, 0x80]) {
          const bytes = bytesOf(name);
          bytes[index] = (bytes[index] ?? 0) ^ flip;
          expect(await isFound(withFiles({ [name]: bytes }))).toBe(true);
        }
      }
    }
  });

  test("cut the end of any file, or add to it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.nat(),
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        async (file, cut, more) => {
          const bytes = bytesOf(nameAt(file));
          const shorter = bytes.subarray(0, cut % bytes.length);
          expect(await isFound(withFiles({ [nameAt(file)]: shorter }))).toBe(true);
          expect(await isFound(withFiles({ [nameAt(file)]: Buffer.concat([bytes, more]) }))).toBe(true);
        },
      ),
    );
  });

  test("swap the contents of any two files", async () => {
    for (const one of names) {
      for (const other of names.filter((name) => name > one)) {
        expect(await isFound(withFiles({ [one]: bytesOf(other), [other]: bytesOf(one) }))).toBe(true);
      }
    }
  });

  test("copy any file over any other, or to a name that was free", async () => {
    const free = [linkName(4), batchName(cidOf(Uint8Array.of(1))), "chain/copy", "batches/copy.ndjson"];
    for (const source of names) {
      for (const target of [...names.filter((name) => name !== source), ...free]) {
        expect(await isFound(withFiles({ [target]: bytesOf(source) })), `${source} to ${target}`).toBe(true);
      }
    }
  });

  test("remove any file of the chain, or all of them", async () => {
    const harmless = await unlinkedBatches();
    expect(harmless).toHaveLength(1);
    for (const name of names.filter((name) => !harmless.includes(name))) {
      expect(await isFound(withFiles({ [name]: undefined })), name).toBe(true);
    }
    expect(await isFound(new Map())).toBe(true);
  });

  test("move the lines of a batch about", async () => {
    for (const name of names.filter((each) => each.startsWith("batches/"))) {
      const [header = "", ...records] = Buffer.from(bytesOf(name)).toString().trimEnd().split("\n");
      const moved = `${[header, ...records.reverse()].join("\n")}\n`;
      expect(await isFound(withFiles({ [name]: Buffer.from(moved) }))).toBe(true);
    }
  });
});

/** Batches of exporters that died. */
async function unlinkedBatches(): Promise<string[]> {
  const linked = names
    .filter((name) => name.startsWith("chain/"))
    .map((name) => `batches/${Buffer.from(bytesOf(name)).toString().trim()}.ndjson`);
  return names.filter((name) => name.startsWith("batches/") && !linked.includes(name));
}
