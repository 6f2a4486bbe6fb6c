/** The bucket: every write is conditional, checksummed and locked, and a fault never splits or loses the chain. */

import { describe, expect, test } from "vitest";
import { append } from "../../../origin/archive/append.ts";
import { encodeBatch } from "../../../origin/archive/batch.ts";
import { ArchiveUnavailableError } from "../../../origin/archive/port.ts";
import { createS3Objects } from "../../../origin/archive/s3.ts";
import { createArchive } from "../../../origin/archive/store.ts";
import { verifyArchive } from "../../../origin/archive/verify.ts";
import { BUCKET, type MemoryS3, memoryS3, type PutFault } from "./memory-s3.ts";
import { AT, recordOf, stages } from "./support.ts";

const LOCKED_UNTIL = new Date("2034-01-01T00:00:00Z");

function opened(s3: MemoryS3) {
  const objects = createS3Objects(s3.client, { bucket: BUCKET, retainUntil: () => LOCKED_UNTIL });
  return { objects, archive: createArchive(objects) };
}

describe("a write to the bucket", () => {
  test("is conditional on the name being free, carries its checksum, and is locked in compliance mode", async () => {
    const s3 = memoryS3();
    await append(opened(s3).archive, null, [recordOf(1, "settled")], AT);
    expect(s3.puts.map(({ Key }) => Key?.split("/")[0])).toEqual(["batches", "chain"]);
    for (const put of s3.puts) {
      expect(put).toMatchObject({
        Bucket: BUCKET,
        IfNoneMatch: "*",
        ChecksumSHA256: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
        ObjectLockMode: "COMPLIANCE",
        ObjectLockRetainUntilDate: LOCKED_UNTIL,
      });
    }
  });
});

describe.each<PutFault["kind"]>(["unavailable", "answer_lost", "conflict"])("%s", (kind) => {
  test.each([
    "batches/",
    "chain/",
  ])("at a write to %s is told as unavailable, and appending again leaves a chain that is proven", async (prefix) => {
    const s3 = memoryS3();
    const { objects, archive } = opened(s3);
    await append(archive, null, stages[0] ?? [], AT);
    s3.putFaults.push({ kind, prefix });
    const head = await archive.head();
    await expect(append(archive, head, stages[1] ?? [], AT + 1)).rejects.toThrow(ArchiveUnavailableError);
    const again = await append(archive, await archive.head(), stages[1] ?? [], AT + 2);
    expect(again.kind).toBe("appended");
    expect((await verifyArchive(objects)).findings).toEqual([]);
  });
});

describe("after a lost answer", () => {
  test("putting and linking again finds one's own writes", async () => {
    const s3 = memoryS3();
    const { archive } = opened(s3);
    const { cid, bytes } = encodeBatch({
      sequence: 1,
      previous: null,
      createdAt: AT,
      records: stages[0] ?? [],
    });
    s3.putFaults.push({ kind: "answer_lost", prefix: "batches/" }, { kind: "answer_lost", prefix: "chain/" });
    await expect(archive.put(cid, bytes)).rejects.toThrow(ArchiveUnavailableError);
    expect(await archive.put(cid, bytes)).toBe("exists");
    await expect(archive.link(1, cid)).rejects.toThrow(ArchiveUnavailableError);
    expect(await archive.link(1, cid)).toBe("linked");
    expect(await archive.head()).toEqual({ sequence: 1, cid });
  });
});

describe("a bucket that does not answer", () => {
  test("is unavailable, and not empty", async () => {
    const s3 = memoryS3();
    const { objects, archive } = opened(s3);
    await append(archive, null, stages[0] ?? [], AT);
    s3.reachable = false;
    await expect(archive.head()).rejects.toThrow(ArchiveUnavailableError);
    await expect(verifyArchive(objects)).rejects.toThrow(ArchiveUnavailableError);
    await expect(objects.read("chain/000000000001", 64)).rejects.toThrow(ArchiveUnavailableError);
  });

  test("is told by the fault's name alone", async () => {
    const s3 = memoryS3();
    s3.putFaults.push({ kind: "unavailable", prefix: "" });
    const fault = opened(s3).objects.create("chain/000000000001", Buffer.from("private"));
    await expect(fault).rejects.toThrow(/^SlowDown$/);
  });
});
