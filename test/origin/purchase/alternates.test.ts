/** Another package is ordered only where it keeps the line's promise, and never under cost. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { alternateFor } from "../../../origin/purchase/alternates.ts";
import type { Catalog } from "../../../protocol/catalog.ts";
import { parseConfig } from "../../../protocol/config.ts";
import { entry } from "../../../protocol/entry.ts";
import type { Metered } from "../../../protocol/metered.ts";
import { meteredName } from "../../../protocol/metered-name.ts";
import { usdc } from "../../../protocol/money.ts";
import { meteredPrice } from "../../../protocol/pricing.ts";
import { formatWholesale } from "../../../protocol/wholesale.ts";
import { meteredConfig, meteredInput } from "../../builders/metered.ts";

type Package = Metered["packages"][number];

const OPERATORS = { US: ["T-Mobile", "Verizon"], CA: ["Bell"] };
const big = { dataMb: 2_048, days: 30, coverage: ["CA", "US"], operators: OPERATORS, wholesaleUsd: "1.00" };

/** What the plan `eu-1gb` and the regions of `meteredInput` may be served by, and these packages. */
function catalogWith(...packages: readonly (Partial<Package> & { readonly packageCode: string })[]): Catalog {
  const listed = packages.map((item) => ({ ...big, ...item }));
  const metered = { packages: [...meteredInput().packages, ...listed] };
  return parseConfig(meteredConfig(metered)).catalog;
}

const STARTER = { plan: "us-west:100mb", packageCode: "US_01", price: usdc(2_000_000n) };
const ON_VERIZON = { plan: "us-west:500mb:verizon", packageCode: "US_1", price: usdc(2_000_000n) };
const EUROPE = { plan: "eu-1gb", packageCode: "EU_1_7", price: usdc(4_200_000n) };

describe("another package", () => {
  test("is the next larger one", () => {
    const alternate = alternateFor(catalogWith(), STARTER, ["US_01"]);
    expect(alternate).toEqual({ packageCode: "US_1", wholesale: 9_000n });
  });

  test("is none of those that were tried", () => {
    const catalog = catalogWith({ packageCode: "US_2" });
    expect(alternateFor(catalog, STARTER, ["US_01", "US_1"])).toMatchObject({ packageCode: "US_2" });
    expect(alternateFor(catalog, STARTER, ["US_01", "US_1", "US_2"])).toBeUndefined();
  });

  test("is the cheaper one of the same size", () => {
    const catalog = catalogWith({ packageCode: "X", dataMb: 1_024, wholesaleUsd: "0.89" });
    expect(alternateFor(catalog, STARTER, ["US_01"])).toMatchObject({ packageCode: "X" });
  });

  test("serves a plan as well, out of the metered packages", () => {
    const alternate = alternateFor(catalogWith(), EUROPE, ["EU_1_7"]);
    expect(alternate).toEqual({ packageCode: "EU_1", wholesale: 6_200n });
  });

  test.each([
    ["has fewer days", { days: 6 }],
    ["leaves a country out", { coverage: ["CA"] }],
    ["is not on the carrier's network", { operators: { US: ["T-Mobile"] } }],
    ["says nothing of the carriers", { operators: {} }],
    ["holds less", { dataMb: 1_023 }],
    ["costs too much with the margin", { wholesaleUsd: "1.82" }],
  ])("that %s is not ordered", (_, fault) => {
    const at = (change: object) =>
      alternateFor(catalogWith({ packageCode: "X", ...change }), ON_VERIZON, ["US_1"]);
    expect(at({})).toMatchObject({ packageCode: "X" });
    expect(at(fault)).toBeUndefined();
  });

  test("for a plan may cost all that was paid", () => {
    const catalog = (wholesaleUsd: string) =>
      catalogWith({ packageCode: "X", coverage: ["DE", "FR"], wholesaleUsd });
    expect(alternateFor(catalog("4.20"), EUROPE, ["EU_1_7", "EU_1"])).toMatchObject({ packageCode: "X" });
    expect(alternateFor(catalog("4.21"), EUROPE, ["EU_1_7", "EU_1"])).toBeUndefined();
  });

  test.each([
    { ...EUROPE, plan: "gone" },
    { ...STARTER, plan: "mars:100mb" },
    { ...STARTER, packageCode: "GONE" },
    { ...ON_VERIZON, plan: "us-west:500mb:gone" },
  ])("is not looked for where nobody knows what was promised: $plan, $packageCode", (line) => {
    expect(alternateFor(catalogWith({ packageCode: "X" }), line, [])).toBeUndefined();
  });
});

describe("of any catalog", () => {
  const countries = ["US", "CA", "MX"] as const;
  const networks = ["T-Mobile", "Verizon"] as const;
  const anyPackages = fc.uniqueArray(
    fc.record({
      packageCode: fc.constantFrom("P1", "P2", "P3", "P4", "P5", "P6"),
      dataMb: fc.integer({ min: 1, max: 4_096 }),
      days: fc.integer({ min: 1, max: 30 }),
      coverage: fc.subarray([...countries], { minLength: 1 }),
      operators: fc.dictionary(fc.constantFrom(...countries), fc.subarray([...networks])),
      wholesaleUsd: fc.bigInt({ min: 1n, max: 60_000n }).map(formatWholesale),
    }),
    { minLength: 1, selector: ({ packageCode }) => packageCode },
  );
  const anyRegion = fc.subarray([...countries], { minLength: 1 });
  const anyAsk = fc.record({
    region: fc.constant("here"),
    dataMb: fc.integer({ min: 1, max: 4_096 }),
    carrier: fc.option(fc.constantFrom("t-mobile", "verizon")),
  });

  test("each alternate covers what was sold, is none that was tried, and costs no more than was paid", () => {
    let found = 0;
    fc.assert(
      fc.property(anyPackages, anyRegion, anyAsk, (packages, coverage, ask) => {
        const regions = { here: { coverage, perMb: "0.0001" } };
        const { catalog } = parseConfig(meteredConfig({ packages, regions }));
        const priced = meteredPrice(catalog, ask);
        if (!priced.ok) return;
        const { package: sold, price } = priced.value;
        const line = { plan: meteredName(ask), packageCode: sold.packageCode, price };
        const tried = [sold.packageCode];
        for (;;) {
          const alternate = alternateFor(catalog, line, tried);
          if (alternate === undefined) return;
          found += 1;
          expect(tried).not.toContain(alternate.packageCode);
          tried.push(alternate.packageCode);
          const bought = catalog.metered?.packages.find((one) => one.packageCode === alternate.packageCode);
          if (bought === undefined) throw new Error("the merchant does not buy it");
          expect(bought.dataMb).toBeGreaterThanOrEqual(sold.dataMb);
          expect(bought.days).toBeGreaterThanOrEqual(sold.days);
          expect(bought.coverage).toEqual(expect.arrayContaining(coverage));
          const operator = ask.carrier === null ? null : ask.carrier === "verizon" ? "Verizon" : "T-Mobile";
          for (const country of coverage) {
            const there = entry(bought.operators, country) ?? [];
            if (operator !== null) expect(there).toContain(operator);
          }
          // Dollars × 10,000 and ten per cent on top, in atomic units.
          expect(alternate.wholesale * 110n).toBeLessThanOrEqual(price);
        }
      }),
      { numRuns: 500 },
    );
    expect(found).toBeGreaterThan(0);
  });
});
