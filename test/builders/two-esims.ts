/** Orders whose eSIM may be replaced: by another package, or by the fallback's. And what is true of them in the end. */

import { expect } from "vitest";
import { isIntact } from "../../origin/purchase/ledger.ts";
import type { Purchase } from "../../origin/purchase/purchase.ts";
import type { Catalog } from "../../protocol/catalog.ts";
import { parseConfig } from "../../protocol/config.ts";
import type { Fallback } from "../../protocol/offer.ts";
import { type BatchSupplier, deliveredIn, type PackageCode } from "./batch.ts";
import { configInput } from "./config.ts";
import { meteredInput } from "./metered.ts";
import type { OriginWorld } from "./origin-ports.ts";

/** Nothing of the catalog can stand in for it. */
export const FALLBACK: Fallback = { plan: "eu-central:1024mb", packageCode: "B", wholesale: 1_000n };

/** The packages A, B and C, each of which can stand in for the others, in this order; A is sold as the plan `plan-A`. */
export function alternatesCatalog(wholesaleUsd: Partial<Record<PackageCode, string>> = {}): Catalog {
  const { plans, resources } = configInput().catalog;
  const [plan] = Object.values(plans);
  if (plan === undefined) throw new Error("the catalog has a plan");
  const packages = (["A", "B", "C"] as const).map((packageCode, nth) => ({
    packageCode,
    dataMb: 1_024 * (nth + 1),
    days: 7,
    coverage: ["US", "DE", "FR"],
    wholesaleUsd: wholesaleUsd[packageCode] ?? "0.10",
  }));
  const metered = meteredInput({ packages });
  const sold = { "plan-A": { ...plan, packageCode: "A", wholesaleUsd: "0.10" } };
  return parseConfig(configInput({ catalog: { plans: sold, resources, metered } })).catalog;
}

/** The eSIMs that are the buyer's, by the packages they are of. */
export function keptOf(purchase: Purchase): string {
  return keptIn(purchase)
    .map((esim) => esim.slice(0, 1))
    .join("");
}

function keptIn(purchase: Purchase): readonly string[] {
  const shown = deliveredIn(purchase).filter((esim) => esim !== null);
  const { choice } = purchase;
  return choice?.kind === "made" ? shown.filter((esim) => esim === choice.esimTranNo) : shown;
}

/** One line: paid and served, or paid and refunded, or not paid; and the supplier has back what it could take back. */
export function expectOneLineSquare(world: OriginWorld, supplier: BatchSupplier, purchase: Purchase): void {
  const { authorization, ledger } = purchase;
  const kept = keptIn(purchase);
  const isPaid = world.chain.landsAt <= world.clock.now();
  const refunded = world.chain.refunds
    .filter(({ landsAt }) => landsAt <= world.clock.now())
    .reduce((sum, { authorization: { value } }) => sum + value, 0n);
  expect(refunded).toBe(isPaid && kept.length === 0 ? authorization.value : 0n);
  expect(isPaid).toBe(purchase.state !== "void");
  const leftOver = supplier.esims().filter((esim) => !kept.includes(esim) && !supplier.installed.has(esim));
  expect([...supplier.cancelled].toSorted()).toEqual(leftOver.toSorted());
  expect(isIntact(ledger)).toBe(true);
}
