/** The pool in the real table: its conditions hold there too, and a purchase from it costs four write units. */

import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import * as v from "valibot";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { PoolPorts, PoolStore } from "../../../origin/pool/ports.ts";
import type { PooledPlan, PoolHead, Slot } from "../../../origin/pool/slot.ts";
import { createPool } from "../../../origin/pool/take.ts";
import { tend } from "../../../origin/pool/tend.ts";
import { buy } from "../../../origin/purchase/buy.ts";
import { type Store, StoreUnavailableError, StoreUnreadableError } from "../../../origin/purchase/ports.ts";
import { createStore } from "../../../origin/store/dynamo.ts";
import { createPoolStore } from "../../../origin/store/pool-store.ts";
import { type LocalDynamo, startDynamo } from "../../../scripts/local/dynamo/start-dynamo.ts";
import { originWorld, TRANSACTION } from "../../builders/origin-ports.ts";
import { GOODS, LINE, purchaseRequest, VERIFIED } from "../../builders/origin-purchase.ts";
import { linesOf, orderNumber, PLAN, stock, warehouse } from "./support.ts";

const TABLE = "purchases";
const BUYERS = 200;

let dynamo: LocalDynamo;
let client: DynamoDBClient;
let store: Store;
let pool: PoolStore;
/** Units that each write cost, indexes included. */
let writes: number[];

const consumedSchema = v.object({
  output: v.object({ ConsumedCapacity: v.optional(v.object({ CapacityUnits: v.number() })) }),
});

const putSchema = v.object({
  Item: v.object({ version: v.object({ N: v.string() }), queue: v.optional(v.object({ S: v.string() })) }),
});

/** What the index takes, which the emulator leaves out: one unit for a new entry, two for one that moves. */
function indexUnits(input: unknown): number {
  const { version, queue } = v.parse(putSchema, input).Item;
  if (queue === undefined) return 0;
  return version.N === "1" ? 1 : 2;
}

beforeAll(async () => {
  dynamo = await startDynamo({ table: TABLE });
  client = new DynamoDBClient(dynamo.clientConfig);
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const result = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: "TOTAL" } });
        const { output } = v.parse(consumedSchema, result);
        const units = output.ConsumedCapacity?.CapacityUnits ?? Number.NaN;
        if (commandName === "PutItemCommand") writes.push(units + indexUnits(args.input));
        return result;
      },
    { step: "initialize", name: "countUnits" },
  );
  store = createStore(client, TABLE, () => undefined);
  pool = createPoolStore(client, TABLE);
});
beforeEach(() => {
  writes = [];
});
afterAll(async () => {
  client.destroy();
  await dynamo.close();
});

let plans = 0;

/** A plan that no other test has, with the shop's ports on the real table. */
function begin(size: number) {
  const world = originWorld();
  const plan: PooledPlan = { ...PLAN, plan: `plan-${++plans}`, size };
  const supplier = warehouse(world.clock);
  const { now, sleep, randomId, log } = world.ports;
  const pools: PoolPorts = { plans: [plan], store: pool, purchases: store, now, log };
  const ports = { ...world.ports, store, supplier, pool: createPool(pools) };
  return { world, plan, supplier, pools, ports, tending: { ...pools, supplier, sleep, randomId } };
}

const anySlots: readonly Slot[] = [
  { number: 0, version: 1, state: "empty" },
  { number: 0, version: 2, state: "free", stock: stock("tran-1") },
  {
    number: 0,
    version: 3,
    state: "taken",
    stock: stock("tran-1"),
    order: orderNumber(1),
    line: 7,
    takenAt: 5,
  },
  { number: 0, version: 4, state: "retiring", stock: stock("tran-1") },
];

test("a slot is read as it was written, and written over the version before only", async () => {
  expect(await pool.slot("a", 0, "consistent")).toEqual({ number: 0, version: 0, state: "empty" });
  for (const slot of anySlots) {
    expect(await pool.saveSlot("a", slot)).toBe("saved");
    expect(await pool.saveSlot("a", slot)).toBe("conflict");
    expect(await pool.slot("a", 0, "eventual")).toEqual(slot);
  }
});

test("a head is read as it was written, and written over the version before only", async () => {
  expect(await pool.head("a")).toEqual({ version: 0, busyUntil: 0, slots: 0, refill: null });
  const refill = {
    id: "pool_1",
    packageCode: "EU_1_7",
    wholesale: 9_000n,
    targets: [{ slot: 3, version: 2 }],
  };
  const heads: readonly PoolHead[] = [
    { version: 1, busyUntil: 7, slots: 10, refill },
    { version: 2, busyUntil: 0, slots: 10, refill: null },
  ];
  for (const head of heads) {
    expect(await pool.saveHead("a", head)).toBe("saved");
    expect(await pool.saveHead("a", head)).toBe("conflict");
    expect(await pool.head("a")).toEqual(head);
  }
});

test("an item that is not ours is said to be unreadable, without its content", async () => {
  const data = { S: '{"state":"free","stock":"LPA:1$a.test$SECRET"}' };
  const item = { pk: { S: "pool#b#0" }, version: { N: "1" }, data };
  await client.send(new PutItemCommand({ TableName: TABLE, Item: item }));
  const reading = pool.slot("b", 0, "eventual");
  await expect(reading).rejects.toThrow(StoreUnreadableError);
  await expect(reading).rejects.toThrow(/^[^$]*$/);
});

test("a table that is not there is unavailable", async () => {
  const nowhere = createPoolStore(client, "nowhere");
  await expect(nowhere.slot("a", 0, "eventual")).rejects.toThrow(StoreUnavailableError);
  await expect(nowhere.saveSlot("a", { number: 0, version: 1, state: "empty" })).rejects.toThrow(
    StoreUnavailableError,
  );
});

/** Thousands of requests to an emulator, on a machine that may have other work. */
const BUSY_MS = 120_000;

test("200 buyers at once, while the pool is refilled: each eSIM has one, and none is lost", {
  timeout: BUSY_MS,
}, async () => {
  const { plan, supplier, pools, tending } = begin(150);
  await tend(tending);
  const shop = createPool(pools);
  const orders = Array.from({ length: BUYERS }, (_, number) => orderNumber(number));
  const [taken] = await Promise.all([
    Promise.all(orders.map((order) => shop.take(order, linesOf(1)))),
    tend(tending),
    tend(tending),
  ]);
  const names = taken.flatMap((esims) => esims?.map((esim) => esim?.esimTranNo) ?? []);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThan(140);
  const slots = await Promise.all(
    Array.from({ length: plan.size }, (_, number) => pool.slot(plan.plan, number, "consistent")),
  );
  const held = slots.flatMap((slot) => ("stock" in slot ? [slot.stock.esim.esimTranNo] : []));
  expect(held.toSorted()).toEqual(supplier.sold().toSorted());
  const takenSlots = slots.flatMap((slot) => (slot.state === "taken" ? [slot.stock.esim.esimTranNo] : []));
  expect(takenSlots.toSorted()).toEqual(names.toSorted());
});

/** As long as agents, devices and the supplier's names get in practice. */
const REQUEST = purchaseRequest(
  { settlement: { state: "settled", transaction: TRANSACTION } },
  {
    grantId: "g".repeat(22),
    agentId: "fleet-7/drone-47",
    goods: { ...GOODS, lines: [{ ...LINE, plan: "global-30day", deviceId: "drone-47-modem-2" }] },
  },
);

test("where the edge settled it takes two writes, of four units together with the index, until it is delivered", async () => {
  const { ports, tending } = begin(10);
  await tend(tending);
  writes = [];
  expect(await buy(REQUEST, ports)).toMatchObject({ kind: "owned", purchase: { state: "delivered" } });
  expect(writes).toEqual([1, 3]);
});

test("where the origin settles it takes one write more", async () => {
  const { world, ports, tending } = begin(10);
  world.chain.landsAt = 0;
  await tend(tending);
  writes = [];
  const request = { ...REQUEST, payment: { ...REQUEST.payment, settlement: VERIFIED } };
  const payment = {
    ...request.payment,
    authorization: { ...request.payment.authorization, nonce: `0x${"0a".repeat(32)}` },
  } as const;
  expect(await buy({ ...request, payment }, ports)).toMatchObject({ purchase: { state: "delivered" } });
  expect(writes).toEqual([1, 3, 4]);
});
