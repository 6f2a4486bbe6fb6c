/** A dispute suspends the eSIM: at once, or whenever the supplier can be reached, and without the buyer's help. */

import { beforeEach, describe, expect, test } from "vitest";
import { StoreUnavailableError } from "../../../origin/purchase/ports.ts";
import type { SuspendResult } from "../../../origin/supplier/lifecycle.ts";
import { type OriginWorld, originWorld } from "../../builders/origin-ports.ts";

const ESIM = "tran-B1";
const complaint = { reason: "I was asleep", orderId: "ord_1", iccid: "8944500102198304826" };
const down: SuspendResult = { kind: "unknown", detail: "timeout" };

let world: OriginWorld;
beforeEach(() => {
  world = originWorld();
});

const dispute = () => world.usage.book.dispute(ESIM, complaint);

/** The supplier's next answer. */
function answerOnce(answer: SuspendResult): void {
  const { suspend } = world.supplier;
  world.supplier.suspend = async () => {
    world.supplier.suspend = suspend;
    return answer;
  };
}

async function sweepLater(): Promise<void> {
  await world.clock.sleep(60_000);
  await world.usage.book.suspendDisputed();
}

test("is written and suspends the eSIM", async () => {
  expect(await dispute()).toEqual({
    ...complaint,
    at: world.clock.now(),
    suspension: "done",
    dueAt: expect.any(Number),
  });
  expect([...world.supplier.suspended]).toEqual([ESIM]);
  expect(world.log).toContainEqual({ event: "esim_disputed", order: "ord_1", esim: ESIM });
});

test("a second time is the first one: neither its words nor its time change", async () => {
  const first = await dispute();
  await world.clock.sleep(1_000);
  expect(await world.usage.book.dispute(ESIM, { ...complaint, reason: "Another" })).toEqual(first);
  expect(world.log.filter(({ event }) => event === "esim_disputed")).toHaveLength(1);
});

test("of an eSIM whose book is being written waits for that", async () => {
  const { saveHead } = world.usage.store;
  world.usage.store.saveHead = async (next) => {
    world.usage.store.saveHead = saveHead;
    await world.usage.book.refresh(ESIM);
    return saveHead(next);
  };
  expect(await dispute()).toMatchObject({ suspension: "done" });
});

test("of an eSIM whose book is being written all the time is refused, not lost", async () => {
  world.usage.store.saveHead = async () => "conflict";
  await expect(dispute()).rejects.toThrow(StoreUnavailableError);
  expect(world.supplier.suspended.size).toBe(0);
});

describe("while the supplier is down", () => {
  test("is written, and the sweeper suspends the eSIM", async () => {
    answerOnce(down);
    expect(await dispute()).toMatchObject({ suspension: "due" });
    expect(world.log).toContainEqual({
      event: "suspension_failed",
      order: "ord_1",
      esim: ESIM,
      reason: "timeout",
    });
    await sweepLater();
    expect([...world.supplier.suspended]).toEqual([ESIM]);
    expect(await dispute()).toMatchObject({ suspension: "done" });
  });

  test("is tried again every minute, and no more once it is done", async () => {
    answerOnce(down);
    await dispute();
    answerOnce(down);
    await sweepLater();
    expect(world.supplier.suspended.size).toBe(0);
    await sweepLater();
    expect(world.supplier.suspended.size).toBe(1);
    world.supplier.suspend = () => Promise.reject(new Error("asked again"));
    await sweepLater();
  });
});

test("a crash after it was written leaves it to the sweeper", async () => {
  world.usage.store.faults.push("answer_lost");
  await expect(dispute()).rejects.toThrow(StoreUnavailableError);
  expect(world.supplier.suspended.size).toBe(0);
  await sweepLater();
  expect([...world.supplier.suspended]).toEqual([ESIM]);
  expect(await world.usage.book.refresh(ESIM)).toMatchObject({ disputedAt: expect.any(Number) });
});

test("a crash before it was written leaves nothing behind", async () => {
  world.usage.store.faults.push("unavailable");
  await expect(dispute()).rejects.toThrow(StoreUnavailableError);
  await sweepLater();
  expect(world.supplier.suspended.size).toBe(0);
  expect(await world.usage.book.refresh(ESIM)).toMatchObject({ disputedAt: null });
});

test("an eSIM that was suspended before needs nothing more", async () => {
  await world.supplier.suspend(ESIM);
  expect(await dispute()).toMatchObject({ suspension: "done" });
});

test.each([
  "CANCEL",
  "REVOKE",
  "USED_EXPIRED",
  "UNUSED_EXPIRED",
])("an eSIM that is %s needs nothing more", async (status) => {
  answerOnce({ kind: "refused", reason: "wrong_status", code: "200002" });
  world.supplier.esimStatus = status;
  expect(await dispute()).toMatchObject({ suspension: "done" });
});

test.each([
  "GOT_RESOURCE",
  "IN_USE",
  "USED_UP",
])("an eSIM that is %s and can't be suspended yet is tried again", async (status) => {
  answerOnce({ kind: "refused", reason: "wrong_status", code: "200002" });
  world.supplier.esimStatus = status;
  expect(await dispute()).toMatchObject({ suspension: "due" });
  await sweepLater();
  expect(await dispute()).toMatchObject({ suspension: "done" });
});
