/** The table's index: whoever asks what is due gets that, the longest overdue first, and nothing that is done with. */

import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Store, StoreUnavailableError } from "../../../origin/purchase/ports.ts";
import { isAtRest, type Purchase } from "../../../origin/purchase/purchase.ts";
import { type PurchaseState, purchaseStates } from "../../../origin/purchase/states.ts";
import { sweep } from "../../../origin/purchase/sweep.ts";
import { createStore } from "../../../origin/store/dynamo.ts";
import { QUEUE_SHARDS, toItem } from "../../../origin/store/item.ts";
import { type LocalDynamo, startDynamo } from "../../../scripts/local/dynamo/start-dynamo.ts";
import { originWorld } from "../../builders/origin-ports.ts";
import { purchaseIn } from "../../builders/origin-purchase.ts";
import { NOW } from "../../builders/payment.ts";
import { ATTEMPTS, type FaultyDynamo, startFaultyDynamo } from "./faulty-dynamo.ts";

const START = NOW * 1_000;
const ALL = 1_000;

let dynamo: LocalDynamo;
let client: DynamoDBClient;
let faulty: FaultyDynamo;
let store: Store;
/** Every purchase that the test put there. */
let written: Map<string, Purchase>;
/** Keys of what the store said that it can't read. */
const unreadable: string[] = [];

beforeAll(async () => {
  dynamo = await startDynamo({ table: "purchases" });
  faulty = await startFaultyDynamo(dynamo);
  client = new DynamoDBClient(dynamo.clientConfig);
  store = createStore(client, "purchases", (key) => unreadable.push(key));
});
beforeEach(() => {
  written = new Map();
});
afterEach(async () => {
  expect(faulty.faults.splice(0)).toEqual([]);
  // What is archived is in no queue, so the next test starts with empty ones.
  for (const purchase of written.values()) {
    const done = { ...purchase, state: "void", release: "none", archived: purchase.ledger.length } as const;
    await put({ ...done, version: purchase.version + 1 });
  }
});
afterAll(async () => {
  client.destroy();
  await faulty.close();
  await dynamo.close();
});

let ids = 0;

async function put(purchase: Purchase): Promise<Purchase> {
  const result = written.has(purchase.id) ? await store.save(purchase) : (await store.claim(purchase)).kind;
  if (result !== "saved" && result !== "claimed") throw new Error(`not written: ${result}`);
  written.set(purchase.id, purchase);
  return purchase;
}

function waiting(dueAt: number, state: PurchaseState = "settled"): Promise<Purchase> {
  ids += 1;
  return put({ ...purchaseIn(state, { id: `ord_${ids.toString(16).padStart(40, "0")}` }), dueAt });
}

const next = (purchase: Purchase, change: Partial<Purchase>): Purchase => ({
  ...purchase,
  ...change,
  version: purchase.version + 1,
});

describe("what is due", () => {
  test("is listed by its time, over all shards", async () => {
    const times = [700, 100, 900, 300, 1_500, 1_100, 500, 1_300].map((ms) => START - ms);
    const purchases: Purchase[] = [];
    for (const time of times) purchases.push(await waiting(time));
    const queues = new Set(purchases.map((purchase) => toItem(purchase)["queue"]?.S));
    expect(queues.size).toBe(QUEUE_SHARDS);
    expect(await store.due(START, ALL)).toStrictEqual(purchases.toSorted((a, b) => a.dueAt - b.dueAt));
  });

  test("is cut off behind the longest overdue", async () => {
    const times = [100, 800, 300, 600, 500, 400, 700, 200].map((ms) => START - ms);
    for (const time of times) await waiting(time);
    const listed = await store.due(START, 3);
    expect(listed.map(({ dueAt }) => START - dueAt)).toEqual([800, 700, 600]);
  });

  test("is so from its very millisecond", async () => {
    const purchase = await waiting(START);
    expect(await store.due(START - 1, ALL)).toEqual([]);
    expect(await store.due(START, ALL)).toStrictEqual([purchase]);
  });

  test("moves with every save, and with no save that conflicts", async () => {
    const purchase = await waiting(START);
    expect(await store.save({ ...purchase, version: purchase.version + 2, dueAt: 0 })).toBe("conflict");
    expect(await store.save({ ...purchase, dueAt: 0 })).toBe("conflict");
    expect(await store.due(START - 1, ALL)).toEqual([]);
    const later = await put(next(purchase, { dueAt: START + 60_000 }));
    expect(await store.due(START, ALL)).toEqual([]);
    expect(await store.due(START + 60_000, ALL)).toStrictEqual([later]);
  });

  test.each(
    purchaseStates,
  )("does not list a purchase that is %s and at rest, and lists any other", async (state) => {
    const purchase = await waiting(START, state);
    expect(await store.due(START, ALL)).toStrictEqual(isAtRest(purchase) ? [] : [purchase]);
    expect(await store.unarchived(ALL)).toStrictEqual(isAtRest(purchase) ? [purchase] : []);
  });

  test.each([
    "void",
    "refunded",
  ] as const)("lists a purchase that is %s while its release is due", async (state) => {
    const purchase = await waiting(START, state);
    const releasing = await put(next(purchase, { release: "due" }));
    expect(await store.due(START, ALL)).toStrictEqual([releasing]);
    await put(next(releasing, { release: "done" }));
    expect(await store.due(START, ALL)).toEqual([]);
  });
});

test("a purchase whose buyer is only to be told is in a queue of its own until that is done", async () => {
  const { id } = await waiting(START, "delivered");
  const purchase = await store.get(id);
  if (purchase === undefined) throw new Error("a purchase was expected");
  const webhook = { url: "https://agent.example/", state: "due", since: START, attempts: 0 } as const;
  const untold = await put(next(purchase, { webhook }));
  expect(await store.due(START, ALL)).toEqual([]);
  expect(await store.unarchived(ALL)).toEqual([]);
  expect(await store.untold(START, ALL)).toStrictEqual([untold]);
  const told = await put(next(untold, { webhook: { ...webhook, state: "done" } }));
  expect(await store.untold(START, ALL)).toEqual([]);
  expect(await store.unarchived(ALL)).toStrictEqual([told]);
});

describe("a purchase at rest", () => {
  test("is in no queue once every entry of its ledger is archived", async () => {
    const purchase = await waiting(START, "delivered");
    const entries = purchase.ledger.length;
    const partly = await put(next(purchase, { archived: entries - 1 }));
    expect(await store.unarchived(ALL)).toStrictEqual([partly]);
    const archived = await put(next(partly, { archived: entries }));
    expect(await store.unarchived(ALL)).toEqual([]);
    expect(await store.due(Number.MAX_SAFE_INTEGER, ALL)).toEqual([]);
    expect(toItem(archived)).not.toHaveProperty("queue");
    expect(await store.get(archived.id)).toStrictEqual(archived);
  });

  test("comes back when it moves on, archived or not", async () => {
    const purchase = await waiting(START, "void");
    const archived = await put(next(purchase, { archived: purchase.ledger.length }));
    expect(await store.due(START, ALL)).toEqual([]);
    const owed = await put(next(archived, { state: "refund_due" }));
    expect(await store.due(START, ALL)).toStrictEqual([owed]);
  });
});

describe("an item that can't be read", () => {
  async function garbled(state: PurchaseState): Promise<string> {
    const purchase = await waiting(START, state);
    const item = { ...toItem(purchase), data: { S: '{"claimId":' } };
    await client.send(new PutItemCommand({ TableName: "purchases", Item: item }));
    return purchase.id;
  }

  test.each([
    "settled",
    "delivered",
  ] as const)("of a purchase that is %s keeps nobody from the others, and is heard of once", async (state) => {
    const [first, second] = [await garbled(state), await garbled(state)];
    const sound = await waiting(START, state);
    const look = () => (state === "settled" ? store.due(START, ALL) : store.unarchived(ALL));
    unreadable.splice(0);
    for (let round = 0; round < 3; round++) expect(await look()).toStrictEqual([sound]);
    expect(unreadable.toSorted()).toEqual([first, second].toSorted());
  });

  test("is heard of from whoever meets it first, a replay or a reconciler too", async () => {
    const key = await garbled("settled");
    unreadable.splice(0);
    await expect(store.get(key)).rejects.toThrow(StoreUnavailableError);
    expect(await store.due(START, ALL)).toEqual([]);
    expect(unreadable).toEqual([key]);
  });

  test("is heard of again in another process", async () => {
    const key = await garbled("settled");
    await store.due(START, ALL);
    const heard: string[] = [];
    await createStore(client, "purchases", (text) => heard.push(text)).due(START, ALL);
    expect(heard).toEqual([key]);
  });

  test("is not what a table that doesn't answer leaves behind", async () => {
    const { id } = await waiting(START);
    const heard: string[] = [];
    for (let time = 0; time < ATTEMPTS; time++)
      faulty.faults.push({ operation: "GetItem", fault: "server_error" });
    const asked = createStore(faulty.client, "purchases", (key) => heard.push(key)).get(id);
    await expect(asked).rejects.toThrow(StoreUnavailableError);
    expect(heard).toEqual([]);
  });
});

describe("a list that can't be had is unavailable, never short:", () => {
  test.each(["server_error", "reset", "silent"] as const)("a query that ends in %s", async (fault) => {
    await waiting(START);
    for (let time = 0; time < ATTEMPTS * QUEUE_SHARDS; time++)
      faulty.faults.push({ operation: "Query", fault });
    const unlisted = createStore(faulty.client, "purchases", () => {}).due(START, ALL);
    await expect(unlisted).rejects.toThrow(StoreUnavailableError);
    // The shards are asked at once, so the first one's fault comes before the others' last attempts.
    await expect.poll(() => faulty.faults.length, { timeout: 3_000 }).toBe(0);
  });

  test("a purchase on it that can't be read", async () => {
    await waiting(START);
    for (let time = 0; time < ATTEMPTS; time++)
      faulty.faults.push({ operation: "GetItem", fault: "server_error" });
    await expect(createStore(faulty.client, "purchases", () => {}).due(START, ALL)).rejects.toThrow(
      StoreUnavailableError,
    );
  });
});

test("two sweepers over one table deliver each purchase once", async () => {
  const world = originWorld();
  const goods = { kind: "resource", path: "/report" } as const;
  const purchases: Purchase[] = [];
  for (let count = 0; count < 12; count++) {
    ids += 1;
    const id = `ord_${ids.toString(16).padStart(40, "0")}`;
    purchases.push(await put({ ...purchaseIn("settled", { id, goods }), dueAt: START }));
  }
  const ports = { ...world.ports, store };
  await Promise.all([sweep(ports), sweep(ports)]);
  for (const { id } of purchases) {
    const delivered = await store.get(id);
    if (delivered === undefined) throw new Error("a purchase was expected");
    written.set(id, delivered);
    expect(delivered.ledger.map(({ event }) => JSON.parse(event).type)).toEqual([
      "claimed",
      "settled",
      "delivered",
    ]);
  }
});
