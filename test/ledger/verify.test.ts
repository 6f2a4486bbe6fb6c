/** `ledger verify`: one line where an archive is proven, and a line for each thing that is wrong with it. */

import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BUCKET, memoryS3 } from "../origin/archive/memory-s3.ts";
import { archiveOf, recordOf } from "../origin/archive/support.ts";
import { type ArchiveFolder, archiveFolder, run, tamper } from "./support.ts";

let archive: ArchiveFolder;
let folder: string;
beforeEach(async () => {
  archive = await archiveFolder();
  folder = archive.folder;
});
afterEach(() => archive.remove());

describe("verify", () => {
  test("says in one line that an archive is proven, and ends with 0", async () => {
    const { exitCode, out, err } = await run("verify", "--dir", folder);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^Proven: 3 batches, 9 records, 5 purchases, head bafkrei[a-z2-7]{52}\.$/);
    expect(err).toBe("");
  });

  test("names batch, line and order of what is wrong, and ends with 1", async () => {
    await tamper(folder, '"state":"refund_due"', '"state":"delivered"');
    const { exitCode, out } = await run("verify", "--dir", folder);
    expect(exitCode).toBe(1);
    const [altered, state, summary] = out.split("\n");
    expect(altered).toMatch(/^batch 3 \(batches\/bafkrei[a-z2-7]{52}\.ndjson\): batch_altered: /);
    expect(state).toContain(`line 3, ${recordOf(2, "refund_due").order}: state_wrong: `);
    expect(summary).toMatch(/^NOT proven, 2 findings: 3 batches, /);
  });

  test("does not let an archive write to the terminal what it likes", async () => {
    await tamper(folder, '"state":"refund_due"', '"state":"\\u001b[2J"');
    const { out } = await run("verify", "--dir", folder);
    expect(out).not.toContain("\u001b");
    expect(out).toContain("\\u{1b}[2J");
  });

  test("--json is one line with the verdict and the findings", async () => {
    expect(JSON.parse((await run("verify", "--dir", folder, "--json")).out)).toMatchObject({
      proven: true,
      batches: 3,
      head: { sequence: 3 },
      findings: [],
    });
    await tamper(folder, '"state":"refund_due"', '"state":"delivered"');
    const { exitCode, out } = await run("verify", "--dir", folder, "--json");
    expect(exitCode).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      proven: false,
      findings: [{ kind: "batch_altered", batch: 3 }, {}],
    });
  });

  test("--head tells a chain that was cut from one that was not", async () => {
    const whole: { head: { cid: string } } = JSON.parse((await run("verify", "--dir", folder, "--json")).out);
    const args = ["verify", "--dir", folder, "--head", whole.head.cid];
    expect((await run(...args)).exitCode).toBe(0);
    await rm(join(folder, "chain/000000000003"));
    await rm(join(folder, `batches/${whole.head.cid}.ndjson`));
    expect((await run("verify", "--dir", folder)).exitCode).toBe(0);
    const { exitCode, out } = await run(...args);
    expect(exitCode).toBe(1);
    expect(out).toContain(`the chain: head_missing: ${whole.head.cid} is not in the chain`);
  });

  test("proves nothing where there is no archive", async () => {
    await rm(join(folder, "chain"), { recursive: true });
    await rm(join(folder, "batches"), { recursive: true });
    const { exitCode, out } = await run("verify", "--dir", folder);
    expect(exitCode).toBe(1);
    expect(out).toContain("chain_empty");
  });

  test("shows that it goes on with a long chain", async () => {
    const long = await archiveFolder(Array.from({ length: 501 }, () => [recordOf(1, "settled")]));
    const { exitCode, err } = await run("verify", "--dir", long.folder);
    await long.remove();
    expect(exitCode).toBe(0);
    expect(err).toBe("500 of 501 batches checked");
  });

  test("reads a bucket as it does a folder", async () => {
    const s3 = memoryS3({ everyClient: true });
    const { files } = await archiveOf();
    for (const [name, bytes] of files) s3.files.set(name, bytes);
    const args = ["verify", "--bucket", BUCKET, "--region", "eu-central-1"];
    expect(await run(...args)).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/^Proven: 3 batches/),
    });
    s3.reachable = false;
    expect(await run(...args)).toMatchObject({
      exitCode: 1,
      err: "The archive can't be read (ServiceUnavailable).",
    });
  });

  test("says in one sentence that an archive can't be read", async () => {
    await rm(join(folder, "batches"), { recursive: true });
    await writeFile(join(folder, "batches"), "");
    const { exitCode, err } = await run("verify", "--dir", folder);
    expect(exitCode).toBe(1);
    expect(err).toBe("The archive can't be read (batches/: ENOTDIR).");
  });
});
