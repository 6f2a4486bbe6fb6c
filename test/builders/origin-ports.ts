/**
 * The origin's ports in memory: a chain, a facilitator and a supplier that follow a script on a fake clock.
 *
 * They keep the promises that the real ones keep (a nonce is used once, a transaction id is ordered once), so that a
 * test sees what our code does about the rest.
 */

import type { OriginLogEvent } from "../../origin/log.ts";
import type { Chain, PurchasePorts } from "../../origin/purchase/ports.ts";
import { priceReport } from "../../origin/report.ts";
import type { BalanceResult, OrderResult, QueryResult, Supplier } from "../../origin/supplier/port.ts";
import type { Facilitator, FacilitatorRequest } from "../../protocol/facilitator.ts";
import type { Hex } from "../../protocol/hex.ts";
import type { SettleOutcome } from "../../protocol/settlement.ts";
import { buildConfig } from "./config.ts";
import { type FakeClock, fakeClock } from "./origin-clock.ts";
import { type MemoryStore, memoryStore } from "./origin-store.ts";

/** The one transaction that settles anything here. */
export const TRANSACTION: Hex = `0x${"7a".repeat(32)}`;

export const ACTIVATION_CODE = "LPA:1$rsp.example.com$SECRET-MATCHING-ID";

const NEVER = Number.POSITIVE_INFINITY;

/** Unix milliseconds from which each thing is so. */
export interface ChainScript extends Chain {
  /** The payment is in a block. */
  landsAt: number;
  /** The nonce went to something else. */
  usedElsewhereAt: number;
  /** The endpoint answers. */
  reachableAt: number;
}

export interface FacilitatorScript extends Facilitator {
  readonly requests: FacilitatorRequest[];
  /** What `/settle` does and answers. */
  onSettle: () => SettleOutcome;
}

export interface SupplierScript extends Supplier {
  /** Answers of the next calls; after them all goes well. */
  readonly orderAnswers: OrderResult[];
  readonly profileAnswers: QueryResult[];
  balanceAnswer: BalanceResult;
  /** From order to profile. */
  allocationMs: number;
  /** The state of every profile. */
  esimStatus: string;
  /** The order number of each transaction id that was booked. */
  readonly orders: Map<string, string>;
}

export interface OriginWorld {
  readonly ports: PurchasePorts;
  readonly clock: FakeClock;
  readonly store: MemoryStore;
  readonly chain: ChainScript;
  readonly facilitator: FacilitatorScript;
  readonly supplier: SupplierScript;
  readonly log: OriginLogEvent[];
}

/** Everything works and nothing has landed yet; `/settle` lands the payment at once. */
export function originWorld(): OriginWorld {
  const config = buildConfig();
  const clock = fakeClock();
  const store = memoryStore();
  const chain = scriptedChain(clock);
  const facilitator = scriptedFacilitator(() => {
    chain.landsAt = Math.min(chain.landsAt, clock.now());
    return { kind: "settled", transaction: TRANSACTION };
  });
  const supplier = scriptedSupplier(clock);
  const log: OriginLogEvent[] = [];
  let ids = 0;
  const ports: PurchasePorts = {
    catalog: config.catalog,
    networks: config.networks,
    publicUrl: config.publicUrl,
    maxTimeoutSeconds: config.maxTimeoutSeconds,
    edgeBudgetMs: config.budgets.edgeMs,
    budgetMs: config.budgets.originMs,
    store,
    chain,
    facilitator,
    supplier,
    resources: { "/report": (now) => priceReport(config.catalog, now) },
    now: clock.now,
    sleep: clock.sleep,
    randomId: () => `claim-${ids++}`,
    log: (event) => log.push(event),
  };
  return { ports, clock, store, chain, facilitator, supplier, log };
}

function scriptedChain(clock: FakeClock): ChainScript {
  const chain: ChainScript = {
    landsAt: NEVER,
    usedElsewhereAt: NEVER,
    reachableAt: 0,
    async authorizationState() {
      const now = clock.now();
      if (now < chain.reachableAt) return { kind: "unreachable" };
      if (now >= Math.min(chain.landsAt, chain.usedElsewhereAt)) return { kind: "used" };
      return { kind: "unused", blockTime: BigInt(Math.floor(now / 1_000)) };
    },
    async findSettlement() {
      const now = clock.now();
      if (now < chain.reachableAt) return { kind: "unreachable" };
      if (now >= chain.usedElsewhereAt) return { kind: "used_elsewhere" };
      return now >= chain.landsAt ? { kind: "found", transaction: TRANSACTION } : { kind: "not_found" };
    },
    isReachable: async () => clock.now() >= chain.reachableAt,
  };
  return chain;
}

function scriptedFacilitator(onSettle: () => SettleOutcome): FacilitatorScript {
  const facilitator: FacilitatorScript = {
    requests: [],
    onSettle,
    verify: async () => ({ kind: "unavailable", fault: "the origin never verifies" }),
    async settle(request) {
      facilitator.requests.push(request);
      return facilitator.onSettle();
    },
  };
  return facilitator;
}

function scriptedSupplier(clock: FakeClock): SupplierScript {
  const readyAt = new Map<string, number>();
  const supplier: SupplierScript = {
    orderAnswers: [],
    profileAnswers: [],
    balanceAnswer: { kind: "ok", balance: 1_000_000n },
    allocationMs: 2_000,
    esimStatus: "GOT_RESOURCE",
    orders: new Map(),
    async order({ transactionId }) {
      const scripted = supplier.orderAnswers.shift();
      if (scripted !== undefined) return scripted;
      const orderNo = supplier.orders.get(transactionId) ?? `B${supplier.orders.size + 1}`;
      if (!supplier.orders.has(transactionId)) readyAt.set(orderNo, clock.now() + supplier.allocationMs);
      supplier.orders.set(transactionId, orderNo);
      return { kind: "ordered", orderNo };
    },
    async profiles(orderNo) {
      const scripted = supplier.profileAnswers.shift();
      if (scripted !== undefined) return scripted;
      if (clock.now() < (readyAt.get(orderNo) ?? NEVER)) return { kind: "allocating" };
      return { kind: "ready", profiles: [profile(orderNo, supplier.esimStatus)] };
    },
    balance: async () => supplier.balanceAnswer,
    packages: async () => ({ kind: "ok", packages: [] }),
    cancel: async () => ({ kind: "cancelled" }),
  };
  return supplier;
}

function profile(orderNo: string, esimStatus: string) {
  return {
    esimTranNo: `tran-${orderNo}`,
    orderNo,
    iccid: "8944500102198304826",
    activationCode: ACTIVATION_CODE,
    apn: "internet",
    smdpStatus: "RELEASED",
    esimStatus,
    packageCode: "EU_1_7",
    expiresAt: null,
    totalBytes: 1_073_741_824n,
    usedBytes: 0n,
  };
}
