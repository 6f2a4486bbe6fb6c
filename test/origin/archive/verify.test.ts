/** The check of a whole archive: one rule a test, on an archive that is right but for one thing. */

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type Batch, encodeBatch } from "../../../origin/archive/batch.ts";
import { type Cid, cidOf } from "../../../origin/archive/cid.ts";
import { batchName, decodeLink, encodeLink, linkName } from "../../../origin/archive/layout.ts";
import type { ArchiveRecord } from "../../../origin/archive/record.ts";
import { verifyArchive } from "../../../origin/archive/verify.ts";
import { appendEvent } from "../../../origin/purchase/ledger.ts";
import { bytesToHex } from "../../../protocol/hex.ts";
import { usdc } from "../../../protocol/money.ts";
import { AT, archiveOf, type MemoryObjects, memoryObjects, recordOf, stages } from "./support.ts";

const HEX_64: `0x${string}` = `0x${"cc".repeat(32)}`;

/** Forges a chain of these batches, hashes and links all right, whatever stands in them. */
function forged(batches: readonly (readonly ArchiveRecord[])[], change: Partial<Batch> = {}): MemoryObjects {
  const objects = memoryObjects();
  let previous: Cid | null = null;
  for (const [index, records] of batches.entries()) {
    const isLast = index === batches.length - 1;
    const batch: Batch = { sequence: index + 1, previous, createdAt: AT, records, ...(isLast ? change : {}) };
    const { cid, bytes } = encodeBatch(batch);
    objects.files.set(batchName(cid), bytes);
    objects.files.set(linkName(index + 1), encodeLink(cid));
    previous = cid;
  }
  return objects;
}

async function findingsIn(objects: MemoryObjects) {
  return (await verifyArchive(objects)).findings;
}

async function kindsIn(objects: MemoryObjects): Promise<string[]> {
  return (await findingsIn(objects)).map(({ kind }) => kind);
}

/** The name of the batch that has this place in the chain. */
function batchAt(objects: MemoryObjects, sequence: number): string {
  const cid = decodeLink(objects.files.get(linkName(sequence)) ?? new Uint8Array());
  if (cid === undefined) throw new Error(`there is no link ${sequence}`);
  return batchName(cid);
}

const settled = recordOf(1, "settled");
const delivered = recordOf(1, "delivered");

describe("an archive", () => {
  test("that is right is proven, and counted", async () => {
    const objects = await archiveOf();
    const verification = await verifyArchive(objects);
    expect(verification).toMatchObject({ findings: [], batches: 3, records: 9, purchases: 5 });
    expect(verification.head?.sequence).toBe(3);
  });

  test("that is empty is not proven", async () => {
    expect(await kindsIn(memoryObjects())).toEqual(["chain_empty"]);
  });

  test("is proven only with the expected batch in it", async () => {
    const objects = await archiveOf();
    const { head } = await verifyArchive(objects);
    const expected = head?.cid ?? cidOf(new Uint8Array());
    expect((await verifyArchive(objects, { expected })).findings).toEqual([]);
    const cut = await archiveOf(stages.slice(0, 2));
    expect((await verifyArchive(cut, { expected })).findings).toMatchObject([{ kind: "head_missing" }]);
  });

  test("hands out its records with their places, and tells how far it is", async () => {
    const places: string[] = [];
    const progress: string[] = [];
    await verifyArchive(await archiveOf(), {
      onRecord: ({ order }, { batch, line }) => places.push(`${order} ${batch}:${line}`),
      onProgress: (done, total) => progress.push(`${done}/${total}`),
    });
    expect(places).toHaveLength(9);
    expect(places[4]).toBe(`${recordOf(4, "delivered").order} 2:3`);
    expect(progress).toEqual(["1/3", "2/3", "3/3"]);
  });
});

describe("the chain", () => {
  test("with a missing link is told of once, with its place", async () => {
    const objects = await archiveOf();
    objects.files.delete(linkName(2));
    expect(await findingsIn(objects)).toContainEqual(
      expect.objectContaining({ kind: "link_missing", batch: 2, object: linkName(2) }),
    );
  });

  test("with a link far beyond its end has one finding for all that is missing", async () => {
    const objects = await archiveOf();
    objects.files.set(linkName(999_999_999_999), encodeLink(cidOf(new Uint8Array())));
    expect(await kindsIn(objects)).toEqual(["link_missing", "batch_missing"]);
  });

  test("with a link that names no batch", async () => {
    const objects = await archiveOf();
    objects.files.set(linkName(3), Buffer.from("latest\n"));
    expect(await kindsIn(objects)).toContain("link_malformed");
  });

  test("with a batch that is gone", async () => {
    const objects = await archiveOf();
    objects.files.delete(batchAt(objects, 2));
    expect(await kindsIn(objects)).toEqual(["batch_missing"]);
  });

  test("with a foreign object in it", async () => {
    const objects = await archiveOf();
    for (const name of ["chain/4", "chain/000000000000", "batches/notes.txt"]) {
      objects.files.set(name, new Uint8Array());
    }
    expect(await kindsIn(objects)).toEqual(["object_foreign", "object_foreign", "object_foreign"]);
  });

  test("with a batch that claims another place", async () => {
    expect(await kindsIn(forged([[settled], [delivered]], { sequence: 3 }))).toEqual(["sequence_wrong"]);
  });

  test("with a batch that follows another than the one before", async () => {
    const objects = forged([[settled], [delivered]], { previous: cidOf(new Uint8Array()) });
    expect(await kindsIn(objects)).toEqual(["previous_wrong"]);
  });

  test("with an altered record names batch, line and order", async () => {
    const objects = await archiveOf();
    const name = batchAt(objects, 3);
    const text = Buffer.from(objects.files.get(name) ?? []).toString();
    objects.files.set(name, Buffer.from(text.replace('"state":"refund_due"', '"state":"delivered"')));
    const { order } = recordOf(2, "refund_due");
    expect(await findingsIn(objects)).toMatchObject([
      { kind: "batch_altered", batch: 3, object: name },
      { kind: "state_wrong", batch: 3, line: 3, order },
    ]);
  });
});

describe("a record, though every hash around it is right", () => {
  const other = recordOf(2, "settled");
  const [claim, ...rest] = delivered.ledger;

  test.each<[string, string, Partial<ArchiveRecord>]>([
    ["no ledger", "ledger_broken", { ledger: [] }],
    ["an entry without the one before", "ledger_broken", { ledger: rest }],
    [
      "an entry at another time",
      "ledger_broken",
      { ledger: claim === undefined ? [] : [{ ...claim, at: 1 }, ...rest] },
    ],
    [
      "a ledger that does not begin with the claim",
      "ledger_broken",
      { ledger: [...appendEvent([], AT, { type: "voided", reason: "x" })] },
    ],
    ["another's order id", "facts_wrong", { order: other.order }],
    ["another's nonce", "facts_wrong", { nonce: other.nonce }],
    ["another payer", "facts_wrong", { payer: other.payTo }],
    ["another token", "facts_wrong", { asset: other.payTo }],
    ["another amount", "facts_wrong", { amount: usdc(1n) }],
    ["another transaction", "facts_wrong", { transaction: HEX_64 }],
    ["no transaction", "facts_wrong", { transaction: null }],
    ["another fingerprint", "facts_wrong", { fingerprint: HEX_64 }],
    ["another invoice", "facts_wrong", { invoice: "2".repeat(20) }],
    ["a state that its last event does not lead to", "state_wrong", { state: "settled" }],
    ["an event that nobody knows", "state_wrong", { ledger: unknownEvent() }],
  ])("with %s is %s", async (_, kind, change) => {
    expect(await kindsIn(forged([[{ ...delivered, ...change }]]))).toEqual([kind]);
  });

  test("with fewer events than an earlier batch has is a rewritten history", async () => {
    expect(await kindsIn(forged([[delivered], [settled]]))).toEqual(["history_rewritten"]);
  });

  test("with other events than an earlier batch has is a rewritten history", async () => {
    expect(await kindsIn(forged([[settled], [recordOf(1, "void")]]))).toEqual(["history_rewritten"]);
  });

  test.each<[string, Partial<ArchiveRecord>]>([
    ["recipient", { payTo: `0x${"dd".repeat(20)}` }],
    ["goods", { goods: { kind: "resource", path: "/report" } }],
    ["time of claim", { createdAt: 1 }],
    ["expiry", { validBefore: 1n }],
    ["x402 version", { x402Version: 1 }],
  ])("with another %s than an earlier batch has is a changed fact", async (_, change) => {
    expect(await kindsIn(forged([[settled], [{ ...delivered, ...change }]]))).toEqual(["facts_changed"]);
  });
});

/** A ledger that goes on, rightly hashed, with an event of a program to come. */
function unknownEvent(): ArchiveRecord["ledger"] {
  const event = JSON.stringify({ type: "gifted" });
  const text = JSON.stringify([delivered.ledger.at(-1)?.hash, AT, event]);
  return [
    ...delivered.ledger,
    { at: AT, event, hash: bytesToHex(createHash("sha256").update(text).digest()) },
  ];
}
