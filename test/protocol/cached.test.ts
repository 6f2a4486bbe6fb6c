/** A cached value outlives the failures of its source, and a failure outlives nothing. */

import { describe, expect, test } from "vitest";
import { cached } from "../../protocol/cached.ts";

const TTL_MS = 1_000;
const PAUSE_MS = 100;

/** Loads 1, 2, 3 …, or fails, as the test says, on a clock that the test moves. */
function source() {
  const state = { now: 0, loads: 0, fails: false };
  const value = cached({
    load: async () => {
      state.loads += 1;
      if (state.fails) throw new Error("down");
      return state.loads;
    },
    ttlMs: TTL_MS,
    pauseMs: PAUSE_MS,
    now: () => state.now,
  });
  return { state, value };
}

describe("a value", () => {
  test("is loaded when it is first asked for, and kept for its time", async () => {
    const { state, value } = source();
    expect(state.loads).toBe(0);
    expect(await value.get()).toBe(1);
    state.now = TTL_MS - 1;
    expect(await value.get()).toBe(1);
    state.now = TTL_MS;
    expect(await value.get()).toBe(2);
  });

  test("is loaded once for all who ask at the same time", async () => {
    const { state, value } = source();
    expect(await Promise.all([value.get(), value.get(), value.refresh()])).toEqual([1, 1, 1]);
    expect(state.loads).toBe(1);
  });

  test("that is too old stands in while it can't be loaded, which is tried again after a pause", async () => {
    const { state, value } = source();
    await value.get();
    state.fails = true;
    state.now = TTL_MS;
    expect(await value.get()).toBe(1);
    state.now += PAUSE_MS - 1;
    expect(await value.get()).toBe(1);
    expect(state.loads).toBe(2);
    state.now += 1;
    state.fails = false;
    expect(await value.get()).toBe(3);
  });

  test("that was reloaded lives its whole time again", async () => {
    const { state, value } = source();
    await value.get();
    state.now = TTL_MS;
    await value.get();
    state.now = 2 * TTL_MS - 1;
    expect(await value.get()).toBe(2);
  });
});

test("a failure is never kept: the very next call tries again", async () => {
  const { state, value } = source();
  state.fails = true;
  await expect(value.get()).rejects.toThrow("down");
  await expect(value.get()).rejects.toThrow("down");
  expect(state.loads).toBe(2);
  state.fails = false;
  expect(await value.get()).toBe(3);
});

describe("refreshing", () => {
  test("loads before the time is up, but not twice within the pause", async () => {
    const { state, value } = source();
    await value.get();
    state.now = PAUSE_MS - 1;
    expect(await value.refresh()).toBe(1);
    state.now = PAUSE_MS;
    expect(await value.refresh()).toBe(2);
    expect(await value.refresh()).toBe(2);
  });

  test("that fails leaves what was there", async () => {
    const { state, value } = source();
    await value.get();
    state.fails = true;
    state.now = PAUSE_MS;
    expect(await value.refresh()).toBe(1);
  });

  test("rejects where there is nothing yet", async () => {
    const { state, value } = source();
    state.fails = true;
    await expect(value.refresh()).rejects.toThrow("down");
  });
});
