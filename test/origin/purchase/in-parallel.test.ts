import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { inParallel } from "../../../origin/purchase/in-parallel.ts";

test("each is worked on once, so many at a time, and the results are in order", async () => {
  let running = 0;
  let most = 0;
  const results = await inParallel([5, 1, 4, 2, 3], 2, async (item) => {
    most = Math.max(most, ++running);
    await sleep(item);
    running--;
    return item * 10;
  });
  expect(results).toEqual([50, 10, 40, 20, 30]);
  expect(most).toBe(2);
});

test("after a failure nothing more is begun", async () => {
  const begun: number[] = [];
  const work = async (item: number) => {
    begun.push(item);
    await sleep(1);
    throw new Error(`${item} failed`);
  };
  await expect(inParallel([1, 2, 3, 4], 2, work)).rejects.toThrow("1 failed");
  await sleep(5);
  expect(begun).toEqual([1, 2]);
});
