/** The list of what is for sale: enough to ask for metered data without being refused. */

import { expect, test } from "vitest";
import { plansView } from "../../../origin/http/plans-view.ts";
import { parseConfig } from "../../../protocol/config.ts";
import { configInput } from "../../builders/config.ts";
import { meteredConfig } from "../../builders/metered.ts";
import { topUpConfig } from "../../builders/top-ups.ts";

test("metered data is listed with its regions, carriers, rates and limits", () => {
  const { catalog, networks } = parseConfig(meteredConfig());
  expect(plansView(catalog, networks)).toMatchObject({
    plans: [{ plan: "eu-1gb" }],
    metered: {
      starter: { data_mb: 100, amount_usdc: "0.42" },
      minimum_usdc: "0.05",
      regions: [
        {
          region: "us-west",
          usdc_per_mb: "0.003",
          max_data_mb: 3_072,
          carriers: ["t-mobile", "verizon"],
          coverage: ["US"],
        },
        { region: "eu-central", max_data_mb: 1_024, carriers: [], coverage: ["DE", "FR"] },
      ],
      carriers: [
        { carrier: "t-mobile", usdc_per_mb: "0.003" },
        { carrier: "verizon", usdc_per_mb: "0.0035" },
      ],
    },
  });
});

test("what can be added to an eSIM is listed with its price", () => {
  const { catalog, networks } = topUpConfig();
  expect(plansView(catalog, networks)).toMatchObject({
    top_ups: [
      { data_mb: 50, amount_usdc: "0.18" },
      { data_mb: 500, amount_usdc: "1.62" },
    ],
  });
});

test("a merchant without metered data says so, and what anything costs the merchant is nobody's business", () => {
  const plain = parseConfig(configInput());
  expect(plansView(plain.catalog, plain.networks)).toMatchObject({ metered: null });
  const { catalog, networks } = parseConfig(meteredConfig());
  expect(JSON.stringify(plansView(catalog, networks))).not.toMatch(/wholesale|margin|packageCode|US_01/i);
});
