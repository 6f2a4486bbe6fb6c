/** A shop that sells data on top: its configuration, and what its supplier has for it. */

import type { SupplierPackage } from "../../origin/supplier/port.ts";
import { type Config, type ConfigInput, parseConfig } from "../../protocol/config.ts";
import { configInput } from "./config.ts";

const MB = 1_048_576n;

export const TOP_UPS = [
  { dataMb: 50, price: "0.18" },
  { dataMb: 500, price: "1.62" },
] as const satisfies ConfigInput["catalog"]["topUps"];

export function topUpInput(overrides: Partial<ConfigInput> = {}): ConfigInput {
  const { catalog } = configInput();
  return configInput({ catalog: { ...catalog, topUps: [...TOP_UPS] }, ...overrides });
}

export function topUpConfig(overrides: Partial<ConfigInput> = {}): Config {
  return parseConfig(topUpInput(overrides));
}

/** @param unitPrice US dollars × 10,000 */
export function topUpPackage(dataMb: number, unitPrice: bigint): SupplierPackage {
  return {
    packageCode: `TOPUP_${dataMb}`,
    slug: null,
    name: `${dataMb} MB`,
    unitPrice,
    volumeBytes: BigInt(dataMb) * MB,
    duration: 7,
    durationUnit: "DAY",
    locations: ["DE"],
    operators: [],
  };
}

/** Serves both top-ups: the first exactly, the second with more than was asked for. */
export const SHELF: readonly SupplierPackage[] = [topUpPackage(50, 1_200n), topUpPackage(1_024, 6_200n)];
