/** What a metered section is refused for: what it advertises has to be there, at the price that it says. */

import { expect, test } from "vitest";
import sample from "../../../edge402.sample.config.ts";
import { checkMerchant } from "../../../lib/checks.ts";
import { type MerchantInput, parseMerchant } from "../../../protocol/merchant.ts";
import { merchantInput } from "./support.ts";

type MeteredInput = NonNullable<MerchantInput["catalog"]["metered"]>;

function faultsWith(change: Partial<MeteredInput>): string[] {
  const { metered } = sample.catalog;
  if (metered === undefined) throw new Error("the sample sells metered data");
  const catalog = { ...sample.catalog, metered: { ...metered, ...change } };
  return checkMerchant(parseMerchant(merchantInput({}, { catalog }))).map(({ path }) => path);
}

const usa = { coverage: ["US"], perMb: "0.003" };

test("the sample's own has no fault", () => {
  expect(faultsWith({})).toEqual([]);
});

test.each<[string, Partial<MeteredInput>, string]>([
  ["a minimum under USDC 0.05", { minimum: "0.049999" }, "catalog.metered.minimum"],
  [
    "a region that no package covers",
    { regions: { "us-west": usa, everywhere: { ...usa, coverage: ["US", "MX"] } } },
    "catalog.metered.regions.everywhere",
  ],
  [
    "a starter larger than every package",
    { starter: { dataMb: 101, price: "0.42" } },
    "catalog.metered.regions.us-west",
  ],
  [
    "a starter that its packages make dearer",
    { starter: { dataMb: 100, price: "0.329999" } },
    "catalog.metered.regions.us-west",
  ],
  ["a margin that the starter does not leave", { marginPercent: 41 }, "catalog.metered.regions.us-west"],
  [
    "a carrier that no package has",
    { carriers: { verizon: { operator: "Verizon Wireless", perMb: "0.0035" } } },
    "catalog.metered.carriers.verizon",
  ],
])("%s is a fault", (_, change, path) => {
  expect(faultsWith(change)).toEqual([path]);
});

test("a starter at cost and margin to the atomic unit is none", () => {
  expect(faultsWith({ starter: { dataMb: 100, price: "0.33" } })).toEqual([]);
  expect(faultsWith({ marginPercent: 40 })).toEqual([]);
});
