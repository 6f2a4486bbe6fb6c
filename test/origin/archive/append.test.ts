/** Appending: what fits goes into one batch, crashes leave no harm, and whoever was overtaken starts again. */

import { describe, expect, test } from "vitest";
import { append } from "../../../origin/archive/append.ts";
import { MAX_BATCH_BYTES } from "../../../origin/archive/batch.ts";
import { type ArchiveStore, ArchiveUnavailableError } from "../../../origin/archive/port.ts";
import { createArchive } from "../../../origin/archive/store.ts";
import { verifyArchive } from "../../../origin/archive/verify.ts";
import { AT, archiveOf, memoryObjects, recordOf, stages } from "./support.ts";

const [first = [], second = []] = stages;

/** An exporter that dies before it links its batch. */
function dying(archive: ArchiveStore): ArchiveStore {
  return {
    ...archive,
    link: async () => {
      throw new ArchiveUnavailableError("died");
    },
  };
}

async function kindsOf(objects: Parameters<typeof verifyArchive>[0]): Promise<string[]> {
  return (await verifyArchive(objects)).findings.map(({ kind }) => kind);
}

describe("append", () => {
  test("refuses to write an empty batch", async () => {
    const objects = memoryObjects();
    await expect(append(createArchive(objects), null, [], AT)).rejects.toThrow(RangeError);
    expect(objects.files.size).toBe(0);
  });

  test("refuses a record that no batch can hold", async () => {
    const large = { ...recordOf(1, "settled"), invoice: "x".repeat(MAX_BATCH_BYTES) };
    await expect(append(createArchive(memoryObjects()), null, [large], AT)).rejects.toThrow(RangeError);
  });

  test("takes as many records as fit, and the rest goes to the head that it gives", async () => {
    const objects = memoryObjects();
    const archive = createArchive(objects);
    const third = "x".repeat(MAX_BATCH_BYTES / 3);
    const records = [1, 2, 3, 4].map((n) => ({
      ...recordOf(n, "settled"),
      goods: { kind: "resource" as const, path: third },
    }));
    const one = await append(archive, null, records, AT);
    expect(one).toMatchObject({ kind: "appended", count: 2, head: { sequence: 1 } });
    if (one.kind !== "appended") return;
    const two = await append(archive, one.head, records.slice(one.count), AT);
    expect(two).toMatchObject({ kind: "appended", count: 2, head: { sequence: 2 } });
    expect(await verifyArchive(objects)).toMatchObject({ findings: [], records: 4 });
  });

  test("to a head that was overtaken is a conflict, and nothing of it is in the chain", async () => {
    const objects = memoryObjects();
    const archive = createArchive(objects);
    await append(archive, null, first, AT);
    expect(await append(archive, null, first, AT + 1)).toEqual({ kind: "conflict" });
    expect(await verifyArchive(objects)).toMatchObject({ findings: [], batches: 1 });
  });
});

describe("a batch that was written and never linked", () => {
  test("is told of as long as the chain has not gone past it", async () => {
    const objects = await archiveOf([first]);
    const archive = createArchive(objects);
    await expect(append(dying(archive), await archive.head(), second, AT)).rejects.toThrow();
    expect(await kindsOf(objects)).toEqual(["batch_unlinked"]);
  });

  test("does no harm once the next export wrote its records again", async () => {
    const objects = await archiveOf([first]);
    const archive = createArchive(objects);
    await expect(append(dying(archive), await archive.head(), second, AT)).rejects.toThrow();
    await append(archive, await archive.head(), second, AT + 1);
    expect(await kindsOf(objects)).toEqual([]);
  });

  test("is found again by an export of the same moment", async () => {
    const objects = await archiveOf([first]);
    const archive = createArchive(objects);
    await expect(append(dying(archive), await archive.head(), second, AT)).rejects.toThrow();
    const files = objects.files.size;
    await append(archive, await archive.head(), second, AT);
    expect(objects.files.size).toBe(files + 1);
    expect(await kindsOf(objects)).toEqual([]);
  });

  test("is told of when the chain went past it without its records", async () => {
    const objects = await archiveOf([first]);
    const archive = createArchive(objects);
    await expect(append(dying(archive), await archive.head(), second, AT)).rejects.toThrow();
    await append(archive, await archive.head(), [recordOf(9, "settled")], AT + 1);
    expect(await kindsOf(objects)).toEqual(second.map(() => "record_lost"));
  });
});
