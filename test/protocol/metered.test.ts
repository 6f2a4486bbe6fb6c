/** The catalog's metered section: every fault is named with its path, and no name gets lost. */

import { describe, expect, test } from "vitest";
import { ConfigError, parseConfig } from "../../protocol/config.ts";
import { configInput } from "../builders/config.ts";
import { meteredInput } from "../builders/metered.ts";
import { type Json, replaceAt } from "../builders/payment.ts";

function faultsOf(metered: unknown): readonly string[] {
  try {
    parseConfig({ ...configInput(), catalog: { ...configInput().catalog, metered } });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

const [onePackage] = meteredInput().packages;

test("a metered section needs regions, a starter and packages; the rest has defaults", () => {
  const { regions, starter } = meteredInput();
  const metered = { regions, starter, packages: [{ ...onePackage, operators: undefined }] };
  const { catalog } = parseConfig({ ...configInput(), catalog: { ...configInput().catalog, metered } });
  expect(catalog.metered).toMatchObject({
    carriers: {},
    minimum: 50_000n,
    marginPercent: 10,
    packages: [{ operators: {} }],
  });
  expect(faultsOf({})).toHaveLength(3);
  expect(faultsOf(undefined)).toEqual([]);
});

/** What no field of this name may be. */
const bad: readonly (readonly [path: string, values: readonly (Json | undefined)[]])[] = [
  ["unheardOf", [1]],
  ["regions", [undefined, null, 7]],
  ["regions.us-west.unheardOf", [1]],
  ["regions.us-west.coverage", [[], ["us"], "US", undefined]],
  ["regions.us-west.perMb", ["0.0", "3", ".003", "-0.003", "0.0000000000001", 0.003, undefined]],
  ["carriers.verizon.unheardOf", [1]],
  ["carriers.verizon.perMb", ["0.000", "1000.0", undefined]],
  ["carriers.verizon.operator", ["", " Verizon", 7, undefined]],
  ["starter", [undefined, null]],
  ["starter.price", ["0", "-1", "1000000.01", 0.42, undefined]],
  ["starter.dataMb", [0, 1.5, 1_048_577, "100", undefined]],
  ["minimum", ["-0.05", "0.0000001", 0.05]],
  ["marginPercent", [-1, 1_001, 0.5, "10"]],
  ["packages", [[], {}, undefined]],
];

const badPackages: typeof bad = [
  ["unheardOf", [1]],
  ["packageCode", ["", "a b", undefined]],
  ["dataMb", [0, 1.5, undefined]],
  ["days", [0, 3_651, undefined]],
  ["coverage", [[], ["us"], undefined]],
  ["operators", [7, "Verizon", { us: ["Verizon"] }, { US: "Verizon" }]],
  ["wholesaleUsd", ["0.9", 0.9, undefined]],
];

describe("a fault names its path:", () => {
  const json: Json = JSON.parse(JSON.stringify(meteredInput()));

  test.each(bad)("catalog.metered.%s", (path, values) => {
    for (const value of values) {
      const faults = faultsOf(replaceAt(json, path.split("."), value));
      expect(faults, JSON.stringify(value)).toContainEqual(
        expect.stringContaining(`catalog.metered.${path}`),
      );
    }
  });

  test.each(badPackages)("catalog.metered.packages.0.%s", (path, values) => {
    const item: Json = JSON.parse(JSON.stringify(onePackage));
    for (const value of values) {
      const faults = faultsOf({ ...meteredInput(), packages: [replaceAt(item, [path], value)] });
      const place = `catalog.metered.packages.0.${path}`;
      expect(faults, JSON.stringify(value)).toContainEqual(expect.stringContaining(place));
    }
  });

  test.each([
    "",
    "US-west",
    "us west",
    "us:west",
    "x".repeat(33),
    "constructor",
    "__proto__",
  ])("a region or carrier by the name %j, which would be lost or misread", (name) => {
    const { regions, carriers } = meteredInput();
    const named = (value: unknown) => Object.fromEntries(new Map([[name, value]]));
    expect(faultsOf({ ...meteredInput(), regions: named(regions["us-west"]) })).toEqual([
      expect.stringContaining("catalog.metered.regions"),
    ]);
    expect(faultsOf({ ...meteredInput(), carriers: named(carriers?.["verizon"]) })).toEqual([
      expect.stringContaining("catalog.metered.carriers"),
    ]);
  });

  test("a package listed twice", () => {
    expect(faultsOf({ ...meteredInput(), packages: [onePackage, onePackage] })).toEqual([
      expect.stringContaining("catalog.metered.packages: expected each package once"),
    ]);
  });
});
