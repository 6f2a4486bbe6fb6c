/** The roaming policy is the catalog's promise, with codes that a device can compare its network with. */

import { describe, expect, test } from "vitest";
import ownConfig from "../../../edge402.config.ts";
import { mobileCountryCodes } from "../../../origin/esim/country-codes.ts";
import { roamingPolicy } from "../../../origin/esim/roaming-policy.ts";
import { parseConfig } from "../../../protocol/config.ts";
import { parseMerchant } from "../../../protocol/merchant.ts";
import { meteredConfig } from "../../builders/metered.ts";
import { LINE } from "../../builders/origin-purchase.ts";

/** As a merchant names them; Vodafone is a brand in several countries. */
const NETWORKS = {
  "T-Mobile": ["310260"],
  Verizon: ["311480", "31150"],
  Vodafone: ["26202", "23415", "20404"],
};

const input = meteredConfig();
const { catalog } = parseConfig({ ...input, catalog: { ...input.catalog, networks: NETWORKS } });
const policyOf = (plan: string, packageCode: string) =>
  roamingPolicy({ ...LINE, plan, packageCode }, catalog);

describe("a roaming policy", () => {
  test("of metered data on a carrier names its country's codes, its operator and every network it may use", () => {
    expect(policyOf("us-west:500mb:verizon", "US_1")).toEqual({
      countries: ["US"],
      mcc: ["310", "311", "312", "313", "314", "315", "316"],
      carrier: "verizon",
      carrier_operator: "Verizon",
      operators: ["T-Mobile", "Verizon"],
      allowed_networks: [
        { mcc: "310", mnc: "260", operator: "T-Mobile" },
        { mcc: "311", mnc: "480", operator: "Verizon" },
        { mcc: "311", mnc: "50", operator: "Verizon" },
      ],
    });
  });

  test("has of a brand only the networks in the countries that were sold", () => {
    expect(policyOf("eu-central:100mb", "EU_1")).toMatchObject({
      countries: ["DE", "FR"],
      mcc: ["262", "208"],
      carrier: null,
      operators: ["Telekom", "Vodafone", "Orange"],
      allowed_networks: [{ mcc: "262", mnc: "02", operator: "Vodafone" }],
    });
  });

  test("of a plan whose operators the catalog does not know has its countries", () => {
    expect(policyOf("eu-1gb", "EU_1_7")).toMatchObject({
      countries: ["FR", "DE"],
      mcc: ["208", "262"],
      operators: [],
      allowed_networks: [],
    });
  });

  test.each([
    "constructor",
    "gone",
    "gone:100mb",
    "constructor:100mb",
  ])("of %s, which is not sold, is none", (plan) => {
    expect(policyOf(plan, "EU_1")).toBeNull();
  });
});

test("every country that our own catalog sells has its codes, and every network is in one of them", () => {
  const { plans, metered, networks } = parseMerchant(ownConfig).config.catalog;
  const places = [...Object.values(plans), ...Object.values(metered?.regions ?? {})];
  const countries = new Set(places.flatMap(({ coverage }) => coverage));
  expect(countries.size).toBeGreaterThan(100);
  const codes = [...countries].map((country) => ({ country, codes: mobileCountryCodes(country) }));
  expect(codes.filter((one) => one.codes.length === 0)).toEqual([]);
  expect(codes.flatMap((one) => one.codes).every((code) => /^[2-7][0-9]{2}$/.test(code))).toBe(true);
  const known = codes.flatMap((one) => one.codes);
  for (const plmn of Object.values(networks).flat()) expect(known).toContain(plmn.slice(0, 3));
});

test.each(["", "1234", "1234567", "31026x", " 31026", 310260, null])("%j is no network's code", (plmn) => {
  const broken = { ...input, catalog: { ...input.catalog, networks: { Verizon: [plmn] } } };
  expect(() => parseConfig(broken)).toThrow("catalog.networks.Verizon.0");
});
