/**
 * What can be done with an eSIM after it was bought. What goes wrong is a value, as in `port.ts`, and money is US
 * dollars × 10,000 here too.
 */

import type { Profile, Refused, Unknown } from "./port.ts";

/** How many eSIMs one usage request names. */
export const MAX_USAGE_PROFILES = 10;

/** ICCIDs are used again for later customers, so prefer the supplier's own name where it is known. */
export type ProfileName = { readonly esimTranNo: string } | { readonly iccid: string };

export interface TopUpRequest {
  readonly esimTranNo: string;
  /** A package of the type `TOPUP`. */
  readonly packageCode: string;
  /** Our id of this top-up, at most 50 characters. The same id never charges twice. */
  readonly transactionId: string;
  /** A price that has moved refuses the top-up instead of costing money. */
  readonly price: bigint;
}

/** What the eSIM has after a top-up. */
export interface ToppedUp {
  readonly kind: "topped_up";
  readonly iccid: string;
  /** ISO 8601 in UTC. */
  readonly expiresAt: string | null;
  readonly totalBytes: bigint | null;
  readonly usedBytes: bigint | null;
}

/** Lags the network by two to three hours. */
export interface Usage {
  readonly esimTranNo: string;
  readonly usedBytes: bigint;
  readonly totalBytes: bigint;
  /** ISO 8601 in UTC: when it was true. */
  readonly updatedAt: string | null;
}

export type TopUpResult = ToppedUp | Refused | Unknown;

export type SuspendResult = { readonly kind: "suspended" } | Refused | Unknown;
export type ResumeResult = { readonly kind: "resumed" } | Refused | Unknown;
export type RevokeResult = { readonly kind: "revoked" } | Refused | Unknown;

export type UsageResult = { readonly kind: "ok"; readonly usage: readonly Usage[] } | Refused | Unknown;

export type ProfileResult =
  | { readonly kind: "found"; readonly profile: Profile }
  | { readonly kind: "allocating" }
  | Refused
  | Unknown;

export type SaveWebhookResult = { readonly kind: "saved" } | Refused | Unknown;

/** Whether the supplier still takes an eSIM back for its price: no phone has downloaded it, and nothing ended it. */
export function isReturnable({ esimStatus, smdpStatus }: Profile): boolean {
  return esimStatus === "GOT_RESOURCE" && smdpStatus === "RELEASED";
}

/**
 * An action that was carried out already is refused with `wrong_status`, as one that never can be. Whoever repeats one
 * after a lost answer looks at the profile's `esimStatus` to tell the two apart.
 */
export interface SupplierLifecycle {
  /** Adds data and days. Possible until the eSIM expires. */
  topUp(request: TopUpRequest): Promise<TopUpResult>;
  /** Takes the eSIM off the network until `resume`. Its days go on. */
  suspend(esimTranNo: string): Promise<SuspendResult>;
  resume(esimTranNo: string): Promise<ResumeResult>;
  /** Ends an eSIM for good, without our money back; `cancel` gives it back where no phone has downloaded it. */
  revoke(esimTranNo: string): Promise<RevokeResult>;
  /** Any number of eSIMs, ten a request. One that the supplier does not list is not in the answer. */
  usage(esimTranNos: readonly string[]): Promise<UsageResult>;
  profileOf(name: ProfileName): Promise<ProfileResult>;
  /**
   * Where the supplier sends its notifications: one address for the whole account. It calls it before it answers.
   * The path is a secret, since notifications are not signed.
   */
  saveWebhook(url: string): Promise<SaveWebhookResult>;
}
