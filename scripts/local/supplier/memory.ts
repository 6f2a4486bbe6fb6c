/** The simulated supplier's memory in a file: written as a whole after each change, read at the next start. */

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import * as v from "valibot";
import { uint256Schema } from "../../../protocol/schema.ts";
import type { CatalogPackage } from "./catalog.ts";
import type { Memory, SimulatedOrder } from "./ledger.ts";
import { esimStatuses, smdpStatuses } from "./profiles.ts";

/** A file that holds no supplier's memory. Its message is a sentence for a person. */
export class SupplierMemoryError extends Error {
  override readonly name = "SupplierMemoryError";

  constructor(file: string, fault: string) {
    super(`${file} does not hold the eSIM supplier's memory (${fault}). Remove it to start without any.`);
  }
}

/** Activation codes stand in it. */
const OWNER_ALONE = 0o600;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** Unix milliseconds. */
const time = count;

const profileSchema = v.strictObject({
  esimTranNo: v.string(),
  iccid: v.string(),
  ac: v.string(),
  smdpStatus: v.picklist(smdpStatuses),
  esimStatus: v.picklist(esimStatuses),
  activatedAtMs: v.nullable(time),
  expiresAtMs: time,
  totalBytes: uint256Schema,
  usedBytes: uint256Schema,
  readings: v.array(v.strictObject({ atMs: time, usedBytes: uint256Schema })),
  totalDays: count,
  topups: v.array(v.string()),
});

const orderSchema = v.strictObject({
  orderNo: v.string(),
  transactionId: v.string(),
  packageCode: v.string(),
  count,
  price: uint256Schema,
  createdAtMs: time,
  readyAtMs: time,
  profiles: v.array(profileSchema),
});

const memorySchema = v.strictObject({
  seed: v.string(),
  issued: count,
  balance: uint256Schema,
  orders: v.array(orderSchema),
  webhook: v.nullable(v.string()),
});

/**
 * What was written last, or undefined where nothing was.
 *
 * @param packages the shelf: what an order is for is looked up on it
 * @throws SupplierMemoryError
 */
export function readMemory(file: string, packages: readonly CatalogPackage[]): Memory | undefined {
  if (!existsSync(file)) return undefined;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), memorySchema), readFileSync(file, "utf8"));
  if (!parsed.success)
    throw new SupplierMemoryError(file, v.getDotPath(parsed.issues[0]) ?? "no JSON object");
  const orders = parsed.output.orders.map((order): SimulatedOrder => {
    const bought = packages.find(({ packageCode }) => packageCode === order.packageCode);
    if (bought === undefined) throw new SupplierMemoryError(file, `no package ${order.packageCode}`);
    return { ...order, package: bought };
  });
  return { ...parsed.output, orders };
}

/** A process that is killed in between leaves the memory before, whole. */
export function writeMemory(file: string, memory: Memory): void {
  const orders = memory.orders.map(({ package: _, ...order }) => order);
  const unfinished = `${file}.unfinished`;
  writeFileSync(unfinished, JSON.stringify({ ...memory, orders }, amountsAsText), { mode: OWNER_ALONE });
  renameSync(unfinished, file);
}

function amountsAsText(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
