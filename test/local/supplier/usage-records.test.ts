import * as v from "valibot";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type UsageRecord, verifyUsageRecord } from "../../../origin/usage/verify.ts";
import { usageKeySetSchema } from "../../../protocol/usage.ts";
import {
  type SimulatedSupplier,
  type SupplierOptions,
  startSupplier,
} from "../../../scripts/local/supplier/supplier.ts";
import { ACCESS_CODE, buy, call } from "./api.ts";

const START = Date.UTC(2026, 10, 3, 10);
const HOUR_MS = 3_600_000;
const HEADERS = { "RT-AccessCode": ACCESS_CODE };

let now = START;
let supplier: SimulatedSupplier;
let esimTranNo: string;

const start = (options: Partial<SupplierOptions> = {}) =>
  startSupplier({ accessCode: ACCESS_CODE, allocationDelayMs: 0, now: () => now, seed: "test", ...options });

beforeEach(async () => {
  now = START;
  supplier = await start();
  esimTranNo = await buy(supplier);
});
afterEach(() => supplier.close());

async function records(from = supplier, after = 0): Promise<readonly string[]> {
  const response = await fetch(`${from.usage.recordsUrl}/${esimTranNo}?after=${after}`, { headers: HEADERS });
  return v.parse(v.object({ records: v.array(v.string()) }), await response.json()).records;
}

/** Reads the records as the origin has to: each against the one before. */
async function verified(all: readonly string[]): Promise<readonly (UsageRecord | string)[]> {
  const keys = v.parse(usageKeySetSchema, await (await fetch(supplier.usage.keysUrl)).json());
  const found: (UsageRecord | string)[] = [];
  let previous: UsageRecord | null = null;
  for (const record of all) {
    const expected = {
      keys,
      issuer: supplier.usage.issuer,
      esimTranNo,
      previous,
      now: Math.floor(now / 1_000),
    };
    const result = await verifyUsageRecord(record, expected);
    found.push(result.ok ? result.value : result.reason);
    if (result.ok) previous = result.value;
  }
  return found;
}

test("each use of data makes one signed record, and they add up", async () => {
  supplier.consume(esimTranNo, 100n);
  now += 1_000;
  supplier.consume(esimTranNo, 50n);
  expect(await verified(await records())).toEqual([
    { esimTranNo, sequence: 1, usedBytes: 100n, measuredAt: START / 1_000 },
    { esimTranNo, sequence: 2, usedBytes: 150n, measuredAt: START / 1_000 + 1 },
  ]);
});

test("records that are known already are left out, and a record is the same bytes each time", async () => {
  supplier.consume(esimTranNo, 1n);
  supplier.consume(esimTranNo, 1n);
  const [first, second] = await records();
  expect(await records(supplier, 1)).toEqual([second]);
  expect(await records()).toEqual([first, second]);
});

test("the same seed signs with the same key", async () => {
  const twin = await start();
  const keys = async (url: string) => (await fetch(url)).json();
  expect(await keys(twin.usage.keysUrl)).toEqual(await keys(supplier.usage.keysUrl));
  await twin.close();
});

test("the key set shows no private part", async () => {
  expect(await (await fetch(supplier.usage.keysUrl)).text()).not.toContain('"d"');
});

test("records are for the account's holder, and an eSIM that nobody knows has none", async () => {
  const { recordsUrl } = supplier.usage;
  expect((await fetch(`${recordsUrl}/${esimTranNo}`)).status).toBe(401);
  expect((await fetch(`${recordsUrl}/1`, { headers: HEADERS })).status).toBe(404);
});

test("a record that a test plants is shown and does not verify", async () => {
  supplier.consume(esimTranNo, 1n);
  const [own = ""] = await records();
  supplier.usage.plant(esimTranNo, `${own.slice(0, -8)}AAAAAAAA`);
  expect(await verified(await records())).toEqual([
    "signature_invalid",
    expect.objectContaining({ sequence: 1 }),
  ]);
});

test("usage and its records come as late as the network reports", async () => {
  const late = await start({ usageLagMs: 2 * HOUR_MS });
  await buy(late);
  late.consume(esimTranNo, 100n);
  const usage = async () =>
    (await call(late, "esim/usage/query", { esimTranNoList: [esimTranNo] })).obj?.["esimUsageList"];
  expect(await usage()).toMatchObject([{ dataUsage: 0, lastUpdateTime: "2026-11-03T08:00:00+0000" }]);
  expect(await records(late)).toEqual([]);
  now += 2 * HOUR_MS;
  expect(await usage()).toMatchObject([{ dataUsage: 100, lastUpdateTime: "2026-11-03T10:00:00+0000" }]);
  expect(await records(late)).toHaveLength(1);
  await late.close();
});
