/** Archives for the tests: objects in memory, and a small chain in which purchases come up and grow. */

import { type Appended, append } from "../../../origin/archive/append.ts";
import type { Head, WriteOnceObjects } from "../../../origin/archive/port.ts";
import { type ArchiveRecord, archiveRecord } from "../../../origin/archive/record.ts";
import { createArchive } from "../../../origin/archive/store.ts";
import type { PurchaseState } from "../../../origin/purchase/states.ts";
import type { Hex } from "../../../protocol/hex.ts";
import { grantedPayment, orderOf, purchaseIn } from "../../builders/origin-purchase.ts";
import { NOW } from "../../builders/payment.ts";

export const AT = NOW * 1_000;

export interface MemoryObjects extends WriteOnceObjects {
  /** For tests to tamper with. */
  readonly files: Map<string, Uint8Array>;
}

export function memoryObjects(files: ReadonlyMap<string, Uint8Array> = new Map()): MemoryObjects {
  const held = new Map(files);
  return {
    files: held,
    async *list(prefix) {
      yield* [...held.keys()].filter((name) => name.startsWith(prefix)).sort();
    },
    read: async (name, maxBytes) => held.get(name)?.slice(0, maxBytes + 1),
    create: async (name, bytes) => {
      if (held.has(name)) return "exists";
      held.set(name, Uint8Array.from(bytes));
      return "written";
    },
  };
}

/** The record of the purchase number `n` (0 to 255) in this state. */
export function recordOf(n: number, state: PurchaseState): ArchiveRecord {
  const payment = grantedPayment();
  const nonce: Hex = `0x${n.toString(16).padStart(2, "0").repeat(32)}`;
  const authorization = { ...payment.authorization, nonce };
  const id = orderOf({ network: payment.network, authorization });
  return archiveRecord(purchaseIn(state, { id, authorization }));
}

/** Three batches: purchases are claimed, settled, delivered; others come along; one is void. */
export const stages: readonly (readonly ArchiveRecord[])[] = [
  [recordOf(1, "settling"), recordOf(2, "settled"), recordOf(3, "settling")],
  [recordOf(1, "settled"), recordOf(4, "delivered"), recordOf(3, "void")],
  [recordOf(1, "delivered"), recordOf(2, "refund_due"), recordOf(5, "ordered")],
];

/** An archive in memory with one batch for each of `batches`. */
export async function archiveOf(
  batches: readonly (readonly ArchiveRecord[])[] = stages,
): Promise<MemoryObjects> {
  const objects = memoryObjects();
  await fill(objects, batches);
  return objects;
}

export async function fill(
  objects: WriteOnceObjects,
  batches: readonly (readonly ArchiveRecord[])[] = stages,
): Promise<void> {
  const archive = createArchive(objects);
  let head: Head | null = null;
  for (const [index, records] of batches.entries()) {
    const appended: Appended = await append(archive, head, records, AT + index);
    if (appended.kind !== "appended") throw new Error("somebody else fills this archive");
    head = appended.head;
  }
}
