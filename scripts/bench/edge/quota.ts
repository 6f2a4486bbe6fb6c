/** A control group that gives a process as little of a processor as Lambda gives a small function. */

import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What 128 MB are worth, a fourteenth of a core. */
export const PERCENT = 7;

const PREFIX = "edge402-bench-";

/** Short enough that a request is held up several times rather than once. Microseconds. */
const PERIOD_US = 20_000;
const QUOTA_US = (PERIOD_US * PERCENT) / 100;

export interface Quota {
  /** A process that writes its id here is held to it. */
  readonly file: string;
  /** When no process is left in it. */
  close(): void;
}

export interface Mount {
  readonly version: 1 | 2;
  readonly folder: string;
}

/** Where control groups of processors are. @param mounts `/proc/mounts` */
export function cpuMounts(mounts: string): readonly Mount[] {
  return mounts.split("\n").flatMap((line): Mount[] => {
    const [, folder = "", type, options = ""] = line.split(" ");
    if (type === "cgroup2") return [{ version: 2, folder }];
    return type === "cgroup" && options.split(",").includes("cpu") ? [{ version: 1, folder }] : [];
  });
}

/** @returns a sentence where this machine, or this user, has none */
export function openQuota(): Quota | string {
  try {
    for (const mount of cpuMounts(readFileSync("/proc/mounts", "utf8"))) {
      const quota = openIn(mount);
      if (quota !== null) return quota;
    }
    return "no control group of this user's has a processor to divide";
  } catch {
    return "this system has no control groups";
  }
}

function openIn({ version, folder }: Mount): Quota | null {
  removeLeftOver(folder);
  const group = join(folder, `${PREFIX}${process.pid}`);
  const close = () => rmdirSync(group);
  try {
    mkdirSync(group);
  } catch {
    return null;
  }
  try {
    for (const [file, value] of limits[version]) writeFileSync(join(group, file), value, { flag: "r+" });
    return { file: join(group, "cgroup.procs"), close };
  } catch {
    close();
    return null;
  }
}

/** Of runs that were killed. One that is in use can't be removed. */
function removeLeftOver(folder: string): void {
  for (const name of readdirSync(folder).filter((found) => found.startsWith(PREFIX))) {
    try {
      rmdirSync(join(folder, name));
    } catch {
      // Another run's, or another user's.
    }
  }
}

const limits: Readonly<Record<Mount["version"], readonly (readonly [file: string, value: string])[]>> = {
  1: [
    ["cpu.cfs_period_us", String(PERIOD_US)],
    ["cpu.cfs_quota_us", String(QUOTA_US)],
  ],
  2: [["cpu.max", `${QUOTA_US} ${PERIOD_US}`]],
};
