/** A supplier that follows a script. It books a transaction id once, and cancels what no phone has downloaded. */

import type { SupplierLifecycle, SuspendResult, TopUpResult } from "../../origin/supplier/lifecycle.ts";
import type {
  BalanceResult,
  CancelResult,
  OrderResult,
  QueryResult,
  Supplier,
  SupplierPackage,
} from "../../origin/supplier/port.ts";
import type { FakeClock } from "./origin-clock.ts";

export const ACTIVATION_CODE = "LPA:1$rsp.example.com$SECRET-MATCHING-ID";

export interface SupplierScript extends Supplier, SupplierLifecycle {
  /** Answers of the next calls; after them all goes well. */
  readonly orderAnswers: OrderResult[];
  readonly profileAnswers: QueryResult[];
  readonly cancelAnswers: CancelResult[];
  readonly topUpAnswers: TopUpResult[];
  readonly suspendAnswers: SuspendResult[];
  balanceAnswer: BalanceResult;
  /** What `packages` lists. */
  shelf: readonly SupplierPackage[];
  /** From order to profile. */
  allocationMs: number;
  /** The state of every profile that is not cancelled. */
  esimStatus: string;
  /** What the SM-DP+ says of every profile. */
  smdpStatus: string;
  /** The order number of each transaction id that was booked. */
  readonly orders: Map<string, string>;
  /** The eSIMs that were given back. */
  readonly cancelled: Set<string>;
  readonly suspended: Set<string>;
  /** What was added to eSIMs, by transaction id. */
  readonly topUps: Map<string, { readonly esimTranNo: string; readonly packageCode: string }>;
}

/** As long as the supplier still has it. */
const CANCELLABLE = "GOT_RESOURCE";

const NEVER = Number.POSITIVE_INFINITY;

export function scriptedSupplier(clock: FakeClock): SupplierScript {
  const readyAt = new Map<string, number>();
  const statusOf = (esimTranNo: string) => {
    if (supplier.cancelled.has(esimTranNo)) return "CANCEL";
    return supplier.suspended.has(esimTranNo) ? "SUSPENDED" : supplier.esimStatus;
  };
  const refused = { kind: "refused", reason: "wrong_status", code: "200002" } as const;
  const current = (orderNo: string) =>
    profile(orderNo, `tran-${orderNo}`, statusOf(`tran-${orderNo}`), supplier.smdpStatus);

  const supplier: SupplierScript = {
    orderAnswers: [],
    profileAnswers: [],
    cancelAnswers: [],
    topUpAnswers: [],
    suspendAnswers: [],
    balanceAnswer: { kind: "ok", balance: 1_000_000n },
    shelf: [],
    allocationMs: 2_000,
    esimStatus: CANCELLABLE,
    smdpStatus: "RELEASED",
    orders: new Map(),
    cancelled: new Set(),
    suspended: new Set(),
    topUps: new Map(),
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
      return { kind: "ready", profiles: [current(orderNo)] };
    },
    balance: async () => supplier.balanceAnswer,
    packages: async () => ({ kind: "ok", packages: supplier.shelf }),
    async cancel(esimTranNo) {
      const scripted = supplier.cancelAnswers.shift();
      if (scripted !== undefined) return scripted;
      if (statusOf(esimTranNo) !== CANCELLABLE) return refused;
      supplier.cancelled.add(esimTranNo);
      return { kind: "cancelled" };
    },
    async topUp({ transactionId, esimTranNo, packageCode }) {
      const scripted = supplier.topUpAnswers.shift();
      if (scripted !== undefined) return scripted;
      supplier.topUps.set(transactionId, { esimTranNo, packageCode });
      const { iccid, expiresAt, totalBytes, usedBytes } = current(esimTranNo.slice("tran-".length));
      return { kind: "topped_up", iccid, expiresAt, totalBytes, usedBytes };
    },
    async suspend(esimTranNo) {
      const scripted = supplier.suspendAnswers.shift();
      if (scripted !== undefined) return scripted;
      if (supplier.suspended.has(esimTranNo) || supplier.cancelled.has(esimTranNo)) return refused;
      supplier.suspended.add(esimTranNo);
      return { kind: "suspended" };
    },
    async resume(esimTranNo) {
      return supplier.suspended.delete(esimTranNo) ? { kind: "resumed" } : refused;
    },
    async revoke(esimTranNo) {
      supplier.cancelled.add(esimTranNo);
      return { kind: "revoked" };
    },
    async usage(esimTranNos) {
      const usage = esimTranNos.map((esimTranNo) => ({
        esimTranNo,
        usedBytes: 0n,
        totalBytes: 1_073_741_824n,
        updatedAt: null,
      }));
      return { kind: "ok", usage };
    },
    async profileOf(name) {
      if (!("esimTranNo" in name)) return { kind: "unknown", detail: "bad_answer" };
      return { kind: "found", profile: current(name.esimTranNo.slice("tran-".length)) };
    },
    saveWebhook: async () => ({ kind: "saved" }),
  };
  return supplier;
}

function profile(orderNo: string, esimTranNo: string, esimStatus: string, smdpStatus: string) {
  return {
    esimTranNo,
    orderNo,
    iccid: "8944500102198304826",
    activationCode: ACTIVATION_CODE,
    apn: "internet",
    smdpStatus,
    esimStatus,
    packageCode: "EU_1_7",
    expiresAt: null,
    totalBytes: 1_073_741_824n,
    usedBytes: 0n,
  };
}
