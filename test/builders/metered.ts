/** A catalog's metered section: one country with two carriers, and a continent that is sold as a whole. */

import type { ConfigInput } from "../../protocol/config.ts";
import { configInput } from "./config.ts";

type MeteredInput = NonNullable<ConfigInput["catalog"]["metered"]>;

const BOTH = { US: ["T-Mobile", "Verizon"] };

/** 100 MB for 0.42 USDC, then 0.003 each, or 0.0035 on Verizon; packages of 100 MB, 1 GB and 3 GB. */
export function meteredInput(overrides: Partial<MeteredInput> = {}): MeteredInput {
  return {
    regions: {
      "us-west": { coverage: ["US"], perMb: "0.003" },
      "eu-central": { coverage: ["DE", "FR"], perMb: "0.003" },
    },
    carriers: {
      "t-mobile": { operator: "T-Mobile", perMb: "0.003" },
      verizon: { operator: "Verizon", perMb: "0.0035" },
    },
    starter: { dataMb: 100, price: "0.42" },
    packages: [
      { packageCode: "US_01", dataMb: 100, days: 7, coverage: ["US"], operators: BOTH, wholesaleUsd: "0.30" },
      {
        packageCode: "US_1",
        dataMb: 1_024,
        days: 7,
        coverage: ["US"],
        operators: BOTH,
        wholesaleUsd: "0.90",
      },
      {
        packageCode: "US_3",
        dataMb: 3_072,
        days: 30,
        coverage: ["US"],
        operators: { US: ["T-Mobile"] },
        wholesaleUsd: "2.60",
      },
      {
        packageCode: "EU_1",
        dataMb: 1_024,
        days: 7,
        coverage: ["DE", "FR", "IT"],
        operators: { DE: ["Telekom", "Vodafone"], FR: ["Orange"] },
        wholesaleUsd: "0.62",
      },
    ],
    ...overrides,
  };
}

/** `configInput` with a metered section beside its one plan. */
export function meteredConfig(overrides: Partial<MeteredInput> = {}): ConfigInput {
  const { catalog } = configInput();
  return configInput({ catalog: { ...catalog, metered: meteredInput(overrides) } });
}
