/** Granted payments, purchase requests and purchases, good but for what a test changes. */

import type { PurchaseRequest } from "../../origin/purchase/buy.ts";
import { apply, type Change } from "../../origin/purchase/changes.ts";
import { type Beginning, claimed, type NewPurchase } from "../../origin/purchase/claimed.ts";
import type { Delivery, Esim, Purchase } from "../../origin/purchase/purchase.ts";
import { refundNonce } from "../../origin/purchase/refund.ts";
import type { PurchaseState } from "../../origin/purchase/states.ts";
import type { GrantedPayment } from "../../protocol/grant.ts";
import type { Hex } from "../../protocol/hex.ts";
import { usdc } from "../../protocol/money.ts";
import { networks } from "../../protocol/network.ts";
import type { EsimLine } from "../../protocol/offer.ts";
import { orderId } from "../../protocol/order.ts";
import { MERCHANT } from "./config.ts";
import { refundTransaction, TRANSACTION } from "./origin-chain.ts";
import { REFUND_WALLET } from "./origin-signer.ts";
import { ACTIVATION_CODE } from "./origin-supplier.ts";
import { NOW, PAYMENT_SECONDS } from "./payment.ts";

/** The only place where this text may be found is a purchase whose settlement is open. */
export const SIGNATURE: Hex = `0x${"5e".repeat(65)}`;

export const INVOICE = "1".repeat(20);

export const FINGERPRINT: Hex = `0x${"f1".repeat(32)}`;

/** Unix milliseconds at which the authorization of a built payment expires. */
export const EXPIRES_AT = (NOW + PAYMENT_SECONDS) * 1_000;

export const ONE: Esim = {
  esimTranNo: "tran-1",
  iccid: "8944500102198304826",
  activationCode: ACTIVATION_CODE,
  apn: null,
};

export const ESIM: Delivery = { kind: "esims", esims: [ONE] };

/** The one eSIM of the plan `eu-1gb`. */
export const LINE: EsimLine = {
  plan: "eu-1gb",
  packageCode: "EU_1_7",
  wholesale: 9_000n,
  price: usdc(4_200_000n),
  deviceId: null,
};

export const GOODS = { kind: "esims", lines: [LINE] } as const satisfies Purchase["goods"];

export function grantedPayment(overrides: Partial<GrantedPayment> = {}): GrantedPayment {
  return {
    x402Version: 2,
    network: networks.base,
    authorization: {
      from: `0x${"ab".repeat(20)}`,
      to: MERCHANT,
      value: usdc(4_200_000n),
      validAfter: 0n,
      validBefore: BigInt(NOW + PAYMENT_SECONDS),
      nonce: `0x${"09".repeat(32)}`,
    },
    invoiceId: INVOICE,
    replayKeys: [],
    settlement: { state: "settled", transaction: TRANSACTION },
    timings: {},
    ...overrides,
  };
}

export const UNKNOWN: GrantedPayment["settlement"] = { state: "unknown", signature: SIGNATURE };
export const VERIFIED: GrantedPayment["settlement"] = { state: "verified", signature: SIGNATURE };
export const DEFERRED: GrantedPayment["settlement"] = { state: "deferred", signature: SIGNATURE };
export const SPENT: GrantedPayment["settlement"] = { state: "spent" };
export const CONTESTED: GrantedPayment["settlement"] = { state: "contested" };

/** A request for the plan `eu-1gb`. */
export function purchaseRequest(
  payment: Partial<GrantedPayment> = {},
  overrides: Partial<PurchaseRequest> = {},
): PurchaseRequest {
  return {
    grantId: "grant-0001",
    payment: grantedPayment(payment),
    fingerprint: FINGERPRINT,
    replayKeys: [],
    goods: GOODS,
    agentId: null,
    webhookUrl: null,
    ...overrides,
  };
}

export const ORDER_ID = orderOf(grantedPayment());

export function orderOf({
  network,
  authorization,
}: Pick<GrantedPayment, "network" | "authorization">): string {
  return orderId({ network, payer: authorization.from, nonce: authorization.nonce });
}

export function newPurchase(overrides: Partial<NewPurchase> = {}): NewPurchase {
  const { x402Version, network, authorization, invoiceId } = grantedPayment();
  return {
    id: ORDER_ID,
    claimId: "claim-of-somebody",
    grantId: "grant-0001",
    x402Version,
    network,
    authorization,
    signature: null,
    invoiceId,
    replayKeys: [],
    fingerprint: FINGERPRINT,
    goods: GOODS,
    agentId: null,
    createdAt: NOW * 1_000,
    dueAt: NOW * 1_000 + 25_000,
    webhookUrl: null,
    ...overrides,
  };
}

/** A claim whose payment the edge settled. */
export function settledClaim(overrides: Partial<NewPurchase> = {}): Purchase {
  return claimed(newPurchase(overrides), { state: "settled", transaction: TRANSACTION });
}

export const SETTLED: Change = { type: "settled", transaction: TRANSACTION, by: "chain" };
export const ORDERED: Change = { type: "ordered", placements: [{ kind: "placed", orderNo: "B1" }] };
export const DELIVERED: Change = { type: "delivered", delivery: ESIM };
export const VOIDED: Change = { type: "voided", reason: "expired" };
export const FAILED: Change = { type: "failed", reason: "out_of_stock", orderMayExist: false };
export const SECURED: Change = { type: "secured", delivery: ESIM, missing: null };
export const EARNED: Change = { type: "earned", transaction: TRANSACTION, by: "facilitator" };
export const DROPPED: Change = { type: "dropped", reason: "out_of_stock", orderMayExist: false };
export const LANDED_LATE: Change = { type: "landed_late", transaction: TRANSACTION };
export const RELEASED: Change = { type: "released", esims: ["tran-1"] };
export const REFUND_BLOCKED: Change = { type: "refund_blocked", reason: "wallet_too_low" };
export const REFUND_LAPSED: Change = { type: "refund_lapsed" };
export const REFUNDED: Change = { type: "refunded", transaction: refundTransaction(0) };
export const NOTIFIED: Change = { type: "notified", attempts: 1 };
export const UNHEARD: Change = { type: "unheard", attempts: 29, reason: "timeout" };
export const REFUND_SIGNED: Change = {
  type: "refund_signed",
  authorization: {
    from: REFUND_WALLET,
    to: grantedPayment().authorization.from,
    value: grantedPayment().authorization.value,
    validAfter: 0n,
    validBefore: BigInt(NOW + 120),
    nonce: refundNonce(ORDER_ID, 1),
  },
  signature: SIGNATURE,
};

export const SUSPENDED: Change = { type: "suspended", esim: "tran-1" };
export const RETURN_ASKED: Change = { type: "return_asked", lines: [0] };
export const PART_RETURNED: Change = { type: "part_returned", taken: [0], kept: [], amount: LINE.price };
export const RETURNED: Change = { ...PART_RETURNED, type: "returned" };
export const KEPT: Change = { type: "kept", kept: [0] };
export const KEPT_REST: Change = { type: "kept_rest", kept: [0] };

/** A change that the types may forbid, as a table that somebody edited could ask for. */
export function applied(purchase: Purchase, change: Change, now: number, dueAt: number): Purchase {
  return Reflect.apply(apply, undefined, [purchase, change, now, dueAt]);
}

const paths: Readonly<Record<PurchaseState, readonly [Beginning["state"], ...Change[]]>> = {
  settling: ["settling"],
  settled: ["settling", SETTLED],
  ordered: ["settling", SETTLED, ORDERED],
  delivered: ["settling", SETTLED, ORDERED, DELIVERED],
  returning: ["settling", SETTLED, ORDERED, DELIVERED, RETURN_ASKED],
  void: ["settling", VOIDED],
  reserved: ["reserved"],
  securing: ["reserved", ORDERED],
  secured: ["reserved", ORDERED, SECURED],
  refund_due: ["settling", SETTLED, FAILED],
  refund_blocked: ["settling", SETTLED, FAILED, REFUND_BLOCKED],
  refunding: ["settling", SETTLED, FAILED, REFUND_SIGNED],
  refunded: ["settling", SETTLED, FAILED, REFUND_SIGNED, REFUNDED],
};

/** A purchase that was not settled at the edge, and has come to `state`. */
export function purchaseIn(state: PurchaseState, overrides: Partial<NewPurchase> = {}): Purchase {
  const [beginning, ...changes] = paths[state];
  const fields = newPurchase({ signature: SIGNATURE, ...overrides });
  const start = claimed(
    fields,
    beginning === "settled" ? { state: beginning, transaction: TRANSACTION } : { state: beginning },
  );
  return changes.reduce((purchase, change) => applied(purchase, change, start.createdAt, start.dueAt), start);
}
