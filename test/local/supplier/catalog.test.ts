import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defaultPackages, planPackages, topupCode } from "../../../scripts/local/supplier/catalog.ts";
import { euLocations, globalLocations } from "../../../scripts/local/supplier/locations.ts";
import { type SimulatedSupplier, startSupplier } from "../../../scripts/local/supplier/supplier.ts";
import { ACCESS_CODE, call } from "./api.ts";

const byCode = new Map(defaultPackages.map((item) => [item.packageCode, item]));

describe("the default packages", () => {
  test("codes are unique, and every package can be topped up", () => {
    expect(byCode.size).toBe(defaultPackages.length);
    for (const { packageCode, type } of defaultPackages) {
      if (type === "BASE") expect(byCode.get(topupCode(packageCode))?.type).toBe("TOPUP");
    }
  });

  test.each([
    ["us-7day", 7, "US"],
    ["eu-30day", 30, "DE"],
    ["global-30day", 30, "JP"],
  ] as const)("the plan %s has two packages of %i days that work in %s, the cheaper first", (plan, days, location) => {
    const [first, second] = planPackages[plan].map((code) => byCode.get(code));
    for (const item of [first, second]) {
      expect(item).toMatchObject({ days, type: "BASE", locations: expect.arrayContaining([location]) });
    }
    expect(first?.price).toBeLessThan(second?.price ?? 0n);
  });

  test("EU-35 and GL-120 cover as many areas as they say", () => {
    expect(new Set(euLocations).size).toBe(35);
    expect(new Set(globalLocations).size).toBe(120);
    expect(globalLocations).toHaveLength(120);
  });
});

describe("package/list", () => {
  let supplier: SimulatedSupplier;
  beforeAll(async () => {
    supplier = await startSupplier({ accessCode: ACCESS_CODE });
  });
  afterAll(() => supplier.close());

  test.each([
    ["a code", { packageCode: "CKH491" }, ["CKH491"]],
    ["a slug", { slug: "NA-3_1_7" }, ["CKH491"]],
    ["a country", { locationCode: "CA" }, ["CKH491", "CKH118", "CKH121", "CKH124"]],
    ["!GL", { locationCode: "!GL" }, ["CKH118", "CKH121", "CKH124"]],
    ["!RG", { locationCode: "!RG" }, ["CKH491", "CKH518", "CKH520", "CKH523", "CKH527"]],
    ["an unknown code", { packageCode: "NONE" }, []],
    ["top-ups of a slug", { type: "TOPUP", slug: "US_1_7" }, ["TOPUP_CKH802"]],
  ])("lists packages by %s", async (_by, filter, codes) => {
    const { obj } = await call(supplier, "package/list", filter);
    expect(obj).toMatchObject({ packageList: codes.map((packageCode) => ({ packageCode })) });
  });
});
