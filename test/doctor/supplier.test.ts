/** The supplier, against the simulated one. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseMerchant } from "../../protocol/merchant.ts";
import { supplierChecks } from "../../scripts/doctor/before/supplier.ts";
import type { Found, SupplierSecret } from "../../scripts/doctor/environment.ts";
import { type SimulatedSupplier, startSupplier } from "../../scripts/local/supplier/supplier.ts";
import { configInput } from "../builders/config.ts";
import { resultsOf } from "./support.ts";

const SECRET: SupplierSecret = { accessCode: "access-code-1234", secretKey: "secret-key-5678" };

let supplier: SimulatedSupplier;

beforeAll(async () => {
  // Just what the dearer plan costs.
  supplier = await startSupplier({ ...SECRET, balance: 98_000n });
});

afterAll(() => supplier.close());

const plan = { price: "20.00", title: "A plan", coverage: ["US"], dataMb: 1_024, days: 7 };
const cheap = { ...plan, packageCode: "CKH802", wholesaleUsd: "0.90" };
const dear = { ...plan, packageCode: "CKH121", wholesaleUsd: "9.80" };

function check(plans = { cheap, dear }, secret: Found<SupplierSecret> = SECRET, now = Date.now) {
  const input = {
    ...configInput({ catalog: { plans, resources: {} } }),
    deploy: { supplierUrl: supplier.url },
  };
  return resultsOf(supplierChecks(parseMerchant(input), secret, now));
}

describe("the supplier", () => {
  test("passes with credit for the dearest plan and packages at their prices", async () => {
    const results = await check();
    expect([...results.values()].map(({ status }) => status)).toEqual(["passed", "passed", "passed"]);
    expect(results.get("supplier")?.finding).toContain("credit $9.80");
    expect(results.get("plan cheap: supplier's price")?.finding).toBe("CKH802 at $0.90");
  });

  test("whose credit does not buy the dearest plan fails, and says how much is missing", async () => {
    const dearer = { ...dear, wholesaleUsd: "9.8001" };
    const results = await check({ cheap, dear: dearer });
    expect(results.get("supplier")).toMatchObject({
      status: "failed",
      fix: "Top up: the dearest plan costs $9.8001 there.",
    });
  });

  test.each([
    ["access code", { ...SECRET, accessCode: "another-access-code" }],
    ["secret key", { ...SECRET, secretKey: "another-secret-key" }],
  ])("that is shown another %s fails, and does not tell its packages", async (_, secret) => {
    const results = await check({ cheap, dear }, secret);
    expect(results.get("supplier")).toMatchObject({
      status: "failed",
      finding: expect.stringContaining("refuses: access_denied"),
    });
    expect(results.get("plan cheap: supplier's price")?.status).toBe("open");
    expect(JSON.stringify([...results.values()])).not.toContain("another-");
  });

  test("credentials that are missing are named", async () => {
    const results = await check({ cheap, dear }, { missing: ["EDGE402_SUPPLIER_SECRET_KEY"] });
    expect(results.get("supplier")?.finding).toBe("not set: EDGE402_SUPPLIER_SECRET_KEY");
  });

  test.each([
    ["dearer", 9_500n, "$0.95", '"0.95"'],
    ["cheaper", 8_000n, "$0.80", '"0.80"'],
  ])("a package that became %s fails, with both prices and what to write", async (_, price, told, written) => {
    supplier.setPrice("CKH802", price);
    const result = (await check()).get("plan cheap: supplier's price");
    supplier.setPrice("CKH802", 9_000n);
    expect(result).toMatchObject({
      status: "failed",
      finding: `CKH802 costs ${told}, the configuration says $0.90`,
      fix: expect.stringContaining(`wholesaleUsd is ${written}`),
    });
  });

  test("a package that is not there fails", async () => {
    const results = await check({ cheap: { ...cheap, packageCode: "CKH000" }, dear });
    expect(results.get("plan cheap: supplier's price")?.finding).toBe("there is no package CKH000");
    expect(results.get("plan dear: supplier's price")?.status).toBe("passed");
  });

  test("all plans are looked up in one request", async () => {
    const before = supplier.calls.length;
    await check();
    expect(supplier.calls.slice(before).toSorted()).toEqual(["balance/query", "package/list"]);
  });

  test.each([
    ["garbage", "garbage", "not_json"],
    ["a reset", "reset_before", "connection_failed"],
  ] as const)("that answers with %s fails", async (_, kind, detail) => {
    supplier.faults.add("balance/query", { kind });
    expect((await check()).get("supplier")).toMatchObject({
      status: "failed",
      finding: expect.stringContaining(detail),
    });
  });
});
