import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DAY_MS } from "../../../scripts/local/supplier/profiles.ts";
import { type SimulatedSupplier, startSupplier } from "../../../scripts/local/supplier/supplier.ts";
import { ACCESS_CODE, buy, call, codeOf, usOrder } from "./api.ts";

const START = Date.UTC(2026, 10, 3, 10);
const START_BALANCE = 1_000_000_000n;
const PRICE = 9_000n;
const GIBIBYTE = 1_073_741_824;

let now = START;
let supplier: SimulatedSupplier;
let esimTranNo = "";

beforeEach(async () => {
  now = START;
  supplier = await startSupplier({ accessCode: ACCESS_CODE, allocationDelayMs: 0, now: () => now });
  esimTranNo = await buy(supplier);
});
afterEach(() => supplier.close());

const profile = () => supplier.orders[0]?.profiles[0];
const act = (action: string) => codeOf(supplier, `esim/${action}`, { esimTranNo });

describe("a profile's life", () => {
  test("what is still being allocated can't be cancelled yet", async () => {
    const slow = await startSupplier({ accessCode: ACCESS_CODE, allocationDelayMs: 1_000, now: () => now });
    const pending = { esimTranNo: await buy(slow) };
    expect(await codeOf(slow, "esim/cancel", pending)).toBe("200010");
    now += 1_000;
    expect(await codeOf(slow, "esim/cancel", pending)).toBe("0");
    await slow.close();
  });

  test("cancelling refunds, once", async () => {
    expect([await act("cancel"), await act("cancel")]).toEqual(["0", "200002"]);
    expect(supplier.balance()).toBe(START_BALANCE);
    expect(profile()?.esimStatus).toBe("CANCEL");
  });

  test("a repeated order of a cancelled profile does not buy again", async () => {
    await act("cancel");
    await call(supplier, "esim/order", usOrder);
    expect(supplier.orders).toHaveLength(1);
    expect(supplier.balance()).toBe(START_BALANCE);
  });

  test("an installed profile is in use for its plan's days and can't be cancelled", async () => {
    supplier.install(esimTranNo);
    expect(profile()).toMatchObject({
      esimStatus: "IN_USE",
      smdpStatus: "ENABLED",
      expiresAtMs: START + 7 * DAY_MS,
    });
    expect(await act("cancel")).toBe("200002");
    expect(supplier.balance()).toBe(START_BALANCE - PRICE);
  });

  test("revoking works on an installed profile and refunds nothing", async () => {
    supplier.install(esimTranNo);
    expect([await act("revoke"), await act("revoke"), await act("cancel")]).toEqual([
      "0",
      "200002",
      "200002",
    ]);
    expect(supplier.balance()).toBe(START_BALANCE - PRICE);
  });

  test("a suspended profile wakes up as what it was", async () => {
    expect(await act("unsuspend")).toBe("200002");
    expect([await act("suspend"), await act("suspend"), await act("unsuspend")]).toEqual([
      "0",
      "200002",
      "0",
    ]);
    expect(profile()?.esimStatus).toBe("GOT_RESOURCE");
    supplier.install(esimTranNo);
    await act("suspend");
    expect(profile()?.esimStatus).toBe("SUSPENDED");
    await act("unsuspend");
    expect(profile()?.esimStatus).toBe("IN_USE");
  });

  test("an unknown profile is refused", async () => {
    expect(await codeOf(supplier, "esim/cancel", { esimTranNo: "1" })).toBe("310403");
    expect(await codeOf(supplier, "esim/cancel", {})).toBe("000106");
  });
});

describe("topping up", () => {
  const topup = (change: object = {}) =>
    call(supplier, "esim/topup", {
      esimTranNo,
      packageCode: "TOPUP_CKH802",
      transactionId: "topup-1",
      ...change,
    });

  test("adds data and days, once for each transaction id", async () => {
    supplier.install(esimTranNo);
    const first = await topup();
    expect(first.obj).toMatchObject({
      totalVolume: 2 * GIBIBYTE,
      totalDuration: 14,
      expiredTime: "2026-11-17T10:00:00+0000",
      topUpEsimTranNo: esimTranNo,
    });
    expect(await topup()).toEqual(first);
    expect(supplier.balance()).toBe(START_BALANCE - 2n * PRICE);
  });

  test("ends with the plan, and fits only the package that was bought", async () => {
    expect((await topup({ packageCode: "TOPUP_CKH491" })).errorCode).toBe("310241");
    supplier.install(esimTranNo);
    now += 7 * DAY_MS;
    expect((await topup()).errorCode).toBe("200002");
  });
});

test("usage shows what was consumed, for ten profiles at most", async () => {
  supplier.consume(esimTranNo, 1_000n);
  expect((await call(supplier, "esim/usage/query", { esimTranNoList: [esimTranNo] })).obj).toEqual({
    esimUsageList: [
      { esimTranNo, dataUsage: 1_000, totalData: GIBIBYTE, lastUpdateTime: "2026-11-03T10:00:00+0000" },
    ],
  });
  expect(await codeOf(supplier, "esim/usage/query", { esimTranNoList: Array(11).fill("1") })).toBe("000106");
});
