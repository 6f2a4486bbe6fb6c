/** What every archive promises, whether it lies in a folder or in a bucket. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { append } from "../../../origin/archive/append.ts";
import { encodeBatch, MAX_BATCH_BYTES } from "../../../origin/archive/batch.ts";
import { cidOf } from "../../../origin/archive/cid.ts";
import { createFolderObjects } from "../../../origin/archive/folder.ts";
import { batchName, encodeLink, linkName } from "../../../origin/archive/layout.ts";
import {
  ArchiveCorruptError,
  type ArchiveStore,
  type WriteOnceObjects,
} from "../../../origin/archive/port.ts";
import { createS3Objects } from "../../../origin/archive/s3.ts";
import { createArchive } from "../../../origin/archive/store.ts";
import { verifyArchive } from "../../../origin/archive/verify.ts";
import { BUCKET, memoryS3 } from "./memory-s3.ts";
import { AT, fill, recordOf } from "./support.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function folderObjects(): Promise<WriteOnceObjects> {
  const folder = await mkdtemp(join(tmpdir(), "archive-"));
  cleanups.push(() => rm(folder, { recursive: true }));
  return createFolderObjects(folder);
}

/** With pages of two names, so that a chain of three takes more than one. */
async function s3Objects(): Promise<WriteOnceObjects> {
  const retainUntil = () => new Date(AT);
  return createS3Objects(memoryS3({ pageSize: 2 }).client, { bucket: BUCKET, retainUntil });
}

const first = encodeBatch({ sequence: 1, previous: null, createdAt: AT, records: [recordOf(1, "settled")] });
const rival = encodeBatch({
  sequence: 1,
  previous: null,
  createdAt: AT + 1,
  records: [recordOf(1, "settled")],
});

async function namesIn(objects: WriteOnceObjects, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for await (const name of objects.list(prefix)) names.push(name);
  return names;
}

describe.each([
  ["a folder", folderObjects],
  ["a bucket", s3Objects],
])("an archive in %s", (_, open) => {
  async function opened(): Promise<{ objects: WriteOnceObjects; archive: ArchiveStore }> {
    const objects = await open();
    return { objects, archive: createArchive(objects) };
  }

  test("has no head, no batch and no names when it is new", async () => {
    const { objects, archive } = await opened();
    expect(await archive.head()).toBeNull();
    expect(await archive.get(first.cid)).toBeUndefined();
    expect(await namesIn(objects, "batches/")).toEqual([]);
  });

  test("gives a batch back as it was put", async () => {
    const { archive } = await opened();
    expect(await archive.put(first.cid, first.bytes)).toBe("written");
    expect(Buffer.from((await archive.get(first.cid)) ?? []).equals(first.bytes)).toBe(true);
  });

  test("keeps a batch that is put twice once", async () => {
    const { objects, archive } = await opened();
    await archive.put(first.cid, first.bytes);
    expect(await archive.put(first.cid, first.bytes)).toBe("exists");
    expect(await namesIn(objects, "batches/")).toEqual([batchName(first.cid)]);
  });

  test("takes no batch under another's CID", async () => {
    const { archive } = await opened();
    await expect(archive.put(rival.cid, first.bytes)).rejects.toThrow("another's CID");
    expect(await archive.get(rival.cid)).toBeUndefined();
  });

  test("does not count a batch as its head until that is linked", async () => {
    const { archive } = await opened();
    await archive.put(first.cid, first.bytes);
    expect(await archive.head()).toBeNull();
    expect(await archive.link(1, first.cid)).toBe("linked");
    expect(await archive.head()).toEqual({ sequence: 1, cid: first.cid });
  });

  test("gives one place in the chain to one batch only", async () => {
    const { archive } = await opened();
    await archive.link(1, first.cid);
    expect(await archive.link(1, rival.cid)).toBe("taken");
    expect(await archive.link(1, first.cid)).toBe("linked");
    expect(await archive.head()).toEqual({ sequence: 1, cid: first.cid });
  });

  test("lets one of many writers of one place win", async () => {
    const { archive } = await opened();
    const cids = Array.from({ length: 12 }, (_unused, n) => cidOf(Uint8Array.of(n)));
    const results = await Promise.all(cids.map((cid) => archive.link(1, cid)));
    expect(results.filter((result) => result === "linked")).toHaveLength(1);
    expect((await archive.head())?.cid).toBe(cids[results.indexOf("linked")]);
  });

  test("finds the head of a long chain by number", async () => {
    const { archive } = await opened();
    const cids = Array.from({ length: 11 }, (_unused, n) => cidOf(Uint8Array.of(n)));
    for (const [index, cid] of cids.entries()) await archive.link(index + 1, cid);
    expect(await archive.head()).toEqual({ sequence: 11, cid: cids[10] });
  });

  test("is corrupt when a batch's name holds other bytes", async () => {
    const { objects, archive } = await opened();
    await objects.create(batchName(first.cid), rival.bytes);
    await expect(archive.put(first.cid, first.bytes)).rejects.toThrow(ArchiveCorruptError);
    await expect(archive.get(first.cid)).rejects.toThrow(ArchiveCorruptError);
  });

  test.each([
    ["nothing", new Uint8Array()],
    ["no CID", Buffer.from("latest\n")],
    ["more than a CID", Buffer.concat([encodeLink(first.cid), encodeLink(rival.cid)])],
  ])("is corrupt when its last link holds %s", async (_name, bytes) => {
    const { objects, archive } = await opened();
    await objects.create(linkName(1), bytes);
    await expect(archive.head()).rejects.toThrow(ArchiveCorruptError);
    await expect(archive.link(1, first.cid)).rejects.toThrow(ArchiveCorruptError);
  });

  test("reads no more of an object than it is asked to", async () => {
    const { objects } = await opened();
    await objects.create(linkName(1), Buffer.alloc(1_000));
    expect(await objects.read(linkName(1), 64)).toHaveLength(65);
  });

  test("holds a batch of the largest size", async () => {
    const { objects } = await opened();
    const bytes = Buffer.alloc(MAX_BATCH_BYTES, "x");
    await objects.create(batchName(cidOf(bytes)), bytes);
    expect(await objects.read(batchName(cidOf(bytes)), MAX_BATCH_BYTES)).toHaveLength(MAX_BATCH_BYTES);
  });

  test("is proven when it was filled batch by batch", async () => {
    const { objects } = await opened();
    await fill(objects);
    expect(await verifyArchive(objects)).toMatchObject({
      findings: [],
      batches: 3,
      records: 9,
      purchases: 5,
    });
  });

  test("is proven, and has one chain, when exporters fill it at once while purchases go on", async () => {
    const { objects, archive } = await opened();
    const states = ["settling", "settled", "ordered", "delivered"] as const;
    let moment = 0;
    const conflicts = { count: 0 };
    const exporter = async (name: number) => {
      for (let batches = 0; batches < 4; ) {
        const head = await archive.head();
        const now = states[Math.min(moment++, states.length - 1)] ?? "delivered";
        const appended = await append(
          archive,
          head,
          [recordOf(1, now), recordOf(name, "settled")],
          AT + name,
        );
        if (appended.kind === "appended") batches += 1;
        else conflicts.count += 1;
      }
    };
    await Promise.all([exporter(2), exporter(3), exporter(4)]);
    expect(conflicts.count).toBeGreaterThan(0);
    expect(await verifyArchive(objects)).toMatchObject({ findings: [], batches: 12, purchases: 4 });
  });
});
