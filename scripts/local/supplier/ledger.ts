/** The simulated supplier's books: balance, stock, orders, profiles. No I/O; time is passed in. */

import { type CatalogPackage, UNUSED_VALID_DAYS } from "./catalog.ts";
import { Identities } from "./identities.ts";
import { cancel, DAY_MS, expire, extend, isAlive, type SimulatedProfile } from "./profiles.ts";
import { RefusalError } from "./refusal.ts";

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

export interface NewOrder {
  readonly transactionId: string;
  readonly packageCode: string;
  readonly count: number;
  readonly price: bigint | null;
  readonly amount: bigint | null;
}

export interface NewTopUp {
  readonly packageCode: string;
  readonly transactionId: string;
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
  /** Where notifications go, or null. */
  readonly webhook: string | null;
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
  webhook: string | null;
  readonly #allocationDelayMs: number;
  readonly #identities: Identities;
  readonly #packages: Map<string, CatalogPackage>;
  /** Profiles left of a package. One without an entry never runs out. */
  readonly #stock = new Map<string, number>();

  constructor(options: LedgerOptions) {
    const fresh = { ...options, issued: 0, orders: [], webhook: null };
    const { seed, issued, balance, orders, webhook } = options.memory ?? fresh;
    this.balance = balance;
    this.orders = [...orders];
    this.webhook = webhook;
    this.#allocationDelayMs = options.allocationDelayMs;
    this.#identities = new Identities(seed, issued);
    this.#packages = new Map(options.packages.map((item) => [item.packageCode, item]));
  }

  memory(): Memory {
    const { seed, issued } = this.#identities;
    return { seed, issued, balance: this.balance, orders: this.orders, webhook: this.webhook };
  }

  get seed(): string {
    return this.#identities.seed;
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

  /** Gives a profile back for what it cost. @throws RefusalError */
  cancel({ order, profile }: Found): void {
    cancel(profile);
    this.balance += order.price;
  }

  /** The packages that add to a profile: those that work where its own does. */
  topUpsOf({ order }: Found): CatalogPackage[] {
    const where = order.package.locations.join();
    return this.packages().filter(({ type, locations }) => type === "TOPUP" && locations.join() === where);
  }

  /** Adds a package's data and days, once for each transaction id. @throws RefusalError */
  topUp(found: Found, { packageCode, transactionId, amount }: NewTopUp, nowMs: number): Found {
    const [earlier] = this.find(({ profile }) => profile.topups.includes(transactionId));
    if (earlier !== undefined) return earlier;
    const item = this.package(packageCode);
    const { profile } = found;
    if (!this.topUpsOf(found).includes(item)) throw new RefusalError("310241");
    if (!isAlive(profile) || profile.expiresAtMs <= nowMs) throw new RefusalError("200002");
    if (amount !== null && amount !== item.price) throw new RefusalError("200006");
    this.#pay(item.price);
    extend(profile, item.volumeBytes, item.days);
    profile.topups.push(transactionId);
    return found;
  }

  /** Ends what has run out of time. */
  expire(nowMs: number): void {
    for (const { profiles } of this.orders) for (const profile of profiles) expire(profile, nowMs);
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
      readings: [],
      totalDays: item.days,
      topups: [],
    };
  }
}
