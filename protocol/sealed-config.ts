/**
 * A parsed configuration as it is built into the edge's bundles: synth has parsed it and found every fault, and what
 * starts at each payer's first request only turns texts back into amounts and networks.
 */

import type { Config } from "./config.ts";
import { checksumAddress, trustedAddress } from "./hex.ts";
import { type Usdc, usdc } from "./money.ts";
import { type Chain, type Network, networks } from "./network.ts";

/** Amounts are decimal digits, networks their names, and addresses checksummed; all else is as it was. */
type Sealed<Value> = Value extends bigint
  ? string
  : Value extends Network
    ? Chain
    : Value extends object
      ? { [Key in keyof Value]: Sealed<Value[Key]> }
      : Value;

export type SealedConfig = Sealed<Config>;

/** JSON of a `SealedConfig`. */
export function sealConfig(config: Config): string {
  const networks = config.networks.map((network) => ({ ...network, payTo: checksumAddress(network.payTo) }));
  return JSON.stringify({ ...config, networks }, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : (nameOf(value) ?? value),
  );
}

function nameOf(value: unknown): Chain | undefined {
  return Object.values(networks).find((network) => network === value)?.chain;
}

export function reviveConfig(sealed: SealedConfig): Config {
  const { metered, plans, resources, topUps, ...others } = sealed.catalog;
  return {
    ...sealed,
    networks: sealed.networks.map(({ chain, payTo, ...settings }) => {
      trustedAddress(networks[chain].usdc.address);
      return { ...settings, chain: networks[chain], payTo: trustedAddress(payTo) };
    }),
    catalog: {
      ...others,
      plans: eachOf(plans, (plan) => ({ ...plan, price: amount(plan.price) })),
      ...(metered === undefined ? {} : { metered: revivedMetered(metered) }),
      ...(topUps === undefined
        ? {}
        : { topUps: topUps.map(({ dataMb, price }) => ({ dataMb, price: amount(price) })) }),
      resources: eachOf(resources, (resource) => ({ ...resource, price: amount(resource.price) })),
    },
  };
}

function revivedMetered({
  starter,
  minimum,
  ...others
}: NonNullable<SealedConfig["catalog"]["metered"]>): NonNullable<Config["catalog"]["metered"]> {
  return {
    ...others,
    starter: { ...starter, price: amount(starter.price) },
    minimum: amount(minimum),
  };
}

function eachOf<From, To>(
  entries: Readonly<Record<string, From>>,
  change: (entry: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, change(entry)]));
}

function amount(digits: string): Usdc {
  return usdc(BigInt(digits));
}
