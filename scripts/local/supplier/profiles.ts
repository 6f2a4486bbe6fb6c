/** One simulated eSIM: its states at the SM-DP+ and on the network, what leads from one to the next, and its data. */

import { RefusalError } from "./refusal.ts";

export const DAY_MS = 86_400_000;

export const esimStatuses = [
  "GOT_RESOURCE",
  "IN_USE",
  "USED_UP",
  "UNUSED_EXPIRED",
  "USED_EXPIRED",
  "CANCEL",
  "SUSPENDED",
  "REVOKE",
] as const;
export type EsimStatus = (typeof esimStatuses)[number];

export const smdpStatuses = [
  "RELEASED",
  "DOWNLOAD",
  "INSTALLATION",
  "ENABLED",
  "DISABLED",
  "DELETED",
] as const;
export type SmdpStatus = (typeof smdpStatuses)[number];

/** What the network had counted at a moment, since the eSIM was bought. */
export interface Reading {
  readonly atMs: number;
  readonly usedBytes: bigint;
}

export interface SimulatedProfile {
  readonly esimTranNo: string;
  readonly iccid: string;
  /** The activation code. */
  readonly ac: string;
  smdpStatus: SmdpStatus;
  esimStatus: EsimStatus;
  activatedAtMs: number | null;
  expiresAtMs: number;
  totalBytes: bigint;
  /** As the network knows it; what is reported lags. */
  usedBytes: bigint;
  /** Oldest first, one for each time that data was used. */
  readonly readings: Reading[];
  totalDays: number;
  /** The transaction ids of its top-ups. */
  readonly topups: string[];
}

const WRONG_STATUS = "200002";

const ENDED: readonly EsimStatus[] = ["CANCEL", "REVOKE", "UNUSED_EXPIRED", "USED_EXPIRED"];

export const isAlive = ({ esimStatus }: SimulatedProfile): boolean => !ENDED.includes(esimStatus);

/** What a phone can do with a profile next. */
const nextAtSmdp: Readonly<Record<SmdpStatus, readonly SmdpStatus[]>> = {
  RELEASED: ["DOWNLOAD"],
  DOWNLOAD: ["INSTALLATION"],
  INSTALLATION: ["ENABLED", "DISABLED"],
  ENABLED: ["DISABLED"],
  DISABLED: ["ENABLED", "DELETED"],
  DELETED: [],
};

/** A phone moves on by one step. @throws RefusalError */
export function moveAtSmdp(profile: SimulatedProfile, next: SmdpStatus): void {
  if (!isAlive(profile) || !nextAtSmdp[profile.smdpStatus].includes(next))
    throw new RefusalError(WRONG_STATUS);
  profile.smdpStatus = next;
}

/** A phone with the profile enabled joins a network for the first time: the plan's days begin. @throws RefusalError */
export function connect(profile: SimulatedProfile, nowMs: number): void {
  if (profile.esimStatus !== "GOT_RESOURCE" || profile.smdpStatus !== "ENABLED")
    throw new RefusalError(WRONG_STATUS);
  profile.activatedAtMs = nowMs;
  profile.expiresAtMs = nowMs + profile.totalDays * DAY_MS;
  profile.esimStatus = statusOf(profile);
}

/** A phone does all of it: downloads, installs, enables, connects. @throws RefusalError */
export function install(profile: SimulatedProfile, nowMs: number): void {
  if (profile.esimStatus !== "GOT_RESOURCE") throw new RefusalError(WRONG_STATUS);
  for (const next of ["DOWNLOAD", "INSTALLATION", "ENABLED"] as const) moveAtSmdp(profile, next);
  connect(profile, nowMs);
}

/** A phone uses data. */
export function consume(profile: SimulatedProfile, bytes: bigint, nowMs: number): void {
  profile.usedBytes += bytes;
  profile.readings.push({ atMs: nowMs, usedBytes: profile.usedBytes });
  if (profile.esimStatus === "IN_USE") profile.esimStatus = statusOf(profile);
}

/** What the network has told the supplier's books by a moment. */
export function reportedBytes({ readings }: SimulatedProfile, atMs: number): bigint {
  return readings.findLast((reading) => reading.atMs <= atMs)?.usedBytes ?? 0n;
}

/** Adds data and days. @throws RefusalError */
export function extend(profile: SimulatedProfile, bytes: bigint, days: number): void {
  profile.totalBytes += bytes;
  profile.totalDays += days;
  if (profile.activatedAtMs !== null) profile.expiresAtMs += days * DAY_MS;
  if (profile.esimStatus === "USED_UP") profile.esimStatus = statusOf(profile);
}

/** Suspends a profile, or wakes it again. @throws RefusalError */
export function setSuspended(profile: SimulatedProfile, suspended: boolean): void {
  const isSuspended = profile.esimStatus === "SUSPENDED";
  if (!isAlive(profile) || isSuspended === suspended) throw new RefusalError(WRONG_STATUS);
  profile.esimStatus = suspended ? "SUSPENDED" : statusOf(profile);
}

/** Kills a profile for good. Unlike a cancellation it is always possible and refunds nothing. @throws RefusalError */
export function revoke(profile: SimulatedProfile): void {
  if (!isAlive(profile)) throw new RefusalError(WRONG_STATUS);
  profile.esimStatus = "REVOKE";
}

/** Gives a profile back that no phone has touched. @throws RefusalError */
export function cancel(profile: SimulatedProfile): void {
  if (profile.esimStatus !== "GOT_RESOURCE" || profile.smdpStatus !== "RELEASED")
    throw new RefusalError(WRONG_STATUS);
  profile.esimStatus = "CANCEL";
}

/** Ends what has run out of time. */
export function expire(profile: SimulatedProfile, nowMs: number): void {
  if (!isAlive(profile) || nowMs < profile.expiresAtMs) return;
  profile.esimStatus = profile.activatedAtMs === null ? "UNUSED_EXPIRED" : "USED_EXPIRED";
}

/** The status of a profile that nothing keeps from working. */
function statusOf({ activatedAtMs, usedBytes, totalBytes }: SimulatedProfile): EsimStatus {
  if (activatedAtMs === null) return "GOT_RESOURCE";
  return usedBytes < totalBytes ? "IN_USE" : "USED_UP";
}
