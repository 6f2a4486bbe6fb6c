/** `ledger show`: one purchase's history, as a dispute needs it. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ACTIVATION_CODE, TRANSACTION } from "../builders/origin-ports.ts";
import { SIGNATURE } from "../builders/origin-purchase.ts";
import { recordOf } from "../origin/archive/support.ts";
import { type ArchiveFolder, archiveFolder, run, tamper } from "./support.ts";

let archive: ArchiveFolder;
let folder: string;
beforeEach(async () => {
  archive = await archiveFolder();
  folder = archive.folder;
});
afterEach(() => archive.remove());

const delivered = recordOf(1, "delivered");

describe("show", () => {
  test("tells a purchase's whole history", async () => {
    const { exitCode, out } = await run("show", delivered.order, "--dir", folder);
    expect(exitCode).toBe(0);
    for (const text of [
      `Order ${delivered.order}`,
      "eSIM plans: eu-1gb",
      "4.20 USDC on Base (eip155:8453)",
      `https://basescan.org/tx/${TRANSACTION}`,
      "Timeline (UTC)",
      "batch 1, line 2, bafkrei",
      "batch 3, line 2, bafkrei",
      "Ledger check: holds",
      "Archive: Proven: 3 batches",
    ]) {
      expect(out).toContain(text);
    }
    const timeline = out
      .split("\n")
      .filter((line) => /^ {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} {2}/.test(line));
    expect(timeline.map((line) => line.split(/ +/)[3])).toEqual([
      "claimed",
      "settled",
      "ordered",
      "delivered",
    ]);
    expect(timeline[0]).toContain("state settling, price 4.20 USDC");
    expect(out).not.toContain(ACTIVATION_CODE);
    expect(out).not.toContain(SIGNATURE);
  });

  test("finds every purchase that a transaction paid for, in any case of its hash", async () => {
    const hash = `0x${TRANSACTION.slice(2).toUpperCase()}`;
    const { exitCode, out } = await run("show", hash, "--dir", folder, "--json");
    expect(exitCode).toBe(0);
    const { purchases }: { purchases: { order: string; places: unknown[] }[] } = JSON.parse(out);
    const paid = [1, 2, 4, 5].map((n) => recordOf(n, "settled").order);
    expect(purchases.map(({ order }) => order).sort()).toEqual(paid.sort());
    // Its first place is from before the transaction was known.
    expect(purchases.find(({ order }) => order === delivered.order)?.places).toHaveLength(3);
  });

  test("--json has the record, its places, the explorer's page and the check", async () => {
    const { out } = await run("show", delivered.order, "--dir", folder, "--json");
    expect(JSON.parse(out)).toMatchObject({
      purchases: [
        {
          order: delivered.order,
          amount: "4200000",
          explorer: `https://basescan.org/tx/${TRANSACTION}`,
          places: [
            { batch: 1, line: 2 },
            { batch: 2, line: 2 },
            { batch: 3, line: 2 },
          ],
          findings: [],
        },
      ],
      archive: { proven: true },
    });
  });

  test("says of a purchase that never was paid that there is no transaction", async () => {
    const { out } = await run("show", recordOf(3, "void").order, "--dir", folder);
    expect(out).toMatch(/Transaction +none/);
    expect(out).toContain("voided     reason expired");
  });

  test("shows what is wrong with the purchase, and ends with 1", async () => {
    await tamper(folder, '"state":"refund_due"', '"state":"delivered"');
    const { exitCode, out } = await run("show", recordOf(2, "settled").order, "--dir", folder);
    expect(exitCode).toBe(1);
    expect(out).toContain("Ledger check: DOES NOT HOLD");
    expect(out).toContain("state_wrong");
    expect(out).toContain("Archive: NOT proven");
  });

  test("ends with 1 when the archive is proven and lacks the purchase", async () => {
    const { exitCode, out } = await run("show", recordOf(9, "void").order, "--dir", folder);
    expect(exitCode).toBe(1);
    expect(out).toContain("The archive has no such purchase.");
    expect(out).toContain("Archive: Proven");
  });
});
