/** Where control groups are found. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { cpuMounts } from "../../../scripts/bench/edge/quota.ts";

test("those that divide a processor are found, of either version", () => {
  const mounts = `proc /proc proc rw,nosuid 0 0
tmpfs /sys/fs/cgroup tmpfs rw,relatime,mode=755 0 0
cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0
cgroup /sys/fs/cgroup/cpuset cgroup rw,relatime,cpuset 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0
`;
  expect(cpuMounts(mounts)).toEqual([
    { version: 1, folder: "/sys/fs/cgroup/cpu,cpuacct" },
    { version: 2, folder: "/sys/fs/cgroup/unified" },
  ]);
});

test("whatever else is there is passed over", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const isGroup = text.split("\n").some((line) => /^[^ ]* [^ ]* cgroup2?( |$)/.test(line));
      expect(cpuMounts(text).length > 0 && !isGroup).toBe(false);
    }),
  );
});
