/** The simulated supplier's books: balance, stock, orders, profiles. No I/O; time is passed in. */

import type { CatalogPackage } from "./catalog.ts";
import { topupCode, UNUSED_VALID_DAYS } from "./catalog.ts";
import { Identities } from "./identities.ts";

export const DAY_MS = 86_400_000;

export const esimStatuses = ["GOT_RESOURCE", "IN_USE", "CANCEL", "SUSPENDED", "REVOKE"] as const;
export type EsimStatus = (typeof esimStatuses)[number];

export const smdpStatuses = ["RELEASED", "ENABLED"] as const;

export interface SimulatedProfile {
  readonly esimTranNo: string;
  readonly iccid: string;
  /** The activation code. */
  readonly ac: string;
  smdpStatus: (typeof smdpStatuses)[number];
  esimStatus: EsimStatus;
  activatedAtMs: number | null;
  expiresAtMs: number;
  totalBytes: bigint;
  usedBytes: bigint;
  totalDays: number;
  /** The transaction ids of its top-ups. */
  readonly topups: string[];
}

export interface SimulatedOrder {
  readonly orderNo: string;
  readonly transactionId: string;
  readonly package: CatalogPackage;
  readonly packageCode: string;
  readonly count: number;
  /** What one profile cost, US dollars × 10,000. */
  readonly price: bigint;
  readonly createdAtMs: number;
  /** Until then the profiles are being allocated. */
  readonly readyAtMs: number;
  readonly profiles: readonly SimulatedProfile[];
}

export interface Found {
  readonly order: SimulatedOrder;
  readonly profile: SimulatedProfile;
}

/** What the supplier says no with: an error code, thrown inside the simulator only. */
export class RefusalError extends Error {
  override readonly name = "RefusalError";
  readonly code: string;

  constructor(code: string) {
    super(`refused with ${code}`);
    this.code = code;
  }
}

export interface NewOrder {
  readonly transactionId: string;
  readonly packageCode: string;
  readonly count: number;
  readonly price: bigint | null;
  readonly amount: bigint | null;
}

/** What a ledger goes on from. The shelf, its prices and stock, is set by whoever starts it. */
export interface Memory {
  readonly seed: string;
  /** How many numbers were handed out. */
  readonly issued: number;
  /** US dollars × 10,000. */
  readonly balance: bigint;
  readonly orders: readonly SimulatedOrder[];
}

export interface LedgerOptions {
  /** US dollars × 10,000. */
  readonly balance: bigint;
  readonly packages: readonly CatalogPackage[];
  readonly allocationDelayMs: number;
  readonly seed: string;
  /** Takes the place of balance and seed. @default nothing was ordered */
  readonly memory?: Memory;
}

export class Ledger {
  balance: bigint;
  readonly orders: SimulatedOrder[];
  readonly #allocationDelayMs: number;
  readonly #identities: Identities;
  readonly #packages: Map<string, CatalogPackage>;
  /** Profiles left of a package. One without an entry never runs out. */
  readonly #stock = new Map<string, number>();

  constructor(options: LedgerOptions) {
    const { seed, issued, balance, orders } = options.memory ?? { ...options, issued: 0, orders: [] };
    this.balance = balance;
    this.orders = [...orders];
    this.#allocationDelayMs = options.allocationDelayMs;
    this.#identities = new Identities(seed, issued);
    this.#packages = new Map(options.packages.map((item) => [item.packageCode, item]));
  }

  memory(): Memory {
    const { seed, issued } = this.#identities;
    return { seed, issued, balance: this.balance, orders: this.orders };
  }

  packages(): CatalogPackage[] {
    return [...this.#packages.values()];
  }

  /** @throws RefusalError when there is no such package */
  package(packageCode: string): CatalogPackage {
    const found = this.#packages.get(packageCode);
    if (found === undefined) throw new RefusalError("310241");
    return found;
  }

  setPrice(packageCode: string, price: bigint): void {
    this.#packages.set(packageCode, { ...this.package(packageCode), price });
  }

  setStock(packageCode: string, profiles: number): void {
    this.#stock.set(this.package(packageCode).packageCode, profiles);
  }

  /**
   * Books an order and pays for it. A transaction id that was seen before is the first order again, whatever the
   * rest of the request says: eSIM Access calls it "the same request", and nothing is charged.
   */
  order(request: NewOrder, nowMs: number): SimulatedOrder {
    const earlier = this.orders.find((order) => order.transactionId === request.transactionId);
    if (earlier !== undefined) return earlier;
    const item = this.package(request.packageCode);
    if (item.type !== "BASE") throw new RefusalError("310241");
    const { count } = request;
    const total = item.price * BigInt(count);
    if (request.price !== null && request.price !== item.price) throw new RefusalError("200005");
    if (request.amount !== null && request.amount !== total) throw new RefusalError("200006");
    const stock = this.#stock.get(item.packageCode);
    if (stock !== undefined && stock < count) throw new RefusalError("200011");
    this.#pay(total);
    if (stock !== undefined) this.#stock.set(item.packageCode, stock - count);
    const order: SimulatedOrder = {
      orderNo: this.#identities.orderNo(),
      transactionId: request.transactionId,
      package: item,
      packageCode: item.packageCode,
      count,
      price: item.price,
      createdAtMs: nowMs,
      readyAtMs: nowMs + this.#allocationDelayMs,
      profiles: Array.from({ length: count }, () => this.#newProfile(item, nowMs)),
    };
    this.orders.push(order);
    return order;
  }

  /** The profiles that `matches` accepts, those still being allocated too. */
  find(matches: (found: Found) => boolean): Found[] {
    return this.orders
      .flatMap((order) => order.profiles.map((profile) => ({ order, profile })))
      .filter(matches);
  }

  cancel({ order, profile }: Found): void {
    if (profile.esimStatus !== "GOT_RESOURCE" || profile.smdpStatus !== "RELEASED") {
      throw new RefusalError("200002");
    }
    profile.esimStatus = "CANCEL";
    this.balance += order.price;
  }

  /** Adds the profile's own package once more, once for each transaction id. */
  topup(found: Found, packageCode: string, transactionId: string, nowMs: number): Found {
    const [earlier] = this.find(({ profile }) => profile.topups.includes(transactionId));
    if (earlier !== undefined) return earlier;
    const item = this.package(packageCode);
    const { order, profile } = found;
    if (packageCode !== topupCode(order.packageCode)) throw new RefusalError("310241");
    if (!isAlive(profile) || profile.expiresAtMs <= nowMs) throw new RefusalError("200002");
    this.#pay(item.price);
    profile.totalBytes += item.volumeBytes;
    profile.totalDays += item.days;
    if (profile.activatedAtMs !== null) profile.expiresAtMs += item.days * DAY_MS;
    profile.topups.push(transactionId);
    return found;
  }

  #pay(total: bigint): void {
    if (this.balance < total) throw new RefusalError("200007");
    this.balance -= total;
  }

  #newProfile(item: CatalogPackage, nowMs: number): SimulatedProfile {
    return {
      ...this.#identities.profile(),
      smdpStatus: "RELEASED",
      esimStatus: "GOT_RESOURCE",
      activatedAtMs: null,
      expiresAtMs: nowMs + UNUSED_VALID_DAYS * DAY_MS,
      totalBytes: item.volumeBytes,
      usedBytes: 0n,
      totalDays: item.days,
      topups: [],
    };
  }
}

/** Suspends a profile, or wakes it again. */
export function setSuspended({ profile }: Found, suspended: boolean): void {
  const isSuspended = profile.esimStatus === "SUSPENDED";
  if (!isAlive(profile) || isSuspended === suspended) throw new RefusalError("200002");
  if (suspended) profile.esimStatus = "SUSPENDED";
  else profile.esimStatus = profile.activatedAtMs === null ? "GOT_RESOURCE" : "IN_USE";
}

/** Kills a profile for good. Unlike a cancellation it is always possible and refunds nothing. */
export function revoke({ profile }: Found): void {
  if (!isAlive(profile)) throw new RefusalError("200002");
  profile.esimStatus = "REVOKE";
}

/** A phone downloads and enables the profile: its plan begins. */
export function install({ profile }: Found, nowMs: number): void {
  if (profile.esimStatus !== "GOT_RESOURCE") throw new RefusalError("200002");
  profile.smdpStatus = "ENABLED";
  profile.esimStatus = "IN_USE";
  profile.activatedAtMs = nowMs;
  profile.expiresAtMs = nowMs + profile.totalDays * DAY_MS;
}

const isAlive = ({ esimStatus }: SimulatedProfile): boolean =>
  esimStatus !== "CANCEL" && esimStatus !== "REVOKE";
