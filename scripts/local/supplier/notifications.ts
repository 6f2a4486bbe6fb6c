/** What the simulated supplier tells a webhook: the difference between two looks at an order and its profiles. Pure. */

import type { Found, SimulatedOrder } from "./ledger.ts";
import { DAY_MS, isAlive, reportedBytes, type SimulatedProfile } from "./profiles.ts";
import { timestamp } from "./wire.ts";

export type NotifyType =
  | "CHECK_HEALTH"
  | "ORDER_STATUS"
  | "SMDP_EVENT"
  | "ESIM_STATUS"
  | "DATA_USAGE"
  | "VALIDITY_USAGE";

export interface News {
  readonly notifyType: NotifyType;
  readonly content: object;
}

/** Per cent of its data that a profile may have left when its owner is told. */
const REMAIN_THRESHOLDS = [10, 20, 50] as const;
const ALL_LEFT = 100;
/** How long before its end a plan's owner is told. */
const ENDS_SOON_MS = DAY_MS;

/** What was last told of a profile. */
export interface Seen {
  readonly smdpStatus: string;
  readonly esimStatus: string;
  readonly usedBytes: bigint;
  /** Per cent. */
  readonly remainThreshold: number;
  readonly endsSoon: boolean;
}

export function look(profile: SimulatedProfile, nowMs: number, usageLagMs: number): Seen {
  const { smdpStatus, esimStatus, totalBytes } = profile;
  const usedBytes = reportedBytes(profile, nowMs - usageLagMs);
  const remain = totalBytes - usedBytes;
  const reached = REMAIN_THRESHOLDS.find((percent) => remain * 100n <= totalBytes * BigInt(percent));
  return {
    smdpStatus,
    esimStatus,
    usedBytes,
    remainThreshold: reached ?? ALL_LEFT,
    endsSoon:
      isAlive(profile) && profile.activatedAtMs !== null && nowMs >= profile.expiresAtMs - ENDS_SOON_MS,
  };
}

/** As the real one, it names no profile: those have to be queried. */
export function orderNews({ orderNo, transactionId }: SimulatedOrder): News {
  return {
    notifyType: "ORDER_STATUS",
    content: { orderNo, transactionId, orderStatus: "GOT_RESOURCE" },
  };
}

export function profileNews({ order, profile }: Found, before: Seen, after: Seen): readonly News[] {
  const { iccid, esimTranNo, totalBytes, expiresAtMs, totalDays } = profile;
  const { orderNo, transactionId } = order;
  const name = { orderNo, transactionId, esimTranNo, iccid };
  const { smdpStatus, esimStatus, usedBytes, remainThreshold } = after;
  const news: News[] = [];
  if (smdpStatus !== before.smdpStatus) {
    news.push({ notifyType: "SMDP_EVENT", content: { ...name, eid: "", esimStatus, smdpStatus } });
  }
  if (esimStatus !== before.esimStatus) {
    news.push({ notifyType: "ESIM_STATUS", content: { ...name, esimStatus, smdpStatus } });
  }
  if (remainThreshold < before.remainThreshold) {
    const content = {
      ...name,
      totalVolume: Number(totalBytes),
      orderUsage: Number(usedBytes),
      remain: Number(totalBytes > usedBytes ? totalBytes - usedBytes : 0n),
      remainThreshold: remainThreshold / 100,
    };
    news.push({ notifyType: "DATA_USAGE", content });
  }
  if (after.endsSoon && !before.endsSoon) {
    const expiredTime = timestamp(expiresAtMs);
    const content = { ...name, durationUnit: "DAY", totalDuration: totalDays, expiredTime, remain: 1 };
    news.push({ notifyType: "VALIDITY_USAGE", content });
  }
  return news;
}
