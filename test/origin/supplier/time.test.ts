import { describe, expect, test } from "vitest";
import { parseSupplierTime } from "../../../origin/supplier/time.ts";

describe("the supplier's timestamps", () => {
  test.each([
    "2026-11-03T10:00:00+0000",
    "2026-11-03T10:00:00Z",
    "2026-11-03 10:00:00",
    "2026-11-03T12:00:00.5+02:00",
  ])("%s is ten o'clock in UTC", (text) => {
    expect(parseSupplierTime(text)).toBe(Date.UTC(2026, 10, 3, 10));
  });

  test.each([
    "",
    "2026-11-03",
    "1793700000",
    "2026-13-03T10:00:00Z",
    "next week",
  ])("%j is no timestamp", (text) => {
    expect(parseSupplierTime(text)).toBeNull();
  });
});
