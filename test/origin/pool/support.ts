/** A pool in memory, with a supplier that sells by the dozen: both keep the promises that the real ones keep. */

import type { OriginLogEvent } from "../../../origin/log.ts";
import type { PoolPorts, PoolStore, TendPorts } from "../../../origin/pool/ports.ts";
import { levelOf, type PooledPlan, type PoolHead, type Slot, type Stock } from "../../../origin/pool/slot.ts";
import { createPool } from "../../../origin/pool/take.ts";
import type { Pool } from "../../../origin/purchase/ports.ts";
import type { Purchase } from "../../../origin/purchase/purchase.ts";
import type { OrderResult, Profile, Supplier } from "../../../origin/supplier/port.ts";
import type { EsimLine } from "../../../protocol/offer.ts";
import { type FakeClock, fakeClock } from "../../builders/origin-clock.ts";
import { type OriginWorld, originWorld } from "../../builders/origin-ports.ts";
import { LINE, purchaseIn } from "../../builders/origin-purchase.ts";
import { ACTIVATION_CODE } from "../../builders/origin-supplier.ts";

export const DAY_MS = 86_400_000;

/** The pool of the plan that `LINE` is of. */
export const PLAN: PooledPlan = { plan: "eu-1gb", size: 10, packageCode: "EU_1_7", wholesale: 9_000n };

export const linesOf = (count: number): readonly EsimLine[] => Array.from({ length: count }, () => LINE);

/** An order id by its number; like real ones they end in hash digits. */
export const orderNumber = (number: number): string =>
  `ord_${(number * 2_654_435_761).toString(16).padStart(40, "0")}`;

export interface MemoryPool extends PoolStore {
  readonly counts: { reads: number; writes: number };
  /** As it is now, without a read. */
  slots(plan?: PooledPlan): readonly Slot[];
  put(slot: Slot, plan?: string): void;
  putHead(head: PoolHead, plan?: string): void;
}

export function memoryPool(): MemoryPool {
  const slots = new Map<string, Slot>();
  const heads = new Map<string, PoolHead>();
  const key = (plan: string, number: number) => `${plan}#${number}`;
  const slotAt = (plan: string, number: number): Slot =>
    slots.get(key(plan, number)) ?? { number, version: 0, state: "empty" };
  const headOf = (plan: string): PoolHead =>
    heads.get(plan) ?? { version: 0, busyUntil: 0, slots: 0, refill: null };
  const pool: MemoryPool = {
    counts: { reads: 0, writes: 0 },
    slots: ({ plan, size } = PLAN) => Array.from({ length: size }, (_, number) => slotAt(plan, number)),
    put: (slot, plan = PLAN.plan) => slots.set(key(plan, slot.number), slot),
    putHead: (head, plan = PLAN.plan) => heads.set(plan, head),
    async slot(plan, number) {
      pool.counts.reads += 1;
      return slotAt(plan, number);
    },
    async saveSlot(plan, next) {
      pool.counts.writes += 1;
      if (slotAt(plan, next.number).version !== next.version - 1) return "conflict";
      slots.set(key(plan, next.number), next);
      return "saved";
    },
    head: async (plan) => headOf(plan),
    async saveHead(plan, next) {
      pool.counts.writes += 1;
      if (headOf(plan).version !== next.version - 1) return "conflict";
      heads.set(plan, next);
      return "saved";
    },
  };
  return pool;
}

export interface Warehouse extends Supplier {
  /** Every order that was booked, by its transaction id. */
  readonly booked: Map<string, { readonly orderNo: string; readonly count: number }>;
  readonly cancelled: Set<string>;
  /** Every eSIM that was sold to us. */
  sold(): readonly string[];
  /** What the next orders are answered, first come first served. */
  readonly answers: OrderResult[];
  /** From order to profiles. Milliseconds. */
  allocationMs: number;
  /** From order to the last moment to install; null where it does not say. Milliseconds. */
  validMs: number | null;
}

export function warehouse(clock: FakeClock): Warehouse {
  const orders = new Map<string, { readonly at: number; readonly profiles: readonly Profile[] }>();
  const supplier: Warehouse = {
    booked: new Map(),
    cancelled: new Set(),
    sold: () => [...orders.values()].flatMap(({ profiles }) => profiles.map(({ esimTranNo }) => esimTranNo)),
    answers: [],
    allocationMs: 0,
    validMs: 180 * DAY_MS,
    async order({ transactionId, count }) {
      const scripted = supplier.answers.shift();
      if (scripted !== undefined) return scripted;
      const known = supplier.booked.get(transactionId);
      if (known !== undefined) return { kind: "ordered", orderNo: known.orderNo };
      const orderNo = `B${supplier.booked.size + 1}`;
      const { validMs } = supplier;
      const expiresAt = validMs === null ? null : new Date(clock.now() + validMs).toISOString();
      const profiles = Array.from({ length: count }, (_, nth) => profileOf(orderNo, nth, expiresAt));
      supplier.booked.set(transactionId, { orderNo, count });
      orders.set(orderNo, { at: clock.now(), profiles });
      return { kind: "ordered", orderNo };
    },
    async profiles(orderNo) {
      const order = orders.get(orderNo);
      if (order === undefined) return { kind: "refused", reason: "order_missing", code: "310272" };
      if (clock.now() < order.at + supplier.allocationMs) return { kind: "allocating" };
      const statusOf = ({ esimTranNo, esimStatus }: Profile) =>
        supplier.cancelled.has(esimTranNo) ? "CANCEL" : esimStatus;
      return {
        kind: "ready",
        profiles: order.profiles.map((profile) => ({ ...profile, esimStatus: statusOf(profile) })),
      };
    },
    balance: async () => ({ kind: "ok", balance: 1_000_000n }),
    packages: async () => ({ kind: "ok", packages: [] }),
    async cancel(esimTranNo) {
      if (supplier.cancelled.has(esimTranNo)) {
        return { kind: "refused", reason: "wrong_status", code: "200002" };
      }
      supplier.cancelled.add(esimTranNo);
      return { kind: "cancelled" };
    },
  };
  return supplier;
}

function profileOf(orderNo: string, nth: number, expiresAt: string | null): Profile {
  return {
    esimTranNo: `tran-${orderNo}-${String(nth).padStart(3, "0")}`,
    orderNo,
    iccid: "8944500102198304826",
    activationCode: ACTIVATION_CODE,
    apn: null,
    smdpStatus: "RELEASED",
    esimStatus: "GOT_RESOURCE",
    packageCode: PLAN.packageCode,
    expiresAt,
    totalBytes: 1_073_741_824n,
    usedBytes: 0n,
  };
}

export function stock(esimTranNo: string, overrides: Partial<Stock> = {}): Stock {
  const esim = { esimTranNo, iccid: "8944500102198304826", activationCode: ACTIVATION_CODE, apn: null };
  return { esim, packageCode: PLAN.packageCode, sellUntil: Number.MAX_SAFE_INTEGER, ...overrides };
}

export interface PoolWorld {
  readonly clock: FakeClock;
  readonly pool: MemoryPool;
  readonly supplier: Warehouse;
  readonly purchases: Map<string, Purchase>;
  readonly log: OriginLogEvent[];
  readonly ports: TendPorts;
}

/** An empty pool of ten, and nobody who has bought anything. */
export function poolWorld(plan: Partial<PooledPlan> = {}): PoolWorld {
  const clock = fakeClock();
  const pool = memoryPool();
  const supplier = warehouse(clock);
  const purchases = new Map<string, Purchase>();
  const log: OriginLogEvent[] = [];
  let ids = 0;
  const ports: TendPorts = {
    plans: [{ ...PLAN, ...plan }],
    store: pool,
    purchases: { get: async (id) => purchases.get(id) },
    supplier,
    now: clock.now,
    sleep: clock.sleep,
    randomId: () => `refill-${++ids}`,
    log: (event) => log.push(event),
  };
  return { clock, pool, supplier, purchases, log, ports };
}

/** Puts so many eSIMs into the first slots, for sale. */
export function shelve({ pool }: Pick<PoolWorld, "pool">, count: number): void {
  for (let number = 0; number < count; number++) {
    pool.put({ number, version: 1, state: "free", stock: stock(`tran-${number}`) });
  }
}

/** How many are for sale. */
export function levelIn({ pool, ports, clock }: PoolWorld): number {
  const [plan = PLAN] = ports.plans;
  return levelOf(pool.slots(plan), plan, clock.now());
}

/** eSIMs in each order that the supplier booked. */
export function countsIn({ supplier }: PoolWorld): readonly number[] {
  return [...supplier.booked.values()].map(({ count }) => count);
}

/** Takes an eSIM for an order, whose purchase is then `purchase`, and names it. */
export async function takenFor(
  world: PoolWorld,
  order: string,
  purchase: ((esimTranNo: string) => Purchase) | null,
): Promise<string> {
  const [esim] = (await createPool(world.ports).take(order, linesOf(1))) ?? [];
  if (!esim) throw new Error("an eSIM was expected");
  if (purchase !== null) world.purchases.set(order, { ...purchase(esim.esimTranNo), id: order });
  return esim.esimTranNo;
}

/** A purchase that shows this eSIM to its buyer. */
export function soldAs(esimTranNo: string): Purchase {
  const { esim } = stock(esimTranNo);
  return { ...purchaseIn("delivered"), delivery: { kind: "esims", esims: [esim] } };
}

export interface StockedShop extends OriginWorld {
  readonly memory: MemoryPool;
}

/** An origin that sells from a pool with so many eSIMs in it. */
export function stockedShop(count: number, create: (ports: PoolPorts) => Pool): StockedShop {
  const world = originWorld();
  const memory = memoryPool();
  shelve({ pool: memory }, count);
  const { store: purchases, clock, ports } = world;
  const pool = create({ plans: [PLAN], store: memory, purchases, now: clock.now, log: ports.log });
  return { ...world, memory, ports: { ...ports, pool } };
}
