/** Allotments in the real table: fifty workers at once, and whoever closes meanwhile. */

import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import * as v from "valibot";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { drawOne } from "../../../origin/allotment/draw.ts";
import type { AllotmentStore } from "../../../origin/allotment/ports.ts";
import { StoreUnavailableError, StoreUnreadableError } from "../../../origin/purchase/ports.ts";
import { createAllotmentStore } from "../../../origin/store/allotment-store.ts";
import { type LocalDynamo, startDynamo } from "../../../scripts/local/dynamo/start-dynamo.ts";
import { deliveredAllotment } from "../../builders/allotment.ts";
import { originWorld } from "../../builders/origin-ports.ts";

const TABLE = "purchases";
const EXPIRES = 2_000_000;
const NOW = 1_000_000;

let dynamo: LocalDynamo;
let client: DynamoDBClient;
let store: AllotmentStore;
/** Units of the table that each update cost. */
let updates: number[];

const consumedSchema = v.object({
  output: v.object({ ConsumedCapacity: v.optional(v.object({ CapacityUnits: v.number() })) }),
});

beforeAll(async () => {
  dynamo = await startDynamo({ table: TABLE });
  client = new DynamoDBClient(dynamo.clientConfig);
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const result = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: "TOTAL" } });
        const { output } = v.parse(consumedSchema, result);
        if (commandName === "UpdateItemCommand") updates.push(output.ConsumedCapacity?.CapacityUnits ?? 99);
        return result;
      },
    { step: "initialize", name: "countUnits" },
  );
  store = createAllotmentStore(client, TABLE);
});
beforeEach(() => {
  updates = [];
});
afterAll(async () => {
  client.destroy();
  await dynamo.close();
});

let orders = 0;

/** An allotment that no other test has. */
async function begin(): Promise<string> {
  const order = `ord_${(++orders).toString(16).padStart(40, "0")}`;
  await store.open(order, EXPIRES);
  return order;
}

const draw = (order: string, deviceId: string, limit = 50, at = NOW) =>
  store.draw(order, { deviceId, at }, limit);

/** The first workers for as many eSIMs, each with its own name. */
const workers = (count: number) => Array.from({ length: count }, (_, number) => `fleet-7/drone-${number}`);

describe("an allotment", () => {
  test("is read as it was opened, drawn and closed, and opened once", async () => {
    const order = await begin();
    expect(await store.get(order)).toEqual({ expiresAt: EXPIRES, draws: [], closedAt: null });
    const first = { deviceId: "a", at: NOW };
    expect(await draw(order, "a")).toEqual({
      added: true,
      allotment: { expiresAt: EXPIRES, draws: [first], closedAt: null },
    });
    await store.open(order, EXPIRES + 1);
    expect(await store.close(order, NOW + 5)).toEqual({
      expiresAt: EXPIRES,
      draws: [first],
      closedAt: NOW + 5,
    });
    expect(await store.close(order, NOW + 9)).toMatchObject({ closedAt: NOW + 5 });
    expect(await store.get(`ord_${"f".repeat(40)}`)).toBeUndefined();
  });

  test.each<[string, (order: string) => Promise<unknown>, Parameters<typeof draw>[2], number]>([
    ["by a device that has drawn", (order) => draw(order, "b"), 50, NOW],
    ["beyond the limit", (order) => draw(order, "a"), 1, NOW],
    ["at its expiry", async () => undefined, 50, EXPIRES],
    ["once it is closed", (order) => store.close(order, NOW), 50, NOW],
    ["once it is finished", (order) => store.close(order, NOW).then(() => store.finished(order)), 50, NOW],
  ])("is not drawn from %s", async (_, before, limit, at) => {
    const order = await begin();
    await before(order);
    const known = await store.get(order);
    expect(await draw(order, "b", limit, at)).toEqual({ added: false, allotment: known });
  });

  test("is due when it expires, when it was closed, and not when it is finished", async () => {
    const order = await begin();
    const due = async (now: number) => (await store.due(now, 100)).includes(order);
    expect([await due(EXPIRES - 1), await due(EXPIRES)]).toEqual([false, true]);
    await store.putOff(order, EXPIRES + 60);
    expect([await due(EXPIRES), await due(EXPIRES + 60)]).toEqual([false, true]);
    await store.close(order, NOW);
    // Whoever closed it gives back what is left; somebody else does so half a minute later.
    expect([await due(NOW), await due(NOW + 30_000)]).toEqual([false, true]);
    await store.finished(order);
    await store.putOff(order, NOW);
    expect(await due(EXPIRES * 2)).toBe(false);
  });

  test("is not finished while it is open", async () => {
    const order = await begin();
    await store.finished(order);
    expect(await store.due(EXPIRES, 100)).toContain(order);
  });
});

test("fifty workers at once draw fifty eSIMs by fifty writes, and whoever comes again or late gets no other", async () => {
  const { ports } = originWorld();
  const purchase = deliveredAllotment(50);
  await store.open(purchase.id, ports.now() + 1);
  const names = workers(50);
  const drawn = await Promise.all(
    names.map((device) => drawOne(purchase, device, { ...ports, allotments: store })),
  );
  const items = drawn.map((each) => (each.kind === "drawn" ? each.item : -1));
  expect(items.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, item) => item));
  // No write has failed, so none was tried again; none cost more than three units.
  expect(updates).toHaveLength(50);
  expect(Math.max(...updates)).toBeLessThanOrEqual(3);

  const again = await Promise.all(
    [...names, "late"].map((device) => drawOne(purchase, device, { ...ports, allotments: store })),
  );
  expect(again.map((each) => (each.kind === "drawn" ? each.item : each.kind))).toEqual([
    ...items,
    "exhausted",
  ]);
});

test("of a hundred draws and a closing at once, those before it count for all and those after it for none", async () => {
  const order = await begin();
  const drawing = (names: readonly string[]) =>
    Promise.all(names.map(async (device) => ((await draw(order, device, 100)).added ? [device] : [])));
  const names = workers(100);
  const [before, closed, after] = await Promise.all([
    drawing(names.slice(0, 50)),
    store.close(order, NOW),
    drawing(names.slice(50)),
  ]);
  expect(closed.closedAt).toBe(NOW);
  expect(await store.get(order)).toEqual(closed);
  const added = [...before, ...after].flat();
  expect(closed.draws.map(({ deviceId }) => deviceId).toSorted()).toEqual(added.toSorted());
});

test("an item that is not ours is said to be unreadable", async () => {
  const item = { pk: { S: "allotment#ord_x" }, devices: { L: [{ S: "a" }] }, times: { L: [] } };
  await client.send(new PutItemCommand({ TableName: TABLE, Item: { ...item, expiresAt: { N: "7" } } }));
  await expect(store.get("ord_x")).rejects.toThrow(StoreUnreadableError);
  await expect(draw("ord_x", "a")).rejects.toThrow(StoreUnreadableError);
  await expect(draw("ord_none", "a")).rejects.toThrow(StoreUnreadableError);
});

test("a table that is not there is unavailable", async () => {
  const nowhere = createAllotmentStore(client, "nowhere");
  await expect(nowhere.open("ord_1", 1)).rejects.toThrow(StoreUnavailableError);
  await expect(nowhere.get("ord_1")).rejects.toThrow(StoreUnavailableError);
  await expect(nowhere.close("ord_1", 1)).rejects.toThrow(StoreUnavailableError);
  await expect(nowhere.due(1, 1)).rejects.toThrow(StoreUnavailableError);
});
