/**
 * Where an eSIM may roam, as the catalog promises it, in the terms that a device sees: the codes of countries and of
 * networks. The networks enforce their own; this is what to hold them against. Pure.
 */

import type { Catalog } from "../../protocol/catalog.ts";
import { entry } from "../../protocol/entry.ts";
import { parseMeteredName } from "../../protocol/metered-name.ts";
import type { EsimLine } from "../../protocol/offer.ts";
import { mobileCountryCodes } from "./country-codes.ts";

export interface RoamingPolicy {
  /** ISO 3166-1 alpha-2. */
  readonly countries: readonly string[];
  /** The mobile country codes of these; each attached network's begins with one of them. */
  readonly mcc: readonly string[];
  /** The carrier that was asked for, or null; its network is among those that may be used. */
  readonly carrier: string | null;
  readonly carrier_operator: string | null;
  /** Those that the catalog names; empty where it names none, and any will do. */
  readonly operators: readonly string[];
  /** Their networks, as far as the catalog has them. */
  readonly allowed_networks: readonly AllowedNetwork[];
}

interface AllowedNetwork {
  readonly mcc: string;
  readonly mnc: string;
  readonly operator: string;
}

/** Digits of a PLMN that name the country; the rest is the network. */
const MCC_DIGITS = 3;

/** Null where the catalog no longer has what was sold. */
export function roamingPolicy({ plan, packageCode }: EsimLine, catalog: Catalog): RoamingPolicy | null {
  const { metered } = catalog;
  const sold = parseMeteredName(plan);
  const place = sold === undefined ? entry(catalog.plans, plan) : entry(metered?.regions ?? {}, sold.region);
  if (place === undefined) return null;
  const countries = place.coverage;
  const carrier = sold?.carrier ?? null;
  const bought = metered?.packages.find((item) => item.packageCode === packageCode);
  const named = countries.flatMap((country) =>
    (entry(bought?.operators ?? {}, country) ?? []).map((operator) => ({ country, operator })),
  );
  return {
    countries,
    mcc: unique(countries.flatMap(mobileCountryCodes)),
    carrier,
    carrier_operator: carrier === null ? null : (entry(metered?.carriers ?? {}, carrier)?.operator ?? null),
    operators: unique(named.map(({ operator }) => operator)),
    allowed_networks: named.flatMap(({ country, operator }) => networksOf(catalog, country, operator)),
  };
}

/** An operator's name may be a brand in many countries, so its networks are told apart by their country codes. */
function networksOf({ networks }: Catalog, country: string, operator: string): readonly AllowedNetwork[] {
  const here = mobileCountryCodes(country);
  return (entry(networks, operator) ?? [])
    .map((plmn) => ({ mcc: plmn.slice(0, MCC_DIGITS), mnc: plmn.slice(MCC_DIGITS), operator }))
    .filter(({ mcc }) => here.includes(mcc));
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
