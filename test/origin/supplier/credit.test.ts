import { beforeEach, describe, expect, test } from "vitest";
import { BALANCE_TTL_MS, cachedBalance, judgeCredit } from "../../../origin/supplier/credit.ts";
import type { BalanceResult } from "../../../origin/supplier/port.ts";

const credit = (balance: bigint): BalanceResult => ({ kind: "ok", balance });
const LOST: BalanceResult = { kind: "unknown", detail: "timeout" };

describe("the credit", () => {
  test.each([
    ["enough", credit(9_000n), 9_000n],
    ["low", credit(8_999n), 9_000n],
    ["low", credit(-1n), 0n],
    ["enough", credit(0n), 0n],
    ["unknown", LOST, 1n],
    ["unknown", { kind: "refused", reason: "busy", code: "900001" }, 1n],
  ] as const)("is %s with %o against a cost of %o", (verdict, answer, cost) => {
    expect(judgeCredit(answer, cost)).toBe(verdict);
  });
});

describe("a balance that is asked for often", () => {
  let now: number;
  let answers: BalanceResult[];
  let reads: number;
  beforeEach(() => {
    now = 1_000;
    reads = 0;
    answers = [];
  });
  const read = async () => {
    reads++;
    return answers.shift() ?? credit(1n);
  };

  test("is read once a minute", async () => {
    const balance = cachedBalance(read, () => now);
    answers = [credit(5n), credit(6n)];
    expect(await balance()).toEqual(credit(5n));
    now += BALANCE_TTL_MS - 1;
    expect(await balance()).toEqual(credit(5n));
    now += 1;
    expect(await balance()).toEqual(credit(6n));
    expect(reads).toBe(2);
  });

  test("is read once by all that ask at the same time", async () => {
    const balance = cachedBalance(read, () => now);
    await Promise.all(Array.from({ length: 100 }, balance));
    expect(reads).toBe(1);
  });

  test("that could not be read is tried again after a moment, and the old one does not stand in for it", async () => {
    const balance = cachedBalance(read, () => now);
    answers = [credit(5n), LOST, credit(6n)];
    await balance();
    now += BALANCE_TTL_MS;
    expect(await balance()).toEqual(LOST);
    expect(await balance()).toEqual(LOST);
    now += 5_000;
    expect(await balance()).toEqual(credit(6n));
    expect(reads).toBe(3);
  });
});
