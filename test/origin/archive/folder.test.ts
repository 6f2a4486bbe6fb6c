/** The folder: whole files or none, written once, and nothing but files is read. */

import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cidOf } from "../../../origin/archive/cid.ts";
import { createFolderObjects, createFolderReader } from "../../../origin/archive/folder.ts";
import { encodeLink, linkName } from "../../../origin/archive/layout.ts";
import { ArchiveUnavailableError } from "../../../origin/archive/port.ts";
import { verifyArchive } from "../../../origin/archive/verify.ts";
import { fill } from "./support.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "archive-"));
});
afterEach(() => rm(folder, { recursive: true }));

const LINK = encodeLink(cidOf(new Uint8Array()));

describe("a folder's archive", () => {
  test("is still there for the next process", async () => {
    await fill(await createFolderObjects(folder));
    await createFolderObjects(folder);
    expect(await verifyArchive(createFolderReader(folder))).toMatchObject({ findings: [], batches: 3 });
  });

  test("leaves no unfinished file behind, whether a name was free or not", async () => {
    const objects = await createFolderObjects(folder);
    expect(await objects.create(linkName(1), LINK)).toBe("written");
    expect(await objects.create(linkName(1), Buffer.from("other"))).toBe("exists");
    expect(await readdir(join(folder, "incoming"))).toEqual([]);
    expect(Buffer.from((await objects.read(linkName(1), 64)) ?? []).equals(LINK)).toBe(true);
  });

  test("writes files that nobody may write to", async () => {
    await (await createFolderObjects(folder)).create(linkName(1), LINK);
    expect((await stat(join(folder, linkName(1)))).mode & 0o222).toBe(0);
  });

  test("is not disturbed by what a crash left unfinished", async () => {
    const objects = await createFolderObjects(folder);
    await writeFile(join(folder, "incoming", "half"), "edge402-led");
    await fill(objects);
    expect((await verifyArchive(objects)).findings).toEqual([]);
  });

  test("shows an unfinished file under a real name", async () => {
    const objects = await createFolderObjects(folder);
    await fill(objects);
    await writeFile(join(folder, linkName(4)), LINK.subarray(0, 20));
    expect((await verifyArchive(objects)).findings).toMatchObject([{ kind: "link_malformed", batch: 4 }]);
  });

  test.each<[string, (path: string) => Promise<void>]>([
    ["a symbolic link", (path) => symlink("/dev/zero", path)],
    ["a folder", async (path) => void (await mkdir(path))],
  ])("reads no file that is %s", async (_, make) => {
    const objects = await createFolderObjects(folder);
    await make(join(folder, linkName(1)));
    await expect(objects.read(linkName(1), 64)).rejects.toThrow(ArchiveUnavailableError);
  });

  test("that can't be made is unavailable", async () => {
    await writeFile(join(folder, "batches"), "");
    await expect(createFolderObjects(folder)).rejects.toThrow(ArchiveUnavailableError);
  });
});
