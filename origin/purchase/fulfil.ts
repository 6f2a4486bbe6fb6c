/**
 * Gets the goods that the pool did not give: places the supplier's orders once, waits for the profiles, or finds which
 * of them can't be had.
 */

import { entry } from "../../protocol/catalog.ts";
import { usdc } from "../../protocol/money.ts";
import type { EsimLine } from "../../protocol/offer.ts";
import { dispositions, type SupplierRefusal } from "../supplier/errors.ts";
import type { Profile, Refused, Unknown } from "../supplier/port.ts";
import type { PurchasePorts } from "./ports.ts";
import type { Delivery, Esim, Missing, Placement, Purchase } from "./purchase.ts";
import { type SupplierOrder, supplierOrders } from "./supplier-orders.ts";
import { topUp } from "./top-up.ts";

/** How one try to get the goods ended. */
export type Obtained =
  | { readonly kind: "ordered"; readonly placements: readonly Placement[] }
  | { readonly kind: "obtained"; readonly delivery: Delivery; readonly missing: Missing | null }
  /** `orderMayExist`: the supplier may hold something for us all the same. */
  | { readonly kind: "unobtainable"; readonly reason: string; readonly orderMayExist: boolean };

/** Between two calls to the supplier. It takes 8 a second, and a profile takes seconds. Milliseconds. */
const ASK_EVERY_MS = 500;

/** What the supplier may say before it looks whether the order was placed earlier. */
export const INCONCLUSIVE: readonly SupplierRefusal[] = ["access_denied", "order_abnormal", "unrecognized"];

/** Profiles that nobody can install any more. */
const GONE: readonly string[] = ["CANCEL", "REVOKE"];

export interface Limits {
  /** Unix milliseconds, as the next. */
  readonly deadline: number;
  /** From then on the goods come too late. */
  readonly giveUpAt: number;
}

/** @returns undefined when the deadline came first */
export async function obtain(
  purchase: Purchase,
  ports: PurchasePorts,
  limits: Limits,
): Promise<Obtained | undefined> {
  const { goods, placements } = purchase;
  switch (goods.kind) {
    case "unavailable":
      return unobtainable(goods.reason, false);
    case "resource": {
      const render = entry(ports.resources, goods.path);
      if (render === undefined) return unobtainable("resource_missing", false);
      return { kind: "obtained", delivery: { kind: "resource", body: render(ports.now()) }, missing: null };
    }
    case "topup":
      return topUp(purchase, goods, ports, limits);
    case "esims":
      if (placements !== null) return collectAll(purchase, goods.lines, placements, ports, limits);
      return placeAll(purchase, goods.lines, ports, limits);
  }
}

async function placeAll(
  purchase: Purchase,
  lines: readonly EsimLine[],
  ports: PurchasePorts,
  limits: Limits,
): Promise<Obtained | undefined> {
  const orders = supplierOrders(purchase, lines);
  if (orders.length === 0) return assemble(purchase, lines, orders, []);
  // Somebody may have asked before and not heard the answer, so an order may exist even where none is recorded.
  const tooLate = () => assemble(purchase, lines, orders, []);
  if (ports.now() >= limits.giveUpAt) return tooLate();
  const placements = await askUntilAllAnswer(
    orders.map((order) => placing(purchase, order, ports)),
    ports,
    limits,
  );
  if (placements === "too_late") return tooLate();
  if (placements === undefined) return undefined;
  const refused = placements.filter((placement) => placement.kind === "refused");
  if (refused.length < placements.length) return { kind: "ordered", placements };
  return assemble(purchase, lines, orders, refused.map(lostOf));
}

/** Asks each until it has an answer, and all of them at least once. */
async function askUntilAllAnswer<Answer>(
  asks: readonly (() => Promise<Answer | undefined>)[],
  ports: PurchasePorts,
  { deadline, giveUpAt }: Limits,
): Promise<readonly Answer[] | "too_late" | undefined> {
  const answers: (Answer | undefined)[] = asks.map(() => undefined);
  while (ports.now() < deadline) {
    await Promise.all(
      asks.map(async (ask, index) => {
        answers[index] ??= await ask();
      }),
    );
    const known = answers.filter((answer) => answer !== undefined);
    if (known.length === asks.length) return known;
    if (ports.now() >= giveUpAt) return "too_late";
    await ports.sleep(Math.min(ASK_EVERY_MS, Math.max(0, deadline - ports.now())));
  }
  return undefined;
}

/**
 * The order id is the supplier's transaction id, so asking again after a lost answer can't buy twice, and a refusal of
 * the order itself means that no earlier try bought anything either.
 */
export async function placeOrder(
  orderId: string,
  { transactionId, packageCode, wholesale, lines }: SupplierOrder,
  ports: PurchasePorts,
): Promise<Placement | undefined> {
  const result = await ports.supplier.order({
    transactionId,
    packageCode,
    count: lines.length,
    unitPrice: wholesale,
  });
  if (result.kind === "ordered") return { kind: "placed", orderNo: result.orderNo };
  const reason = finalReason(orderId, result, ports);
  if (reason === undefined) return undefined;
  return { kind: "refused", reason, mayExist: INCONCLUSIVE.includes(reason) };
}

/**
 * A refusal speaks for the earlier tries only where there were none: one whose answer was lost may still be on its way,
 * and be booked after this one was refused.
 */
function placing(purchase: Purchase, order: SupplierOrder, ports: PurchasePorts) {
  let isFirst = purchase.version === 1;
  return async (): Promise<Placement | undefined> => {
    const wasFirst = isFirst;
    isFirst = false;
    const placement = await placeOrder(purchase.id, order, ports);
    return placement?.kind === "refused" && !wasFirst ? { ...placement, mayExist: true } : placement;
  };
}

/** What an order came to: its profiles, or why there are none. */
type Collected = { readonly kind: "profiles"; readonly profiles: readonly Profile[] } | Lost;

interface Lost {
  readonly kind: "lost";
  readonly reason: string;
  readonly mayExist: boolean;
}

const LATE: Lost = { kind: "lost", reason: "supplier_too_slow", mayExist: true };

function lostOf({ reason, mayExist }: Extract<Placement, { readonly kind: "refused" }>): Lost {
  return { kind: "lost", reason, mayExist };
}

async function collectAll(
  purchase: Purchase,
  lines: readonly EsimLine[],
  placements: readonly Placement[],
  ports: PurchasePorts,
  limits: Limits,
): Promise<Obtained | undefined> {
  const orders = supplierOrders(purchase, lines);
  const seen: (Collected | undefined)[] = placements.map(() => undefined);
  const asks = placements.map((placement, index) => async () => {
    seen[index] = await collect(purchase.id, placement, orders[index]?.lines.length ?? 0, ports);
    return seen[index];
  });
  const all = await askUntilAllAnswer(asks, ports, limits);
  if (all === undefined) return undefined;
  return assemble(purchase, lines, orders, seen);
}

async function collect(
  orderId: string,
  placement: Placement,
  count: number,
  ports: PurchasePorts,
): Promise<Collected | undefined> {
  if (placement.kind === "refused") return lostOf(placement);
  const result = await ports.supplier.profiles(placement.orderNo);
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

/**
 * Gives each line its eSIM. By the supplier's names, so that it is the same one whoever asks.
 *
 * @param collected of each order; nothing where it came too late
 */
function assemble(
  { authorization, pooled }: Purchase,
  lines: readonly EsimLine[],
  orders: readonly SupplierOrder[],
  collected: readonly (Collected | undefined)[],
): Obtained {
  const esims: (Esim | null)[] = lines.map((_, position) => pooled?.[position] ?? null);
  const lost: Pick<Lost, "reason" | "mayExist">[] = [];
  for (const [index, order] of orders.entries()) {
    const got = collected[index] ?? LATE;
    if (got.kind === "lost") {
      lost.push(got);
      continue;
    }
    const profiles = got.profiles.toSorted((a, b) => (a.esimTranNo < b.esimTranNo ? -1 : 1));
    for (const [nth, position] of order.lines.entries()) {
      const profile = profiles[nth];
      if (profile === undefined || GONE.includes(profile.esimStatus)) {
        lost.push({ reason: "profile_gone", mayExist: false });
      } else {
        const { esimTranNo, iccid, activationCode, apn } = profile;
        esims[position] = { esimTranNo, iccid, activationCode, apn };
      }
    }
  }
  const [first] = lost;
  const orderMayExist = lost.some(({ mayExist }) => mayExist);
  if (first === undefined) return { kind: "obtained", delivery: { kind: "esims", esims }, missing: null };
  if (esims.every((esim) => esim === null)) return unobtainable(first.reason, orderMayExist);
  const kept = lines.reduce((sum, { price }, position) => (esims[position] === null ? sum : sum + price), 0n);
  const amount = usdc(authorization.value - kept);
  const missing = { reason: first.reason, amount, orderMayExist };
  return { kind: "obtained", delivery: { kind: "esims", esims }, missing };
}

/** Why the supplier does not do it, or undefined where asking again may help. */
export function finalReason(
  orderId: string,
  result: Refused | Unknown,
  ports: PurchasePorts,
): SupplierRefusal | undefined {
  if (result.kind === "unknown") {
    ports.log({ event: "supplier_failed", order: orderId, reason: "unknown", code: result.detail });
    return undefined;
  }
  const { reason, code } = result;
  ports.log({ event: "supplier_failed", order: orderId, reason, code });
  switch (dispositions[reason]) {
    case "retry":
    case "wait":
      return undefined;
    case "alternate_package":
    case "reprice":
    case "operator":
    case "invalid":
      return reason;
  }
}

function unobtainable(reason: string, orderMayExist: boolean): Obtained {
  return { kind: "unobtainable", reason, orderMayExist };
}
