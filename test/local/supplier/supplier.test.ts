import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { signRequest } from "../../../origin/supplier/signature.ts";
import { DAY_MS } from "../../../scripts/local/supplier/profiles.ts";
import { type SimulatedSupplier, startSupplier } from "../../../scripts/local/supplier/supplier.ts";
import { isIccid } from "../../builders/iccid.ts";
import { ACCESS_CODE, buy, call, codeOf, usOrder } from "./api.ts";

const SECRET_KEY = "test-secret-key";
const START = Date.UTC(2026, 10, 3, 10);
const START_BALANCE = 1_000_000_000n;

let now = START;
let supplier: SimulatedSupplier;

beforeEach(async () => {
  now = START;
  supplier = await startSupplier({
    accessCode: ACCESS_CODE,
    secretKey: SECRET_KEY,
    allocationDelayMs: 0,
    seed: "test",
    now: () => now,
  });
});
afterEach(() => supplier.close());

describe("who is let in", () => {
  const signed = (change: Record<string, string> = {}) => {
    const timestamp = String(now);
    const parts = { timestamp, requestId: "1", accessCode: ACCESS_CODE, body: "{}" };
    return {
      "RT-AccessCode": ACCESS_CODE,
      "RT-Timestamp": timestamp,
      "RT-RequestID": "1",
      "RT-Signature": signRequest(SECRET_KEY, parts),
      ...change,
    };
  };
  const seconds = String(START / 1_000);

  test.each([
    ["the access code alone", { "RT-AccessCode": ACCESS_CODE }, "0"],
    ["a right signature", signed(), "0"],
    [
      "a right signature over seconds",
      signed({
        "RT-Timestamp": seconds,
        "RT-Signature": signRequest(SECRET_KEY, {
          timestamp: seconds,
          requestId: "1",
          accessCode: ACCESS_CODE,
          body: "{}",
        }),
      }),
      "0",
    ],
    ["no access code", {}, "000101"],
    ["a wrong access code", { "RT-AccessCode": "wrong" }, "000102"],
    ["a signature without its timestamp", signed({ "RT-Timestamp": "" }), "000101"],
    ["a timestamp that is none", signed({ "RT-Timestamp": "now" }), "101001"],
    ["a timestamp an hour old", signed({ "RT-Timestamp": String(START - 3_600_000) }), "101001"],
    ["a signature over another request id", signed({ "RT-RequestID": "2" }), "101003"],
  ])("%s gets its code", async (_who, headers, code) => {
    expect(await codeOf(supplier, "balance/query", "{}", headers)).toBe(code);
  });

  test("a signature over another body is refused", async () => {
    expect(await codeOf(supplier, "balance/query", "{ }", signed())).toBe("101003");
  });

  test("a method other than POST, a body that is no JSON and an unknown path are told apart", async () => {
    const got = await fetch(`${supplier.url}/balance/query`, { headers: { "RT-AccessCode": ACCESS_CODE } });
    expect(await got.json()).toMatchObject({ success: false, errorCode: "000103" });
    expect(await codeOf(supplier, "balance/query", "{")).toBe("000104");
    expect((await fetch(`${supplier.url}/nothing`, { method: "POST", body: "{}" })).status).toBe(404);
  });
});

describe("ordering", () => {
  test("a repeated transaction id is the first order, with whatever else it comes", async () => {
    const first = await call(supplier, "esim/order", usOrder);
    const other = { ...usOrder, amount: 5, packageInfoList: [{ packageCode: "CKH491", count: 3, price: 1 }] };
    expect(await call(supplier, "esim/order", other)).toEqual(first);
    expect(supplier.orders).toHaveLength(1);
    expect(supplier.balance()).toBe(START_BALANCE - 9_000n);
  });

  test("a refused order may be sent again under its transaction id", async () => {
    supplier.setStock("CKH802", 0);
    expect(await codeOf(supplier, "esim/order", usOrder)).toBe("200011");
    supplier.setStock("CKH802", 1);
    expect(await codeOf(supplier, "esim/order", usOrder)).toBe("0");
    expect(await codeOf(supplier, "esim/order", { ...usOrder, transactionId: "order-2" })).toBe("200011");
  });

  const item = { packageCode: "CKH802", count: 1, price: 9_000 };
  test.each([
    ["a price that is not the package's", { packageInfoList: [{ ...item, price: 8_999 }] }, "200005"],
    ["an amount that is not the sum", { amount: 9_001 }, "200006"],
    ["an unknown package", { packageInfoList: [{ ...item, packageCode: "NONE" }] }, "310241"],
    ["a top-up package", { packageInfoList: [{ ...item, packageCode: "TOPUP_CKH802" }] }, "310241"],
    ["a slug in place of a code", { packageInfoList: [{ slug: "US_1_7", count: 1 }] }, "200008"],
    ["31 profiles", { packageInfoList: [{ ...item, count: 31 }] }, "200008"],
    ["a transaction id of 51 characters", { transactionId: "x".repeat(51) }, "200008"],
    ["no package", { packageInfoList: [] }, "200008"],
  ])("%s is refused and costs nothing", async (_why, change, code) => {
    expect(await codeOf(supplier, "esim/order", { ...usOrder, ...change })).toBe(code);
    expect(supplier.orders).toEqual([]);
    expect(supplier.balance()).toBe(START_BALANCE);
  });

  test("price and amount may be left out", async () => {
    const { transactionId } = usOrder;
    const packageInfoList = [{ packageCode: "CKH802", count: 2 }];
    expect(await codeOf(supplier, "esim/order", { transactionId, packageInfoList })).toBe("0");
    expect(supplier.balance()).toBe(START_BALANCE - 18_000n);
  });

  test("every profile has its own number, valid ICCID and matching id, the same again for the same seed", async () => {
    const order = { transactionId: "many", packageInfoList: [{ packageCode: "CKH802", count: 30 }] };
    const twin = await startSupplier({ accessCode: ACCESS_CODE, seed: "test" });
    await call(supplier, "esim/order", order);
    await call(twin, "esim/order", order);
    const profiles = supplier.orders[0]?.profiles ?? [];
    for (const key of ["esimTranNo", "iccid", "ac"] as const) {
      expect(new Set(profiles.map((profile) => profile[key])).size).toBe(30);
    }
    expect(profiles.every((profile) => isIccid(profile.iccid))).toBe(true);
    expect(twin.orders[0]?.profiles.map((profile) => profile.ac)).toEqual(
      profiles.map((profile) => profile.ac),
    );
    await twin.close();
  });
});

describe("querying", () => {
  const pager = { pageNum: 1, pageSize: 50 };

  test("a profile is found by order, by its number, by ICCID and by time", async () => {
    const esimTranNo = await buy(supplier);
    const order = supplier.orders[0];
    const found = { errorCode: "0", obj: { esimList: [{ esimTranNo, transactionId: "order-1" }] } };
    const hour = { startTime: "2026-11-03T09:30:00+0000", endTime: "2026-11-03T10:30:00+0000" };
    for (const by of [
      { orderNo: order?.orderNo },
      { esimTranNo },
      { iccid: order?.profiles[0]?.iccid },
      hour,
    ]) {
      expect(await call(supplier, "esim/query", { ...by, pager })).toMatchObject(found);
    }
    now += DAY_MS;
    const later = { startTime: "2026-11-04T09:30:00+0000", endTime: "2026-11-04T10:30:00+0000" };
    expect(await call(supplier, "esim/query", { ...later, pager })).toMatchObject({ obj: { esimList: [] } });
  });

  test.each([
    ["an unknown order", { orderNo: "B1", pager }, "310272"],
    ["an unknown ICCID", { iccid: "8944110000000000008", pager }, "310403"],
    ["nothing to look for", { pager }, "000106"],
    ["a page of four", { orderNo: "B1", pager: { pageNum: 1, pageSize: 4 } }, "000106"],
    ["no pager", { orderNo: "B1" }, "000106"],
  ])("%s is refused", async (_why, body, code) => {
    expect(await codeOf(supplier, "esim/query", body)).toBe(code);
  });
});

test("requests beyond the rate are refused as busy, and taken again a second later", async () => {
  const strict = await startSupplier({ accessCode: ACCESS_CODE, requestsPerSecond: 8, now: () => now });
  const codes: string[] = [];
  for (let i = 0; i < 9; i++) codes.push(await codeOf(strict, "balance/query", {}));
  expect(codes).toEqual([...Array(8).fill("0"), "900001"]);
  now += 1_000;
  expect(await codeOf(strict, "balance/query", {})).toBe("0");
  await strict.close();
});

test("closing ends requests that hang or wait", async () => {
  supplier.faults.add("balance/query", { kind: "hang" });
  supplier.faults.add("balance/query", { kind: "delay", ms: 60_000 });
  const hanging = [call(supplier, "balance/query", {}), call(supplier, "balance/query", {})];
  const ended = Promise.allSettled(hanging);
  while (supplier.calls.length < 2) await new Promise((resolve) => setImmediate(resolve));
  await supplier.close();
  expect((await ended).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});
