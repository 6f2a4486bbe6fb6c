/** Orders of several eSIMs, a supplier that sells several packages, and what must be true of such an order in the end. */

import { expect } from "vitest";
import type { PurchaseRequest } from "../../origin/purchase/buy.ts";
import type { Purchase } from "../../origin/purchase/purchase.ts";
import type { SupplierRefusal } from "../../origin/supplier/errors.ts";
import type { SupplierLifecycle } from "../../origin/supplier/lifecycle.ts";
import type { Profile, Supplier } from "../../origin/supplier/port.ts";
import type { GrantedPayment } from "../../protocol/grant.ts";
import { type Usdc, usdc } from "../../protocol/money.ts";
import type { EsimLine } from "../../protocol/offer.ts";
import type { FakeClock } from "./origin-clock.ts";
import type { OriginWorld } from "./origin-ports.ts";
import { grantedPayment, purchaseRequest } from "./origin-purchase.ts";
import { ACTIVATION_CODE } from "./origin-supplier.ts";

const PRICES = { A: 4_200_000n, B: 6_900_001n, C: 420_000n } as const;

export type PackageCode = keyof typeof PRICES;

export const packageCodes = ["A", "B", "C"] as const satisfies readonly PackageCode[];

/** "AAB" is two eSIMs of the package A and one of B. */
export function linesOf(packages: readonly PackageCode[]): readonly EsimLine[] {
  return packages.map((packageCode, position) => ({
    plan: `plan-${packageCode}`,
    packageCode,
    wholesale: 1_000n,
    price: usdc(PRICES[packageCode]),
    deviceId: `device-${position}`,
  }));
}

export function priceOf(lines: readonly EsimLine[]): Usdc {
  return usdc(lines.reduce((sum, { price }) => sum + price, 0n));
}

/** A request for these eSIMs, paid with the sum of their prices or with what the overrides say. */
export function batchRequest(
  lines: readonly EsimLine[],
  payment: Partial<GrantedPayment> = {},
): PurchaseRequest {
  const { authorization } = grantedPayment();
  const paid = { authorization: { ...authorization, value: priceOf(lines) }, ...payment };
  return purchaseRequest(paid, { goods: { kind: "esims", lines } });
}

/** What the supplier does with the orders of one package. */
export interface Fate {
  /** Refuses every order. */
  readonly refuses?: SupplierRefusal;
  /** Books the first order, and its answer is lost. */
  readonly losesAnswer?: boolean;
  /** From order to profiles. Milliseconds. */
  readonly allocationMs?: number;
  /** This many of each order's profiles are cancelled at the supplier before anybody asks. */
  readonly gone?: number;
}

export interface BatchSupplier extends Supplier, Pick<SupplierLifecycle, "profileOf"> {
  /** The orders that were booked, by transaction id. */
  readonly booked: ReadonlyMap<string, { readonly packageCode: string; readonly count: number }>;
  /** Every eSIM that was booked. */
  esims(): readonly string[];
  readonly cancelled: ReadonlySet<string>;
  /** The eSIMs that are on a phone. */
  readonly installed: Set<string>;
}

interface Booked {
  readonly orderNo: string;
  readonly packageCode: string;
  readonly count: number;
  readonly readyAt: number;
}

const ALLOCATION_MS = 2_000;

export function batchSupplier(
  base: Supplier,
  clock: FakeClock,
  fates: Readonly<Partial<Record<string, Fate>>> = {},
): BatchSupplier {
  const booked = new Map<string, Booked>();
  const cancelled = new Set<string>();
  const installed = new Set<string>();
  const refused = { kind: "refused", reason: "wrong_status", code: "200002" } as const;
  const profileOf = (order: Booked, esimTranNo: string) =>
    profile(order, esimTranNo, { cancelled, installed });
  const esimsOf = ({ orderNo, packageCode, count }: Booked) =>
    Array.from({ length: count }, (_, nth) => `${packageCode}-${orderNo}-${String(nth).padStart(2, "0")}`);
  return {
    ...base,
    booked,
    cancelled,
    installed,
    esims: () => [...booked.values()].flatMap(esimsOf),
    async order({ transactionId, packageCode, count }) {
      const { refuses, losesAnswer = false, allocationMs = ALLOCATION_MS } = fates[packageCode] ?? {};
      if (refuses !== undefined) return { kind: "refused", reason: refuses, code: "123456" };
      const earlier = booked.get(transactionId);
      if (earlier !== undefined) return { kind: "ordered", orderNo: earlier.orderNo };
      const orderNo = `B${booked.size + 1}`;
      const order = { orderNo, packageCode, count, readyAt: clock.now() + allocationMs };
      booked.set(transactionId, order);
      const { gone = 0 } = fates[packageCode] ?? {};
      for (const esim of esimsOf(order).slice(0, gone)) cancelled.add(esim);
      return losesAnswer ? { kind: "unknown", detail: "timeout" } : { kind: "ordered", orderNo };
    },
    async profiles(orderNo) {
      const order = [...booked.values()].find((each) => each.orderNo === orderNo);
      if (order === undefined) return { kind: "refused", reason: "order_missing", code: "310272" };
      if (clock.now() < order.readyAt) return { kind: "allocating" };
      return { kind: "ready", profiles: esimsOf(order).map((esim) => profileOf(order, esim)) };
    },
    async profileOf(name) {
      const esim = "esimTranNo" in name ? name.esimTranNo : "";
      const order = [...booked.values()].find((each) => esimsOf(each).includes(esim));
      if (order === undefined) return { kind: "refused", reason: "profile_missing", code: "310403" };
      return { kind: "found", profile: profileOf(order, esim) };
    },
    async cancel(esimTranNo) {
      if (cancelled.has(esimTranNo) || installed.has(esimTranNo)) return refused;
      cancelled.add(esimTranNo);
      return { kind: "cancelled" };
    },
  };
}

function profile(
  { orderNo, packageCode }: Booked,
  esimTranNo: string,
  { cancelled, installed }: Pick<BatchSupplier, "cancelled" | "installed">,
): Profile {
  return {
    esimTranNo,
    orderNo,
    iccid: `894450010219830${orderNo.slice(1).padStart(4, "0")}`,
    activationCode: ACTIVATION_CODE,
    apn: "internet",
    smdpStatus: installed.has(esimTranNo) ? "ENABLED" : "RELEASED",
    esimStatus: cancelled.has(esimTranNo) ? "CANCEL" : "GOT_RESOURCE",
    packageCode,
    expiresAt: null,
    totalBytes: 1_073_741_824n,
    usedBytes: 0n,
  };
}

/** The eSIMs that the buyer got, by line. */
export function deliveredIn({ delivery }: Purchase): readonly (string | null)[] {
  return delivery?.kind === "esims" ? delivery.esims.map((esim) => esim?.esimTranNo ?? null) : [];
}

/**
 * Looks at the chain and the supplier: what was paid is delivered or was refunded to the last atomic unit, each eSIM is
 * its line's and nobody else's, and what the buyer does not have the supplier has back.
 */
export function expectSquare(world: OriginWorld, supplier: BatchSupplier, purchase: Purchase): void {
  const { goods, authorization, state } = purchase;
  if (goods.kind !== "esims") throw new Error("an order of eSIMs was expected");
  const delivered = goods.lines.map((_, position) => deliveredIn(purchase)[position] ?? null);
  const handedOver = delivered.filter((esim) => esim !== null);

  const refunded = world.chain.refunds
    .filter(({ landsAt }) => landsAt <= world.clock.now())
    .reduce((sum, { authorization: { value } }) => sum + value, 0n);
  const earned = goods.lines.reduce(
    (sum, { price }, position) => (delivered[position] === null ? sum : sum + price),
    0n,
  );
  const isPaid = world.chain.landsAt <= world.clock.now();
  expect(earned + refunded).toBe(isPaid ? authorization.value : 0n);
  expect(isPaid).toBe(state !== "void");

  expect(new Set(handedOver).size).toBe(handedOver.length);
  for (const [position, esim] of delivered.entries()) {
    if (esim !== null) expect(esim).toMatch(new RegExp(`^${goods.lines[position]?.packageCode}-`));
  }
  const leftOver = supplier.esims().filter((esim) => !handedOver.includes(esim));
  expect([...supplier.cancelled].toSorted()).toEqual(leftOver.toSorted());
}
