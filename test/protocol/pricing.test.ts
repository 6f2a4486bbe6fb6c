/** Metered prices: what the rates say, never under the minimum or the cost, and never less for more. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Catalog } from "../../protocol/catalog.ts";
import { parseConfig } from "../../protocol/config.ts";
import { meteredName, parseMeteredName } from "../../protocol/metered-name.ts";
import { formatUsdc } from "../../protocol/money.ts";
import { costFloor, type MeteredAsk, meteredPrice, regionLimits } from "../../protocol/pricing.ts";
import { wholesaleCost } from "../../protocol/wholesale.ts";
import { anyText } from "../builders/arbitrary.ts";
import { meteredConfig } from "../builders/metered.ts";

type Overrides = Parameters<typeof meteredConfig>[0];

function catalogWith(overrides: Overrides = {}): Catalog {
  return parseConfig(meteredConfig(overrides)).catalog;
}

const catalog = catalogWith();

function ask(region: string, dataMb: number, carrier: string | null = null, from: Catalog = catalog) {
  const priced = meteredPrice(from, { region, dataMb, carrier });
  if (!priced.ok) return priced.reason;
  return `${priced.value.package.packageCode} ${formatUsdc(priced.value.price)}`;
}

describe("metered data", () => {
  test.each<[string, number, string | null, string]>([
    ["us-west", 100, null, "US_01 0.42"],
    ["us-west", 100, "t-mobile", "US_01 0.42"],
    ["us-west", 1, null, "US_01 0.42"],
    ["us-west", 101, null, "US_1 0.99"],
    ["us-west", 500, null, "US_1 1.62"],
    ["us-west", 500, "t-mobile", "US_1 1.62"],
    ["us-west", 500, "verizon", "US_1 1.82"],
    ["us-west", 1_024, null, "US_1 3.192"],
    ["us-west", 1_025, null, "US_3 3.195"],
    ["us-west", 3_072, "t-mobile", "US_3 9.336"],
    ["eu-central", 100, null, "EU_1 0.682"],
    ["eu-central", 1_024, null, "EU_1 3.192"],
  ])("in %s of %i MB on %s is %4$s", (region, dataMb, carrier, expected) => {
    expect(ask(region, dataMb, carrier)).toBe(expected);
  });

  test.each<[string, MeteredAsk, string]>([
    ["a region unheard of", { region: "mars", dataMb: 1, carrier: null }, "region_unknown"],
    ["a region of every object's", { region: "constructor", dataMb: 1, carrier: null }, "region_unknown"],
    ["a carrier unheard of", { region: "us-west", dataMb: 1, carrier: "o2" }, "carrier_unknown"],
    ["a carrier of every object's", { region: "us-west", dataMb: 1, carrier: "toString" }, "carrier_unknown"],
    [
      "more data than any package",
      { region: "us-west", dataMb: 3_073, carrier: null },
      "package_unavailable",
    ],
    [
      "more data than a carrier's packages",
      { region: "us-west", dataMb: 1_025, carrier: "verizon" },
      "package_unavailable",
    ],
    [
      "a carrier of another country",
      { region: "eu-central", dataMb: 100, carrier: "verizon" },
      "package_unavailable",
    ],
  ])("for %s is refused as %3$s", (_, { region, dataMb, carrier }, reason) => {
    expect(ask(region, dataMb, carrier)).toBe(reason);
  });

  test("is refused where the merchant sells none", () => {
    const { metered: _, ...plansOnly } = catalog;
    expect(ask("us-west", 100, null, plansOnly)).toBe("region_unknown");
  });

  test("on a carrier needs its network in every country of the region", () => {
    const carriers = { orange: { operator: "Orange", perMb: "0.003" } };
    expect(ask("eu-central", 100, "orange", catalogWith({ carriers }))).toBe("package_unavailable");
    const regions = { france: { coverage: ["FR"], perMb: "0.003" } };
    expect(ask("france", 100, "orange", catalogWith({ carriers, regions }))).toBe("EU_1 0.682");
  });

  test("is bought in the cheaper of two packages of a size, by name where they cost the same", () => {
    const pack = (packageCode: string, wholesaleUsd: string) => ({
      packageCode,
      dataMb: 100,
      days: 7,
      coverage: ["US"],
      wholesaleUsd,
    });
    const cheapest = (...packages: ReturnType<typeof pack>[]) =>
      ask("us-west", 100, null, catalogWith({ packages }));
    expect(cheapest(pack("A", "0.40"), pack("B", "0.39"))).toBe("B 0.429");
    expect(cheapest(pack("B", "0.30"), pack("A", "0.30"))).toBe("A 0.42");
  });

  test("is rounded up once, by less than an atomic unit", () => {
    const regions = { "us-west": { coverage: ["US"], perMb: "0.0030000001" } };
    const fine = catalogWith({ regions });
    expect(ask("us-west", 101, null, fine)).toBe("US_1 0.99");
    expect(ask("us-west", 500, null, fine)).toBe("US_1 1.620001");
    expect(ask("us-west", 501, null, fine)).toBe("US_1 1.623001");
  });

  test("costs the minimum at least", () => {
    const starter = { dataMb: 1, price: "0.000001" };
    const packages = [{ packageCode: "TINY", dataMb: 20, days: 1, coverage: ["US"], wholesaleUsd: "0.01" }];
    const cheap = catalogWith({ starter, packages });
    expect(ask("us-west", 1, null, cheap)).toBe("TINY 0.05");
    expect(ask("us-west", 20, null, cheap)).toBe("TINY 0.057001");
  });
});

const anyCents = fc.integer({ min: 1, max: 999 }).map((cents) => (cents / 100).toFixed(2));
const anyPackage = fc.record({
  packageCode: fc.string({ unit: fc.constantFrom("A", "B", "C", "1", "2"), minLength: 1, maxLength: 6 }),
  dataMb: fc.integer({ min: 1, max: 60 }),
  days: fc.integer({ min: 1, max: 30 }),
  coverage: fc.subarray(["US", "DE", "FR"], { minLength: 1 }),
  operators: fc.record({ US: fc.subarray(["T-Mobile", "Verizon"]) }),
  wholesaleUsd: anyCents,
});
const anyCatalog = fc
  .record({
    starter: fc.record({ dataMb: fc.integer({ min: 1, max: 50 }), price: anyCents }),
    minimum: anyCents,
    marginPercent: fc.integer({ min: 0, max: 50 }),
    packages: fc.uniqueArray(anyPackage, {
      minLength: 1,
      maxLength: 8,
      selector: ({ packageCode }) => packageCode,
    }),
  })
  .map(catalogWith);
const anyRegion = fc.constantFrom("us-west", "eu-central");
const anyCarrier = fc.constantFrom(null, "t-mobile", "verizon");

describe("any metered price", () => {
  test("is at least the minimum, and the cost with its margin; the package holds what was asked for", () => {
    fc.assert(
      fc.property(
        anyCatalog,
        anyRegion,
        fc.integer({ min: 1, max: 60 }),
        anyCarrier,
        (from, region, dataMb, carrier) => {
          const priced = meteredPrice(from, { region, dataMb, carrier });
          const { metered } = from;
          if (!priced.ok || metered === undefined) return;
          const { price, package: chosen } = priced.value;
          expect(price).toBeGreaterThanOrEqual(metered.minimum);
          expect(price).toBeGreaterThanOrEqual(costFloor(metered, chosen));
          expect(price * 100n).toBeGreaterThanOrEqual(
            wholesaleCost(chosen.wholesaleUsd) * BigInt(100 + metered.marginPercent),
          );
          expect(chosen.dataMb).toBeGreaterThanOrEqual(dataMb);
          expect(chosen.coverage).toEqual(
            expect.arrayContaining(metered.regions[region]?.coverage ?? ["none"]),
          );
          const smaller = metered.packages.filter(
            (other) => other.dataMb >= dataMb && other.dataMb < chosen.dataMb,
          );
          for (const other of smaller) {
            const only = { ...from, metered: { ...metered, packages: [other] } };
            expect(meteredPrice(only, { region, dataMb, carrier }).ok).toBe(false);
          }
        },
      ),
    );
  });

  test("is not lower for more data", () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 }));
    fc.assert(
      fc.property(anyCatalog, anyRegion, sizes, anyCarrier, (from, region, [one, other], carrier) => {
        const less = meteredPrice(from, { region, dataMb: Math.min(one, other), carrier });
        const more = meteredPrice(from, { region, dataMb: Math.max(one, other), carrier });
        if (!more.ok) return;
        expect(less.ok && less.value.price <= more.value.price).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("can be had up to the region's limit and no further, on the carriers that are named there", () => {
    fc.assert(
      fc.property(anyCatalog, anyRegion, (from, region) => {
        const { metered } = from;
        if (metered === undefined) throw new Error("the catalog has a metered section");
        const limits = regionLimits(metered, metered.regions[region]?.coverage ?? []);
        const isSold = (dataMb: number, carrier: string | null) =>
          meteredPrice(from, { region, dataMb, carrier }).ok;
        if (limits.maxDataMb > 0) expect(isSold(limits.maxDataMb, null)).toBe(true);
        expect(isSold(limits.maxDataMb + 1, null)).toBe(false);
        const sold = Object.keys(metered.carriers).filter((carrier) => isSold(1, carrier));
        expect(limits.carriers).toEqual(sold);
      }),
    );
  });
});

describe("the name of metered data", () => {
  test("says what was asked for, and is no plan's", () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,31}$/);
    const dataMb = fc.integer({ min: 1, max: 1_048_576 });
    fc.assert(
      fc.property(name, dataMb, fc.option(name), (region, data, carrier) => {
        const asked = { region, dataMb: data, carrier };
        expect(parseMeteredName(meteredName(asked))).toEqual(asked);
        expect(meteredName(asked)).not.toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/);
      }),
    );
  });

  test.each([
    "us-7day",
    "eu-1gb",
    "",
    "us-west:0mb",
    "us-west:1mb:",
    ":1mb",
    "us-west:01mb",
    "us-west:1MB",
  ])("%j is none", (name) => {
    expect(parseMeteredName(name)).toBeUndefined();
  });

  test("is nothing's that cannot be read back", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const asked = parseMeteredName(text);
        if (asked !== undefined) expect(meteredName(asked)).toBe(text);
      }),
    );
  });
});
