/** The simulated supplier with a file: what it sold before it was stopped is sold once, and is still there. */

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { listen } from "../../../scripts/local/listen.ts";
import { defaultPackages } from "../../../scripts/local/supplier/catalog.ts";
import { SupplierMemoryError } from "../../../scripts/local/supplier/memory.ts";
import {
  type SimulatedSupplier,
  type SupplierOptions,
  startSupplier,
} from "../../../scripts/local/supplier/supplier.ts";
import { ACCESS_CODE, buy, call, codeOf, usOrder } from "./api.ts";

const START = Date.UTC(2026, 10, 3, 10);
const ALLOCATION_DELAY_MS = 1_000;

let now = START;
let folder: string;
let file: string;
let running: SimulatedSupplier[] = [];

beforeEach(() => {
  now = START;
  folder = mkdtempSync(join(tmpdir(), "supplier-"));
  file = join(folder, "supplier.json");
});
afterEach(async () => {
  for (const supplier of running.splice(0)) await supplier.close();
  rmSync(folder, { recursive: true });
});

async function start(options: Partial<SupplierOptions> = {}): Promise<SimulatedSupplier> {
  const supplier = await startSupplier({
    accessCode: ACCESS_CODE,
    allocationDelayMs: ALLOCATION_DELAY_MS,
    file,
    now: () => now,
    ...options,
  });
  running = [...running, supplier];
  return supplier;
}

/** Another process with the same file: the one before gets no chance to write once more. */
const restart = start;

const query = (supplier: SimulatedSupplier, esimTranNo: string) =>
  call(supplier, "esim/query", { esimTranNo, pager: { pageNum: 1, pageSize: 50 } });

describe("after a restart", () => {
  test("an order that was being allocated gets its profile at its time", async () => {
    const esimTranNo = await buy(await start());
    const supplier = await restart();
    expect((await query(supplier, esimTranNo)).errorCode).toBe("200010");
    now += ALLOCATION_DELAY_MS;
    expect((await query(supplier, esimTranNo)).obj).toMatchObject({
      esimList: [{ esimTranNo, transactionId: usOrder.transactionId, esimStatus: "GOT_RESOURCE" }],
    });
  });

  test("an order that is sent again is the same one, and costs nothing", async () => {
    const before = await start();
    const first = await call(before, "esim/order", usOrder);
    const supplier = await restart();
    expect(await call(supplier, "esim/order", usOrder)).toEqual(first);
    expect(supplier.balance()).toBe(before.balance());
    expect(supplier.orders).toEqual(before.orders);
  });

  test("everything that happened to a profile is known", async () => {
    const before = await start();
    const esimTranNo = await buy(before);
    now += ALLOCATION_DELAY_MS;
    before.install(esimTranNo);
    before.consume(esimTranNo, 5n);
    const topup = { esimTranNo, packageCode: "TOPUP_CKH802", transactionId: "topup-1" };
    const topped = await call(before, "esim/topup", topup);
    await call(before, "esim/suspend", { esimTranNo });
    const supplier = await restart();
    expect(await query(supplier, esimTranNo)).toEqual(await query(before, esimTranNo));
    expect(await codeOf(supplier, "esim/unsuspend", { esimTranNo })).toBe("0");
    expect(await call(supplier, "esim/topup", topup)).toEqual(topped);
    expect(supplier.balance()).toBe(before.balance());
  });

  test("what was cancelled stays so, and its refund with it", async () => {
    const before = await start();
    const credit = before.balance();
    const esimTranNo = await buy(before);
    now += ALLOCATION_DELAY_MS;
    await call(before, "esim/cancel", { esimTranNo });
    const supplier = await restart();
    expect(supplier.balance()).toBe(credit);
    expect(await codeOf(supplier, "esim/cancel", { esimTranNo })).toBe("200002");
  });

  test("the webhook is known, and usage that was signed is signed by the same key", async () => {
    const before = await start();
    const esimTranNo = await buy(before);
    before.consume(esimTranNo, 5n);
    const hook = await listen(
      createServer((_request, response) => response.end()),
      "a webhook",
    );
    await call(before, "webhook/save", { webhook: `${hook.url}/path` });
    const supplier = await restart();
    expect((await call(supplier, "webhook/query", {})).obj).toEqual({ webhook: `${hook.url}/path` });
    const keys = async ({ usage }: SimulatedSupplier) => (await fetch(usage.keysUrl)).json();
    expect(await keys(supplier)).toEqual(await keys(before));
    expect(supplier.orders[0]?.profiles[0]?.readings).toEqual([{ atMs: now, usedBytes: 5n }]);
    await hook.close();
  });

  test("no number is handed out a second time", async () => {
    await call(await start({ seed: "test" }), "esim/order", usOrder);
    const supplier = await restart({ seed: "test" });
    await call(supplier, "esim/order", { ...usOrder, transactionId: "order-2" });
    const numbers = supplier.orders.flatMap(({ orderNo, profiles }) => [
      orderNo,
      ...profiles.map(({ iccid }) => iccid),
    ]);
    expect(new Set(numbers).size).toBe(4);
  });
});

describe("the file", () => {
  test("is written before an order is answered, whatever becomes of the answer", async () => {
    const before = await start();
    before.faults.add("esim/order", { kind: "reset_after" });
    await expect(call(before, "esim/order", usOrder)).rejects.toThrow();
    expect((await restart()).orders).toEqual(before.orders);
    expect(before.orders).toHaveLength(1);
  });

  test("is the owner's alone, and the only one that is left", async () => {
    await buy(await start());
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(existsSync(`${file}.unfinished`)).toBe(false);
  });

  test("does not matter when a write was cut short", async () => {
    const before = await start();
    await buy(before);
    writeFileSync(`${file}.unfinished`, '{"seed":');
    expect((await restart()).orders).toEqual(before.orders);
  });

  test("is not there where none was asked for", async () => {
    const supplier = await startSupplier({ accessCode: ACCESS_CODE });
    running.push(supplier);
    await buy(supplier);
    expect(existsSync(file)).toBe(false);
  });
});

describe("a broken file is a sentence that names it, and what is in it stays out of that:", () => {
  test.each([
    ["nothing", () => "", "no JSON object"],
    ["half of it", (text: string) => text.slice(0, -20), "no JSON object"],
    ["an order without its price", (text: string) => text.replace(/"price":"\d+",/, ""), "orders.0.price"],
    ["a negative credit", (text: string) => text.replace('"balance":"', '"balance":"-'), "balance"],
    ["a state that is none", (text: string) => text.replace("GOT_RESOURCE", "LOST"), "esimStatus"],
    ["another key", (text: string) => text.replace("{", '{"extra":1,'), "extra"],
  ])("%s", async (_, broken, fault) => {
    const before = await start();
    await buy(before);
    const [activationCode] = before.orders.flatMap(({ profiles }) => profiles.map(({ ac }) => ac));
    if (activationCode === undefined) throw new Error("a profile was bought");
    writeFileSync(file, broken(readFileSync(file, "utf8")));
    const error: unknown = await restart().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SupplierMemoryError);
    const message = error instanceof Error ? error.message : "";
    expect(message).toContain(`${file} does not hold`);
    expect(message).toContain(fault);
    expect(message).not.toContain(activationCode);
  });

  test("a package that is not on the shelf any more", async () => {
    await buy(await start());
    const packages = defaultPackages.filter(({ packageCode }) => packageCode !== "CKH802");
    await expect(restart({ packages })).rejects.toThrow("no package CKH802");
  });
});
