/** What an order at the supplier came to, and which line gets which of its eSIMs. */

import { usdc } from "../../protocol/money.ts";
import type { EsimGoods } from "../../protocol/offer.ts";
import type { Profile } from "../supplier/port.ts";
import { finalReason } from "./place.ts";
import type { PurchasePorts } from "./ports.ts";
import type { Delivery, Esim, Missing, Placement, Purchase } from "./purchase.ts";
import type { SupplierOrder } from "./supplier-orders.ts";

/** The profiles of an order, or why there are none. */
export type Collected = { readonly kind: "profiles"; readonly profiles: readonly Profile[] } | Lost;

interface Lost {
  readonly kind: "lost";
  readonly reason: string;
  /** The supplier may hold something for us all the same. */
  readonly mayExist: boolean;
}

/** What there is to be had of an order, or that it is nothing. */
export type Assembled =
  | {
      readonly kind: "obtained";
      readonly delivery: Delivery;
      readonly missing: Missing | null;
      readonly orderMayExist: boolean;
    }
  | { readonly kind: "unobtainable"; readonly reason: string; readonly orderMayExist: boolean };

const LATE: Lost = { kind: "lost", reason: "supplier_too_slow", mayExist: true };

/** Profiles that nobody can install any more. */
const GONE: readonly string[] = ["CANCEL", "REVOKE"];

export function isGone({ esimStatus }: Profile): boolean {
  return GONE.includes(esimStatus);
}

/** Undefined while it is on its way. */
export async function collect(
  orderId: string,
  orderNo: string,
  count: number,
  ports: PurchasePorts,
): Promise<Collected | undefined> {
  const result = await ports.supplier.profiles(orderNo);
  switch (result.kind) {
    case "ready":
      return result.profiles.length < count ? undefined : { kind: "profiles", profiles: result.profiles };
    case "allocating":
      return undefined;
    default: {
      const reason = finalReason(orderId, result, ports);
      return reason === undefined ? undefined : { kind: "lost", reason, mayExist: true };
    }
  }
}

export function lostOf({ reason, mayExist }: Extract<Placement, { readonly kind: "refused" }>): Lost {
  return { kind: "lost", reason, mayExist };
}

/**
 * Gives each line its eSIM. By the supplier's names, so that it is the same one whoever asks. The fallback's stands
 * after those of the lines, if there is one.
 *
 * @param collected of each order; nothing where it came too late
 */
export function assemble(
  { authorization, pooled }: Purchase,
  { lines }: EsimGoods,
  orders: readonly SupplierOrder[],
  collected: readonly (Collected | undefined)[],
): Assembled {
  const got = new Map<number, Esim>();
  for (const [position, esim] of pooled?.entries() ?? []) if (esim !== null) got.set(position, esim);
  const reasons = new Map<number, string>();
  let orderMayExist = false;
  for (const [index, order] of orders.entries()) {
    const found = collected[index] ?? LATE;
    if (found.kind === "lost") {
      orderMayExist ||= found.mayExist;
      for (const position of order.lines) reasons.set(position, found.reason);
      continue;
    }
    const profiles = found.profiles.toSorted((a, b) => (a.esimTranNo < b.esimTranNo ? -1 : 1));
    for (const [nth, position] of order.lines.entries()) {
      const profile = profiles[nth];
      if (profile === undefined || isGone(profile)) {
        reasons.set(position, "profile_gone");
      } else {
        const { esimTranNo, iccid, activationCode, apn } = profile;
        got.set(position, { esimTranNo, iccid, activationCode, apn });
      }
    }
  }
  const fallback = got.get(lines.length);
  const isServed = (position: number) => got.has(position) || fallback !== undefined;
  const unserved = [...lines.keys()].filter((position) => !isServed(position));
  const [first] = unserved;
  const own = lines.map((_, position) => got.get(position) ?? null);
  const delivery: Delivery = { kind: "esims", esims: fallback === undefined ? own : [...own, fallback] };
  if (first === undefined) return { kind: "obtained", delivery, missing: null, orderMayExist };
  const reason = reasons.get(first) ?? "supplier_too_slow";
  if (unserved.length === lines.length) return { kind: "unobtainable", reason, orderMayExist };
  const kept = lines.reduce((sum, { price }, position) => (isServed(position) ? sum + price : sum), 0n);
  const missing = { reason, amount: usdc(authorization.value - kept), orderMayExist };
  return { kind: "obtained", delivery, missing, orderMayExist };
}
