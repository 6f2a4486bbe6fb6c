/**
 * The wholesale eSIM supplier as the purchase rules see it. What goes wrong there is a value, never an exception.
 *
 * Its money is US dollars × 10,000: $0.90 is 9000n. Those are not USDC's six decimals.
 */

import type { SupplierRefusal } from "./errors.ts";

/** Limits of one order. */
export const MAX_PROFILES_PER_ORDER = 30;
export const MAX_TRANSACTION_ID_LENGTH = 50;

/** One eSIM. `activationCode` is a bearer secret: never log a profile. */
export interface Profile {
  /** The supplier's name of this eSIM. ICCIDs are used again for later customers; this never is. */
  readonly esimTranNo: string;
  readonly orderNo: string;
  readonly iccid: string;
  /** `LPA:1$…`, known to be well formed. */
  readonly activationCode: string;
  readonly apn: string | null;
  /** RELEASED, DOWNLOAD, INSTALLATION, ENABLED, DISABLED or DELETED. */
  readonly smdpStatus: string;
  /** GOT_RESOURCE, IN_USE, USED_UP, UNUSED_EXPIRED, USED_EXPIRED, CANCEL, SUSPENDED or REVOKE. */
  readonly esimStatus: string;
  readonly packageCode: string | null;
  /** ISO 8601 in UTC: until first use the last moment to install, then the end of the plan. */
  readonly expiresAt: string | null;
  readonly totalBytes: bigint | null;
  /** Lags the network by two to three hours. */
  readonly usedBytes: bigint | null;
}

export interface SupplierPackage {
  readonly packageCode: string;
  readonly slug: string | null;
  readonly name: string;
  /** US dollars × 10,000. */
  readonly unitPrice: bigint;
  readonly volumeBytes: bigint;
  readonly duration: number;
  /** DAY or MONTH. */
  readonly durationUnit: string;
  /** ISO 3166-1 alpha-2 codes. */
  readonly locations: readonly string[];
  readonly operators: readonly SupplierOperator[];
}

/** A carrier that a package roams on. */
export interface SupplierOperator {
  readonly location: string;
  readonly name: string;
  /** For example 4G or 5G. */
  readonly networkType: string | null;
}

/** The supplier understood and said no. `dispositions[reason]` tells what to do; `code` is for the log. */
export interface Refused {
  readonly kind: "refused";
  readonly reason: SupplierRefusal;
  readonly code: string;
}

/** Nobody knows whether the supplier did the work. Repeat the request; for an order under the same transaction id. */
export interface Unknown {
  readonly kind: "unknown";
  readonly detail: UnknownDetail;
}

/** How an answer went missing. Built from our own words only, so that it may be logged. */
export type UnknownDetail =
  | "timeout"
  | "connection_failed"
  | `http_${number}`
  | "too_large"
  | "not_json"
  | "bad_envelope"
  | "bad_answer"
  /** Not sent, since the calls before it failed. An earlier one may have been carried out all the same. */
  | "circuit_open";

export interface OrderRequest {
  /** Our order id, at most 50 characters. The same id never buys twice, whatever the rest of the request says. */
  readonly transactionId: string;
  readonly packageCode: string;
  /** 1 to 30. */
  readonly count: number;
  /** US dollars × 10,000. A price that has moved refuses the order instead of costing money. */
  readonly unitPrice: bigint;
}

/** Which packages to list. Empty lists all of them, thousands. */
export interface PackageFilter {
  /** What begins an eSIM, or what adds to one. @default "BASE" */
  readonly type?: "BASE" | "TOPUP";
  readonly packageCode?: string;
  /** An ISO 3166-1 alpha-2 code, `!RG` for regional or `!GL` for global packages. */
  readonly locationCode?: string;
  /** With `TOPUP`: what fits this eSIM. */
  readonly iccid?: string;
}

export type OrderResult = { readonly kind: "ordered"; readonly orderNo: string } | Refused | Unknown;

export type QueryResult =
  | { readonly kind: "ready"; readonly profiles: readonly Profile[] }
  | { readonly kind: "allocating" }
  | Refused
  | Unknown;

export type BalanceResult = { readonly kind: "ok"; readonly balance: bigint } | Refused | Unknown;

export type PackagesResult =
  | { readonly kind: "ok"; readonly packages: readonly SupplierPackage[] }
  | Refused
  | Unknown;

export type CancelResult = { readonly kind: "cancelled" } | Refused | Unknown;

export interface Supplier {
  order(request: OrderRequest): Promise<OrderResult>;
  /**
   * The eSIMs of an order, all pages. `allocating` until every one that is listed can be installed; compare their
   * number with what was ordered.
   */
  profiles(orderNo: string): Promise<QueryResult>;
  /** Our credit with the supplier, US dollars × 10,000. */
  balance(): Promise<BalanceResult>;
  packages(filter: PackageFilter): Promise<PackagesResult>;
  /**
   * Gives an eSIM back for its full price; possible until a phone has downloaded it, after that `wrong_status`.
   * So is an eSIM that was cancelled before: look at its `esimStatus` to tell the two apart.
   */
  cancel(esimTranNo: string): Promise<CancelResult>;
}
