/** The book of one eSIM: when the issuer is asked, what is kept of its answers, and what a dispute stops. */

import { beforeEach, describe, expect, test } from "vitest";
import { LOOK_AGAIN_MS, STATEMENT_RECORDS } from "../../../origin/usage/book.ts";
import { MAX_REFUSED } from "../../../origin/usage/judge.ts";
import type { UsageEntry } from "../../../origin/usage/ports.ts";
import { type OriginWorld, originWorld } from "../../builders/origin-ports.ts";
import { scriptedUsage, signedRecord } from "../../builders/origin-usage.ts";

const ESIM = "tran-B1";
const complaint = { reason: "I was asleep", orderId: "ord_1", iccid: "8944500102198304826" };

let world: OriginWorld;
beforeEach(() => {
  world = originWorld();
});

const seconds = () => Math.floor(world.clock.now() / 1_000);
const claims = (sequence: number, usedBytes = BigInt(sequence) * 100n) => ({
  esimTranNo: ESIM,
  sequence,
  usedBytes,
  measuredAt: seconds(),
});
const refresh = () => world.usage.book.refresh(ESIM);
const refreshLater = async () => {
  await world.clock.sleep(LOOK_AGAIN_MS);
  return refresh();
};

/** All parts of the statement. */
async function parts(): Promise<readonly (readonly UsageEntry[])[]> {
  const found: (readonly UsageEntry[])[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const part = await world.usage.book.statement(ESIM, after);
    found.push(part.entries);
    after = part.next;
  }
  return found;
}

describe("the issuer", () => {
  test("that has nothing leaves nothing used", async () => {
    expect(await refresh()).toEqual({
      usedBytes: 0n,
      measuredAt: null,
      records: 0,
      rejected: 0,
      disputedAt: null,
      stale: false,
    });
  });

  test("is asked for what comes after the record that counts, until nothing new comes", async () => {
    world.usage.use(claims(1));
    world.usage.use(claims(2));
    expect(await refresh()).toMatchObject({ usedBytes: 200n, measuredAt: seconds(), records: 2 });
    expect(world.usage.asked).toEqual([0, 2]);
  });

  test("is not asked again within a moment, and is after it", async () => {
    await refresh();
    world.usage.use(claims(1));
    expect(await refresh()).toMatchObject({ usedBytes: 0n });
    expect(await refreshLater()).toMatchObject({ usedBytes: 100n });
  });

  test("that does not answer leaves what is stored, and that is said until it answers again", async () => {
    world.usage.use(claims(1));
    await refresh();
    world.usage.use(claims(2));
    world.usage.answers.push({ kind: "unavailable", detail: "timeout" });
    expect(await refreshLater()).toMatchObject({ usedBytes: 100n, stale: true });
    expect(await refresh()).toMatchObject({ usedBytes: 100n, stale: true });
    expect(world.log).toContainEqual({ event: "usage_unavailable", esim: ESIM, detail: "timeout" });
    expect(await refreshLater()).toMatchObject({ usedBytes: 200n, stale: false });
  });

  test("that stops answering halfway leaves what it had said by then", async () => {
    const first = world.usage.use(claims(1));
    world.usage.answers.push({ kind: "records", records: [first] });
    world.usage.answers.push({ kind: "unavailable", detail: "http_503" });
    expect(await refresh()).toMatchObject({ usedBytes: 100n, records: 1, stale: true });
  });

  test("that there is none of leaves nothing used, and nobody is asked", async () => {
    const usage = scriptedUsage(world.ports, world.supplier, false);
    usage.use(claims(1));
    expect(await usage.book.refresh(ESIM)).toMatchObject({ usedBytes: 0n, stale: false });
    expect(usage.asked).toEqual([]);
    expect(usage.book.issuer).toBeNull();
  });
});

describe("a record that does not count", () => {
  test("is listed with its reason among those that do, and changes nothing", async () => {
    const forged = signedRecord(claims(2, 999_999n), true);
    world.usage.records.push({ sequence: 2, jws: forged });
    const own = world.usage.use(claims(3));
    expect(await refresh()).toMatchObject({ usedBytes: 300n, records: 1, rejected: 1 });
    expect((await parts()).flat()).toMatchObject([
      { jws: forged, counted: null, reason: "signature_invalid" },
      { jws: own, counted: { sequence: 3 } },
    ]);
    expect(world.log).toContainEqual({ event: "usage_refused", esim: ESIM, reason: "signature_invalid" });
  });

  test("is listed once, however often it is sent", async () => {
    world.usage.records.push({ sequence: 9, jws: "x" }, { sequence: 9, jws: "x" });
    await refresh();
    expect(await refreshLater()).toMatchObject({ rejected: 1 });
    expect((await parts()).flat()).toHaveLength(1);
  });

  test("that comes late is listed, and a record that counted is not when it comes again", async () => {
    const [second, third] = [world.usage.use(claims(2)), world.usage.use(claims(3))];
    await refresh();
    const late = signedRecord(claims(1));
    world.usage.answers.push({ kind: "records", records: [late, second, third] });
    expect(await refreshLater()).toMatchObject({ usedBytes: 300n, records: 2, rejected: 1 });
    expect((await parts()).flat().map(({ jws }) => jws)).toEqual([second, third, late]);
  });

  test("and is longer than any is listed by its beginning", async () => {
    world.usage.records.push({ sequence: 1, jws: "x".repeat(1_000_000) });
    await refresh();
    expect((await parts()).flat()).toMatchObject([{ jws: "x".repeat(256), reason: "too_long" }]);
  });

  test("can't make a page too large for the table, whatever it is made of", async () => {
    const nuls = Array.from({ length: 60 }, (_, index) => `${index}${"\u0000".repeat(2_000)}`);
    const quotes = Array.from({ length: 60 }, (_, index) => `${index}${'"'.repeat(2_000)}`);
    const letters = Array.from({ length: 60 }, (_, index) => `${index}${"x".repeat(2_000)}`);
    for (const records of [nuls, quotes, letters]) {
      world = originWorld();
      world.usage.answers.push({ kind: "records", records });
      await refresh();
      const sizes = [...world.usage.store.pages.values()].map((page) => JSON.stringify(page).length);
      expect(sizes.length).toBeGreaterThan(0);
      expect(Math.max(...sizes)).toBeLessThan(128_000);
    }
  });

  test("is only counted once there are many, so that nobody fills the table", async () => {
    const junk = (from: number) => Array.from({ length: 80 }, (_, index) => `junk ${from + index}`);
    world.usage.answers.push({ kind: "records", records: junk(0) }, { kind: "records", records: junk(80) });
    await refresh();
    expect(await refreshLater()).toMatchObject({ rejected: 160 });
    expect((await parts()).flat()).toHaveLength(MAX_REFUSED);
    expect(await world.usage.book.statement(ESIM, 0)).toMatchObject({ unlisted: 160 - MAX_REFUSED });
    const own = world.usage.use(claims(1));
    expect(await refreshLater()).toMatchObject({ usedBytes: 100n });
    expect((await parts()).flat().at(-1)).toMatchObject({ jws: own });
  });
});

test("many records make a statement in parts, each of them once and in order", async () => {
  const sent = Array.from({ length: 230 }, (_, index) => world.usage.use(claims(index + 1)));
  expect(await refresh()).toMatchObject({ records: 230 });
  const found = await parts();
  expect(found.flat().map(({ jws }) => jws)).toEqual(sent);
  expect(found.length).toBeGreaterThan(2);
  expect(Math.max(...found.map((part) => part.length))).toBeLessThanOrEqual(STATEMENT_RECORDS);
  expect(Math.max(...[...world.usage.store.pages.values()].map((page) => page.length))).toBeLessThanOrEqual(
    50,
  );
});

test("a part beyond the end is empty, and the end", async () => {
  world.usage.use(claims(1));
  await refresh();
  expect(await world.usage.book.statement(ESIM, 7)).toMatchObject({ entries: [], next: null });
});

test("a page that a crash left uncounted is taken up as it stands", async () => {
  const sent = [world.usage.use(claims(1)), world.usage.use(claims(2))];
  world.usage.store.faults.push("answer_lost");
  await expect(refresh()).rejects.toThrow("answer lost");
  expect([...world.usage.store.heads.values()]).toEqual([]);
  expect(await refresh()).toMatchObject({ usedBytes: 200n, records: 2 });
  expect((await parts()).flat().map(({ jws }) => jws)).toEqual(sent);
});

describe("after a dispute", () => {
  test("nothing counts any more, and nobody is asked", async () => {
    world.usage.use(claims(1));
    await refresh();
    await world.usage.book.dispute(ESIM, complaint);
    world.usage.use(claims(2));
    world.usage.asked.splice(0);
    const standing = { usedBytes: 100n, records: 1, disputedAt: world.clock.now() };
    expect(await refresh()).toMatchObject(standing);
    expect(await refreshLater()).toMatchObject(standing);
    expect(world.usage.asked).toEqual([]);
  });

  test("a look that was under way counts nothing either", async () => {
    world.usage.use(claims(1));
    const { store } = world.usage;
    const { addPage } = store;
    store.addPage = async (...page) => {
      store.addPage = addPage;
      await world.usage.book.dispute(ESIM, complaint);
      return addPage(...page);
    };
    expect(await refresh()).toMatchObject({ usedBytes: 0n, disputedAt: world.clock.now() });
    expect((await parts()).flat()).toEqual([]);
  });
});
