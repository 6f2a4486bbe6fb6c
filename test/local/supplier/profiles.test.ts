/** What a phone can do with an eSIM, and what time and use make of it. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DAY_MS, smdpStatuses } from "../../../scripts/local/supplier/profiles.ts";
import { RefusalError } from "../../../scripts/local/supplier/refusal.ts";
import { type SimulatedSupplier, startSupplier } from "../../../scripts/local/supplier/supplier.ts";
import { ACCESS_CODE, buy, codeOf } from "./api.ts";

const START = Date.UTC(2026, 10, 3, 10);
const GIBIBYTE = 1_073_741_824n;

let now = START;
let supplier: SimulatedSupplier;
let esimTranNo: string;

beforeEach(async () => {
  now = START;
  supplier = await startSupplier({ accessCode: ACCESS_CODE, allocationDelayMs: 0, now: () => now });
  esimTranNo = await buy(supplier);
});
afterEach(() => supplier.close());

const profile = () => supplier.orders[0]?.profiles[0];
const act = (action: string) => codeOf(supplier, `esim/${action}`, { esimTranNo });

describe("a phone", () => {
  test("goes step by step, and can do nothing else in between", () => {
    for (const next of ["DOWNLOAD", "INSTALLATION", "ENABLED", "DISABLED", "DELETED"] as const) {
      const before = profile()?.smdpStatus;
      for (const wrong of smdpStatuses) {
        const isLegal = wrong === next || (before === "INSTALLATION" && wrong === "DISABLED");
        const isBack = before === "DISABLED" && wrong === "ENABLED";
        if (!isLegal && !isBack) expect(() => supplier.moveAtSmdp(esimTranNo, wrong)).toThrow(RefusalError);
      }
      supplier.moveAtSmdp(esimTranNo, next);
      expect(profile()?.smdpStatus).toBe(next);
    }
  });

  test("joins a network only with the profile enabled", () => {
    expect(() => supplier.connect(esimTranNo)).toThrow(RefusalError);
    supplier.install(esimTranNo);
    expect(profile()).toMatchObject({ smdpStatus: "ENABLED", esimStatus: "IN_USE", activatedAtMs: START });
    expect(() => supplier.connect(esimTranNo)).toThrow(RefusalError);
  });

  test("that has downloaded a profile keeps it from being cancelled", async () => {
    supplier.moveAtSmdp(esimTranNo, "DOWNLOAD");
    expect(profile()?.esimStatus).toBe("GOT_RESOURCE");
    expect(await act("cancel")).toBe("200002");
  });

  test("can't install what is suspended, cancelled or unknown", async () => {
    await act("suspend");
    expect(() => supplier.install(esimTranNo)).toThrow(RefusalError);
    await act("unsuspend");
    await act("cancel");
    expect(() => supplier.install(esimTranNo)).toThrow(RefusalError);
    expect(() => supplier.install("1")).toThrow(RefusalError);
  });
});

describe("an eSIM", () => {
  test("whose data is gone is used up, and still is after a suspension", async () => {
    supplier.install(esimTranNo);
    supplier.consume(esimTranNo, GIBIBYTE - 1n);
    expect(profile()?.esimStatus).toBe("IN_USE");
    supplier.consume(esimTranNo, 1n);
    expect(profile()?.esimStatus).toBe("USED_UP");
    await act("suspend");
    await act("unsuspend");
    expect(profile()?.esimStatus).toBe("USED_UP");
  });

  test.each([
    ["that nobody installed expires unused", false, 180, "UNUSED_EXPIRED"],
    ["in use expires with its plan", true, 7, "USED_EXPIRED"],
  ])("%s, and nothing can be done with it then", async (_which, installed, days, status) => {
    if (installed) supplier.install(esimTranNo);
    now += days * DAY_MS - 1;
    supplier.tick();
    expect(profile()?.esimStatus).toBe(installed ? "IN_USE" : "GOT_RESOURCE");
    now += 1;
    for (const action of ["cancel", "suspend", "unsuspend", "revoke"])
      expect(await act(action)).toBe("200002");
    const topUp = { esimTranNo, packageCode: "TOPUP_CKH802", transactionId: "topup-1" };
    expect(await codeOf(supplier, "esim/topup", topUp)).toBe("200002");
    expect(profile()?.esimStatus).toBe(status);
  });

  test("that was topped up lives longer", async () => {
    supplier.install(esimTranNo);
    const topUp = { esimTranNo, packageCode: "TOPUP_CKH802", transactionId: "topup-1", amount: 9_000 };
    expect(await codeOf(supplier, "esim/topup", { ...topUp, amount: 8_999 })).toBe("200006");
    expect(await codeOf(supplier, "esim/topup", topUp)).toBe("0");
    now += 14 * DAY_MS - 1;
    supplier.tick();
    expect(profile()).toMatchObject({ esimStatus: "IN_USE", totalBytes: 2n * GIBIBYTE });
  });
});
