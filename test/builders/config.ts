/** The smallest configuration that parses, for tests to change one thing in. */

import { type Config, type ConfigInput, parseConfig } from "../../protocol/config.ts";
import type { Address } from "../../protocol/hex.ts";
import type { Chain } from "../../protocol/network.ts";

/** Where the test merchant is paid; lower-case, as the code holds addresses. */
export const MERCHANT: Address = "0x00000000000000000000000000000000000a11ce";

export function acceptedInput(chain: Chain): ConfigInput["networks"][number] {
  return { chain, payTo: MERCHANT, rpcUrl: "http://127.0.0.1:8545" };
}

/** One network, one plan at 4.20 USDC, one resource at 0.003 USDC. `overrides` replace whole top-level entries. */
export function configInput(overrides: Partial<ConfigInput> = {}): ConfigInput {
  return {
    publicUrl: "https://shop.example.com",
    serviceName: "Test shop",
    networks: [acceptedInput("base")],
    catalog: {
      plans: {
        "eu-1gb": {
          price: "4.20",
          title: "Europe 1 GB",
          coverage: ["FR", "DE"],
          dataMb: 1_024,
          days: 7,
          packageCode: "EU_1_7",
          wholesaleUsd: "0.90",
        },
      },
      resources: {
        "/report": { price: "0.003", description: "A report", mimeType: "application/json" },
      },
    },
    ...overrides,
  };
}

export function buildConfig(overrides: Partial<ConfigInput> = {}): Config {
  return parseConfig(configInput(overrides));
}
