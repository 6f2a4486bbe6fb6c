/** A shop whose supplier sells several packages, each with its fate. */

import { buy } from "../../../origin/purchase/buy.ts";
import type { PurchasePorts } from "../../../origin/purchase/ports.ts";
import type { Purchase } from "../../../origin/purchase/purchase.ts";
import {
  type BatchSupplier,
  batchRequest,
  batchSupplier,
  deliveredIn,
  expectSquare,
  type Fate,
  linesOf,
  type PackageCode,
} from "../../builders/batch.ts";
import { type OriginWorld, originWorld } from "../../builders/origin-ports.ts";
import { storedIn, sweepToRest } from "../../builders/origin-sweep.ts";

export const MIXED: readonly PackageCode[] = ["A", "B", "A", "C", "B", "A"];

export interface Shop {
  readonly world: OriginWorld;
  readonly supplier: BatchSupplier;
  readonly ports: PurchasePorts;
}

export function openShop(fates: Readonly<Partial<Record<PackageCode, Fate>>> = {}): Shop {
  const world = originWorld();
  world.chain.walletBalance = 1_000_000_000n;
  const supplier = batchSupplier(world.supplier, world.clock, fates);
  const lifecycle = { ...world.supplier, profileOf: supplier.profileOf };
  return { world, supplier, ports: { ...world.ports, supplier, lifecycle } };
}

/** Buys with money that the edge has settled, and lets the sweeper do what is left. */
export async function bought(
  { world, supplier, ports }: Shop,
  packages: readonly PackageCode[] = MIXED,
): Promise<Purchase> {
  world.chain.landsAt = 0;
  await buy(batchRequest(linesOf(packages)), ports);
  await sweepToRest(world, ports);
  expectSquare(world, supplier, storedIn(world));
  return storedIn(world);
}

/** The packages of the lines that were delivered; "-" for one that was not. */
export function got(purchase: Purchase): string {
  return deliveredIn(purchase)
    .map((esim) => esim?.slice(0, 1) ?? "-")
    .join("");
}
