/** A supplier that follows a script. It books a transaction id once, and cancels what no phone has downloaded. */

import type {
  BalanceResult,
  CancelResult,
  OrderResult,
  QueryResult,
  Supplier,
} from "../../origin/supplier/port.ts";
import type { FakeClock } from "./origin-clock.ts";

export const ACTIVATION_CODE = "LPA:1$rsp.example.com$SECRET-MATCHING-ID";

export interface SupplierScript extends Supplier {
  /** Answers of the next calls; after them all goes well. */
  readonly orderAnswers: OrderResult[];
  readonly profileAnswers: QueryResult[];
  readonly cancelAnswers: CancelResult[];
  balanceAnswer: BalanceResult;
  /** From order to profile. */
  allocationMs: number;
  /** The state of every profile that is not cancelled. */
  esimStatus: string;
  /** The order number of each transaction id that was booked. */
  readonly orders: Map<string, string>;
  /** The eSIMs that were given back. */
  readonly cancelled: Set<string>;
}

/** As long as the supplier still has it. */
const CANCELLABLE = "GOT_RESOURCE";

const NEVER = Number.POSITIVE_INFINITY;

export function scriptedSupplier(clock: FakeClock): SupplierScript {
  const readyAt = new Map<string, number>();
  const statusOf = (esimTranNo: string) =>
    supplier.cancelled.has(esimTranNo) ? "CANCEL" : supplier.esimStatus;

  const supplier: SupplierScript = {
    orderAnswers: [],
    profileAnswers: [],
    cancelAnswers: [],
    balanceAnswer: { kind: "ok", balance: 1_000_000n },
    allocationMs: 2_000,
    esimStatus: CANCELLABLE,
    orders: new Map(),
    cancelled: new Set(),
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
      const esimTranNo = `tran-${orderNo}`;
      return { kind: "ready", profiles: [profile(orderNo, esimTranNo, statusOf(esimTranNo))] };
    },
    balance: async () => supplier.balanceAnswer,
    packages: async () => ({ kind: "ok", packages: [] }),
    async cancel(esimTranNo) {
      const scripted = supplier.cancelAnswers.shift();
      if (scripted !== undefined) return scripted;
      if (statusOf(esimTranNo) !== CANCELLABLE)
        return { kind: "refused", reason: "wrong_status", code: "200002" };
      supplier.cancelled.add(esimTranNo);
      return { kind: "cancelled" };
    },
  };
  return supplier;
}

function profile(orderNo: string, esimTranNo: string, esimStatus: string) {
  return {
    esimTranNo,
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
