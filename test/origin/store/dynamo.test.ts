/** The table over DynamoDB's API: one claim wins, a stale write loses, and no fault is taken for an answer. */

import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buy } from "../../../origin/purchase/buy.ts";
import { type Store, StoreUnavailableError } from "../../../origin/purchase/ports.ts";
import type { Purchase } from "../../../origin/purchase/purchase.ts";
import { purchaseStates } from "../../../origin/purchase/states.ts";
import { createStore } from "../../../origin/store/dynamo.ts";
import { toItem } from "../../../origin/store/item.ts";
import { type LocalDynamo, startDynamo } from "../../../scripts/local/dynamo/start-dynamo.ts";
import { originWorld } from "../../builders/origin-ports.ts";
import {
  applied,
  DELIVERED,
  grantedPayment,
  ORDERED,
  orderOf,
  purchaseIn,
  purchaseRequest,
  settledClaim,
} from "../../builders/origin-purchase.ts";
import { ATTEMPTS, type DynamoFault, type FaultyDynamo, startFaultyDynamo } from "./faulty-dynamo.ts";

const TABLE = "purchases";

const ignore = () => {};

let dynamo: LocalDynamo;
let client: DynamoDBClient;
let faulty: FaultyDynamo;
/** Reaches the emulator directly. */
let store: Store;
/** Reaches it through the faults. */
let faultyStore: Store;

beforeAll(async () => {
  dynamo = await startDynamo({ table: TABLE });
  faulty = await startFaultyDynamo(dynamo);
  client = new DynamoDBClient(dynamo.clientConfig);
  store = createStore(client, TABLE, ignore);
  faultyStore = createStore(faulty.client, TABLE, ignore);
});
afterEach(() => {
  expect(faulty.faults.splice(0)).toEqual([]);
});
afterAll(async () => {
  client.destroy();
  await faulty.close();
  await dynamo.close();
});

let orders = 0;

/** A settled claim of an order that no other test has. */
function claim(claimId = "claim-1"): Purchase {
  orders += 1;
  return settledClaim({ id: `ord_${String(orders).padStart(40, "0")}`, claimId });
}

const order = (purchase: Purchase) => applied(purchase, ORDERED, purchase.createdAt, purchase.dueAt);

function plan(operation: "PutItem" | "GetItem" | "DescribeTable", fault: DynamoFault, times = 1): void {
  for (let time = 0; time < times; time++) faulty.faults.push({ operation, fault });
}

describe("claim, get and save", () => {
  test("of fifty claims of one payment at once one wins, and all others see the winner's", async () => {
    const { id } = claim();
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, index) => store.claim(settledClaim({ id, claimId: `claim-${index}` }))),
    );
    expect(results.filter(({ kind }) => kind === "claimed")).toHaveLength(1);
    const winner = await store.get(id);
    const seen = results.flatMap((result) => (result.kind === "exists" ? [result.purchase] : []));
    expect(seen).toEqual(Array.from({ length: 49 }, () => winner));
    const index = results.findIndex(({ kind }) => kind === "claimed");
    expect(winner?.claimId).toBe(`claim-${index}`);
  });

  test("what was never claimed is undefined", async () => {
    expect(await store.get("ord_none")).toBeUndefined();
  });

  test.each(purchaseStates)("a purchase that is %s comes back as it was", async (state) => {
    const purchase = purchaseIn(state, { id: claim().id });
    await store.claim(purchase);
    expect(await store.get(purchase.id)).toStrictEqual(purchase);
  });

  test("a save onto the version before it is written", async () => {
    const purchase = claim();
    await store.claim(purchase);
    expect(await store.save(order(purchase))).toBe("saved");
    expect(await store.get(purchase.id)).toStrictEqual(order(purchase));
  });

  test("of ten saves onto one version one is written and nine conflict", async () => {
    const purchase = claim();
    await store.claim(purchase);
    const results = await Promise.all(Array.from({ length: 10 }, () => store.save(order(purchase))));
    expect(results.toSorted()).toEqual([...Array.from({ length: 9 }, () => "conflict"), "saved"]);
  });

  test("a save onto any other version, or onto nothing, conflicts and changes nothing", async () => {
    const purchase = claim();
    expect(await store.save(order(purchase))).toBe("conflict");
    expect(await store.get(purchase.id)).toBeUndefined();
    await store.claim(purchase);
    const delivered = applied(order(purchase), DELIVERED, purchase.createdAt, purchase.dueAt);
    expect(await store.save(delivered)).toBe("conflict");
    expect(await store.save(purchase)).toBe("conflict");
    expect(await store.get(purchase.id)).toStrictEqual(purchase);
  });

  test("an item that somebody garbled is unavailable, to a reader and to a claim", async () => {
    const purchase = claim();
    await client.send(
      new PutItemCommand({ TableName: TABLE, Item: { ...toItem(purchase), data: { S: '{"claimId":' } } }),
    );
    await expect(store.get(purchase.id)).rejects.toThrow(StoreUnavailableError);
    await expect(store.claim(purchase)).rejects.toThrow(StoreUnavailableError);
  });

  test("a table that is not there is unavailable and unreachable", async () => {
    const elsewhere = createStore(client, "another-table", ignore);
    await expect(elsewhere.claim(claim())).rejects.toThrow(StoreUnavailableError);
    expect(await elsewhere.isReachable()).toBe(false);
    expect(await store.isReachable()).toBe(true);
  });
});

const notDone = ["reset", "server_error", "throttled"] as const;
const done = ["lost_answer", "silent"] as const;

describe("a fault", () => {
  test.each(notDone)("%s before the claim is written is mended by the SDK's retry", async (fault) => {
    const purchase = claim();
    plan("PutItem", fault);
    expect(await faultyStore.claim(purchase)).toEqual({ kind: "claimed" });
    expect(await store.get(purchase.id)).toStrictEqual(purchase);
  });

  test.each(done)("%s after the claim was written shows the writer its own claim", async (fault) => {
    const purchase = claim();
    plan("PutItem", fault);
    expect(await faultyStore.claim(purchase)).toStrictEqual({ kind: "exists", purchase });
  });

  test.each(done)("%s of a claim that lost still shows the winner's", async (fault) => {
    const winner = claim("claim-of-the-winner");
    await store.claim(winner);
    plan("PutItem", fault);
    const loser = { ...winner, claimId: "claim-of-the-loser" };
    expect(await faultyStore.claim(loser)).toStrictEqual({ kind: "exists", purchase: winner });
  });

  test.each(
    done,
  )("%s after a save was written is a conflict, and the reader finds the save", async (fault) => {
    const purchase = claim();
    await store.claim(purchase);
    plan("PutItem", fault);
    expect(await faultyStore.save(order(purchase))).toBe("conflict");
    expect(await store.get(purchase.id)).toStrictEqual(order(purchase));
  });

  test.each(notDone)("%s at every attempt is unavailable, and nothing is written", async (fault) => {
    const purchase = claim();
    plan("PutItem", fault, ATTEMPTS);
    await expect(faultyStore.claim(purchase)).rejects.toThrow(StoreUnavailableError);
    expect(await store.get(purchase.id)).toBeUndefined();
  });

  test.each([
    ...notDone,
    ...done,
  ])("%s at every attempt to read is unavailable, never an absent purchase", async (fault) => {
    const purchase = claim();
    await store.claim(purchase);
    plan("GetItem", fault, ATTEMPTS);
    await expect(faultyStore.get(purchase.id)).rejects.toThrow(StoreUnavailableError);
  });

  test("at reading whose claim won is unavailable, never a claim", async () => {
    const purchase = claim();
    await store.claim(purchase);
    plan("GetItem", "server_error", ATTEMPTS);
    await expect(faultyStore.claim(purchase)).rejects.toThrow(StoreUnavailableError);
  });

  test("makes the table unreachable to a readiness check, which does not throw", async () => {
    plan("DescribeTable", "server_error", ATTEMPTS);
    expect(await faultyStore.isReachable()).toBe(false);
  });

  test("is named, and what was sent is not quoted", async () => {
    const purchase = claim();
    plan("PutItem", "throttled", ATTEMPTS);
    await expect(faultyStore.claim(purchase)).rejects.toThrow(/^ThrottlingException$/);
  });
});

test("a purchase over a table that loses every first answer is delivered once", async () => {
  const world = originWorld();
  const nonce = `0x${"77".repeat(32)}` as const;
  const payment = grantedPayment({ authorization: { ...grantedPayment().authorization, nonce } });
  const losing: Store = {
    ...faultyStore,
    claim: (purchase) => {
      plan("PutItem", "lost_answer");
      return faultyStore.claim(purchase);
    },
    save: (purchase) => {
      plan("PutItem", "lost_answer");
      return faultyStore.save(purchase);
    },
  };
  const outcome = await buy(purchaseRequest(payment), { ...world.ports, store: losing });
  expect(outcome).toMatchObject({ kind: "owned", replayed: false, purchase: { state: "delivered" } });
  expect([...world.supplier.orders.keys()]).toEqual([orderOf(payment)]);
  expect((await store.get(orderOf(payment)))?.ledger).toHaveLength(3);
});
