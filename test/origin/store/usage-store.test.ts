/** The book of usage in a real table: what is written is read again, and nobody writes over somebody else. */

import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StoreUnavailableError, StoreUnreadableError } from "../../../origin/purchase/ports.ts";
import { createUsageStore } from "../../../origin/store/usage-store.ts";
import { newHead } from "../../../origin/usage/judge.ts";
import type { Dispute, UsageEntry, UsageHead, UsageStore } from "../../../origin/usage/ports.ts";
import { usageRejections } from "../../../origin/usage/verify.ts";
import { type LocalDynamo, startDynamo } from "../../../scripts/local/dynamo/start-dynamo.ts";
import { anyText } from "../../builders/arbitrary.ts";
import { ATTEMPTS, type DynamoFault, type FaultyDynamo, startFaultyDynamo } from "./faulty-dynamo.ts";

const TABLE = "purchases";

let dynamo: LocalDynamo;
let faulty: FaultyDynamo;
let client: DynamoDBClient;
let store: UsageStore;

beforeAll(async () => {
  dynamo = await startDynamo({ table: TABLE });
  faulty = await startFaultyDynamo(dynamo);
  client = new DynamoDBClient(dynamo.clientConfig);
  store = createUsageStore(client, TABLE);
});
afterAll(async () => {
  client.destroy();
  await faulty.close();
  await dynamo.close();
});

let esims = 0;
const nextEsim = () => `esim ${esims++}`;

const anyCount = fc.nat(1e9);
const anyUsed = fc.bigInt({ min: 0n, max: 10n ** 19n - 1n });
const anyRecord = (esimTranNo: string) =>
  fc.record({
    esimTranNo: fc.constant(esimTranNo),
    sequence: anyCount,
    usedBytes: anyUsed,
    measuredAt: anyCount,
  });
const anyDispute: fc.Arbitrary<Dispute> = fc.record({
  at: anyCount,
  reason: fc.option(fc.string()),
  orderId: fc.string(),
  iccid: fc.string(),
  suspension: fc.constantFrom("due", "done"),
  dueAt: anyCount,
});
const anyHead = (esimTranNo: string): fc.Arbitrary<UsageHead> =>
  fc.record({
    esimTranNo: fc.constant(esimTranNo),
    version: fc.constant(1),
    lookedAt: anyCount,
    reached: fc.boolean(),
    pages: anyCount,
    last: fc.option(anyRecord(esimTranNo)),
    records: anyCount,
    refused: fc.array(fc.base64String()),
    unlisted: anyCount,
    dispute: fc.option(anyDispute),
  });
const anyEntry = (esimTranNo: string): fc.Arbitrary<UsageEntry> =>
  fc.oneof(
    fc.record({ jws: fc.string(), counted: anyRecord(esimTranNo) }),
    fc.record({
      jws: fc.string({ unit: "grapheme" }),
      counted: fc.constant(null),
      reason: fc.constantFrom(...usageRejections),
      digest: fc.string(),
    }),
  );

const dispute = (change: Partial<Dispute> = {}): Dispute => ({
  at: 1_000,
  reason: null,
  orderId: "ord_1",
  iccid: "8944500102198304826",
  suspension: "due",
  dueAt: 2_000,
  ...change,
});

describe("what is written is read as it was:", () => {
  test("any head", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constant(null).chain(() => anyHead(nextEsim())),
        async (head) => {
          expect(await store.saveHead(head)).toBe("saved");
          expect(await store.head(head.esimTranNo)).toEqual(head);
        },
      ),
      { numRuns: 30, endOnFailure: true },
    );
  });

  test("any page", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyEntry("e")), anyCount, async (entries, page) => {
        const written = await store.addPage("e", page, entries);
        if (written.kind === "added") expect(await store.page("e", page)).toEqual(entries);
        else expect(await store.page("e", page)).toEqual(written.entries);
      }),
      { numRuns: 30, endOnFailure: true },
    );
  });

  test("under any name of an eSIM, and never under another's", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.string({ minLength: 1, maxLength: 20 }), { maxLength: 4 }),
        async (names) => {
          const run = nextEsim();
          const odd = names.flatMap((name) => [`${run}${name}`, `${run}${name}#0`]);
          for (const name of new Set(odd)) {
            await store.addPage(name, 0, [{ jws: name, counted: null, reason: "malformed", digest: "" }]);
            expect(await store.head(name)).toStrictEqual(newHead(name));
            expect(await store.page(name, 0)).toMatchObject([{ jws: name }]);
          }
        },
      ),
      { numRuns: 10 },
    );
  });
});

test("a head is written over the version that was read, and over no other", async () => {
  const head = { ...newHead(nextEsim()), version: 1 };
  expect(await store.saveHead(head)).toBe("saved");
  expect(await store.saveHead({ ...head, pages: 5 })).toBe("conflict");
  expect(await store.saveHead({ ...head, version: 3 })).toBe("conflict");
  expect(await store.saveHead({ ...head, version: 2, pages: 1 })).toBe("saved");
  expect(await store.head(head.esimTranNo)).toMatchObject({ version: 2, pages: 1 });
});

test("a page is written once; whoever comes second is told what stands there", async () => {
  const esim = nextEsim();
  const [first, second] = ["a", "b"].map((jws): UsageEntry[] => [
    { jws, counted: null, reason: "malformed", digest: jws },
  ]);
  const pages = await Promise.all([first, second].map((page) => store.addPage(esim, 0, page ?? [])));
  expect(pages.map(({ kind }) => kind).toSorted()).toEqual(["added", "exists"]);
  const loser = pages.find((page) => page.kind === "exists");
  expect(loser).toMatchObject({ entries: await store.page(esim, 0) });
});

test("a page that was never written is empty, and a book that was never written is a new one", async () => {
  expect(await store.page("nobody", 0)).toEqual([]);
  expect(await store.head("nobody")).toEqual(newHead("nobody"));
});

describe("suspensions that are due", () => {
  const put = async (change: Partial<Dispute>) => {
    const head = { ...newHead(nextEsim()), version: 1, dispute: dispute(change) };
    await store.saveHead(head);
    return head;
  };

  test("are listed by their time, and no more once they are done", async () => {
    const start = 1e12;
    const late = await put({ dueAt: start + 200 });
    const early = await put({ dueAt: start + 100 });
    await put({ dueAt: start + 300 });
    await put({ suspension: "done", dueAt: start });
    const due = async () =>
      (await store.suspensionsDue(start + 250, 1_000)).filter(
        ({ dispute }) => (dispute?.dueAt ?? 0) >= start,
      );
    expect(await due()).toStrictEqual([early, late]);
    await store.saveHead({ ...early, version: 2, dispute: dispute({ suspension: "done" }) });
    expect(await due()).toStrictEqual([late]);
  });

  test("are listed without one that can't be read", async () => {
    const sound = await put({ dueAt: 7 });
    const item = {
      pk: { S: "usage#odd" },
      version: { N: "1" },
      queue: { S: "suspend#0" },
      dueAt: { N: "6" },
    };
    await client.send(new PutItemCommand({ TableName: TABLE, Item: item }));
    const due = await store.suspensionsDue(7, 1_000);
    expect(due).toContainEqual(sound);
    expect(due.map(({ esimTranNo }) => esimTranNo)).not.toContain("odd");
  });
});

describe("what nobody wrote is refused, and not quoted:", () => {
  test.each([
    ["a head of nothing", {}],
    ["a head of other JSON", { version: { N: "1" }, data: { S: '{"secret":1}' } }],
    ["a head of a wrong version", { version: { N: "-1" }, data: { S: "{}" } }],
  ])("%s", async (_, rest) => {
    const esim = nextEsim();
    const item = { pk: { S: `usage#${encodeURIComponent(esim)}` }, ...rest };
    await client.send(new PutItemCommand({ TableName: TABLE, Item: item }));
    const failed = await store.head(esim).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(StoreUnreadableError);
    expect(String(failed)).not.toContain("secret");
  });

  test("any text for a page", async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        const item = { pk: { S: "usage#odd#0" }, data: { S: text || "x" } };
        await client.send(new PutItemCommand({ TableName: TABLE, Item: item }));
        await expect(store.page("odd", 0)).rejects.toThrow(StoreUnreadableError);
      }),
      { numRuns: 20 },
    );
  });
});

describe("a table that fails", () => {
  const often = (operation: "PutItem" | "GetItem" | "Query", fault: DynamoFault) => {
    for (let time = 0; time < ATTEMPTS; time++) faulty.faults.push({ operation, fault });
  };

  test.each(["server_error", "reset"] as const)("by %s is unavailable", async (fault) => {
    const over = createUsageStore(faulty.client, TABLE);
    const head = { ...newHead(nextEsim()), version: 1 };
    often("GetItem", fault);
    await expect(over.head(head.esimTranNo)).rejects.toThrow(StoreUnavailableError);
    often("PutItem", fault);
    await expect(over.saveHead(head)).rejects.toThrow(StoreUnavailableError);
    often("PutItem", fault);
    await expect(over.addPage(head.esimTranNo, 0, [])).rejects.toThrow(StoreUnavailableError);
    often("Query", fault);
    await expect(over.suspensionsDue(1, 1)).rejects.toThrow(StoreUnavailableError);
  });

  test("for a moment is asked again", async () => {
    const over = createUsageStore(faulty.client, TABLE);
    const head = { ...newHead(nextEsim()), version: 1 };
    faulty.faults.push({ operation: "PutItem", fault: "throttled" });
    expect(await over.saveHead(head)).toBe("saved");
    expect(await over.head(head.esimTranNo)).toStrictEqual(head);
  });

  test("to tell of a page that it wrote says that it exists, as it was written", async () => {
    const over = createUsageStore(faulty.client, TABLE);
    const entries: UsageEntry[] = [{ jws: "a", counted: null, reason: "malformed", digest: "a" }];
    faulty.faults.push({ operation: "PutItem", fault: "lost_answer" });
    expect(await over.addPage(nextEsim(), 0, entries)).toEqual({ kind: "exists", entries });
  });
});
