/** The report compares plans in exact decimals. */

import { expect, test } from "vitest";
import { priceReport } from "../../../origin/report.ts";
import { buildConfig, configInput } from "../../builders/config.ts";
import { NOW } from "../../builders/payment.ts";

test("divides the price by data and days, rounded up to an atomic unit", () => {
  const { catalog } = buildConfig();
  expect(JSON.parse(priceReport(catalog, NOW * 1_000))).toEqual({
    report: "eSIM data prices by plan",
    generated_at: "2027-01-15T08:00:00.000Z",
    currency: "USDC",
    plans: [
      {
        plan: "eu-1gb",
        title: "Europe 1 GB",
        price_usdc: "4.20",
        usdc_per_gb: "4.20",
        usdc_per_day: "0.60",
        countries: 2,
      },
    ],
  });
});

test.each([
  ["10.00", 3_072, 3, "3.333334", "3.333334"],
  ["0.000001", 1, 7, "0.001024", "0.000001"],
])("%s for %i MB and %i days is %s a GB and %s a day", (price, dataMb, days, perGb, perDay) => {
  const { catalog } = configInput();
  const [plan] = Object.values(catalog.plans);
  if (plan === undefined) throw new Error("the test catalog has a plan");
  const changed = buildConfig({ catalog: { ...catalog, plans: { one: { ...plan, price, dataMb, days } } } });
  expect(JSON.parse(priceReport(changed.catalog, 0)).plans).toMatchObject([
    { usdc_per_gb: perGb, usdc_per_day: perDay },
  ]);
});

test("tells nothing of what plans cost us", () => {
  const report = priceReport(buildConfig().catalog, 0);
  for (const secret of ["0.90", "9000", "EU_1_7"]) expect(report).not.toContain(secret);
});
