/** The packages on the simulated supplier's shelf, at prices like the real one's. */

import { euLocations, globalLocations } from "./locations.ts";

const MEBIBYTE = 1_048_576n;

/** What one package is. Prices are US dollars × 10,000. */
export interface CatalogPackage {
  readonly packageCode: string;
  readonly slug: string;
  readonly name: string;
  readonly type: "BASE" | "TOPUP";
  readonly price: bigint;
  readonly volumeBytes: bigint;
  readonly days: number;
  /** ISO 3166-1 alpha-2 codes. */
  readonly locations: readonly string[];
  /** Whether `!GL` lists it; other packages for several countries are regional, `!RG`. */
  readonly global: boolean;
}

/** Days that a bought profile waits for its installation. */
export const UNUSED_VALID_DAYS = 180;

/** A code that buys more data for a profile that was bought under `packageCode`. */
export const topupCode = (packageCode: string): string => `TOPUP_${packageCode}`;

const base = [
  pack("CKH800", "US_0.1_7", "United States 100MB 7Days", 3_000n, 100n, 7, ["US"]),
  pack("CKH801", "US_0.5_7", "United States 500MB 7Days", 5_500n, 500n, 7, ["US"]),
  pack("CKH802", "US_1_7", "United States 1GB 7Days", 9_000n, 1_024n, 7, ["US"]),
  pack("CKH491", "NA-3_1_7", "North America 1GB 7Days", 23_000n, 1_024n, 7, ["MX", "US", "CA"]),
  pack("CKH806", "US_3_30", "United States 3GB 30Days", 26_000n, 3_072n, 30, ["US"]),
  pack("CKH518", "EU-35_0.1_7", "Europe (35 areas) 100MB 7Days", 3_400n, 100n, 7, euLocations),
  pack("CKH520", "EU-35_1_7", "Europe (35 areas) 1GB 7Days", 6_200n, 1_024n, 7, euLocations),
  pack("CKH523", "EU-35_5_30", "Europe (35 areas) 5GB 30Days", 28_500n, 5_120n, 30, euLocations),
  pack("CKH527", "EU-35_10_30", "Europe (35 areas) 10GB 30Days", 49_000n, 10_240n, 30, euLocations),
  pack("CKH118", "GL-120_1_7", "Global (120 areas) 1GB 7Days", 46_000n, 1_024n, 7, globalLocations),
  pack("CKH121", "GL-120_3_30", "Global (120 areas) 3GB 30Days", 98_000n, 3_072n, 30, globalLocations),
  pack("CKH124", "GL-120_5_30", "Global (120 areas) 5GB 30Days", 147_000n, 5_120n, 30, globalLocations),
];

/** Too little to begin an eSIM with. */
const small = [
  pack("CKH799", "US_0.05_7", "United States 50MB 7Days", 1_200n, 50n, 7, ["US"]),
  pack("CKH517", "EU-35_0.05_7", "Europe (35 areas) 50MB 7Days", 1_300n, 50n, 7, euLocations),
];

/** Every package, and one to top each of them up with the same again or a little. */
export const defaultPackages: readonly CatalogPackage[] = [
  ...base,
  ...[...base, ...small].map(
    (item): CatalogPackage => ({ ...item, packageCode: topupCode(item.packageCode), type: "TOPUP" }),
  ),
];

/** For each plan that the merchant sells the packages that serve it, the cheapest first. */
export const planPackages = {
  "us-7day": ["CKH802", "CKH491"],
  "eu-30day": ["CKH523", "CKH527"],
  "global-30day": ["CKH121", "CKH124"],
} as const;

function pack(
  packageCode: string,
  slug: string,
  name: string,
  price: bigint,
  mebibytes: bigint,
  days: number,
  locations: readonly string[],
): CatalogPackage {
  return {
    packageCode,
    slug,
    name,
    type: "BASE",
    price,
    volumeBytes: mebibytes * MEBIBYTE,
    days,
    locations,
    global: locations === globalLocations,
  };
}
