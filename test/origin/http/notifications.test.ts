/** The supplier's notifications: what they say is no truth, it only makes the origin look for itself. */

import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { notificationUrl } from "../../../origin/access.ts";
import { notificationTypes } from "../../../origin/notifications/notification.ts";
import { orderOfTransaction, supplierOrders } from "../../../origin/purchase/supplier-orders.ts";
import { anyText } from "../../builders/arbitrary.ts";
import { LINE, ORDER_ID, purchaseIn } from "../../builders/origin-purchase.ts";
import { NOW } from "../../builders/payment.ts";
import { ACCESS_SECRET, expectProblem, forward, get, openShop, type Sent, type Shop, send } from "./shop.ts";

const PATH = notificationUrl("", ACCESS_SECRET);

let shop: Shop;
beforeEach(() => {
  shop = openShop();
});

const posting = (body: string, target = PATH): Sent => ({ ...get(target), method: "POST", body });
const notify = (notification: object, target = PATH) =>
  forward(shop, posting(JSON.stringify(notification), target));

const orderStatus = (notifyId = "n1", transactionId = ORDER_ID) => ({
  notifyType: "ORDER_STATUS",
  notifyId,
  eventGenerateTime: "2026-09-01T00:00:00+0000",
  content: { orderNo: "B1", transactionId, orderStatus: "GOT_RESOURCE" },
});

const logged = () => shop.world.log.filter(({ event }) => event.startsWith("webhook_"));
const stateOf = async (id = ORDER_ID) => (await shop.world.store.get(id))?.state;

/** An order that its buyer was answered 202 for, with the supplier's profile ready. */
async function waiting(webhookUrl: string | null = null, dueAt = NOW * 1_000 + 5_000): Promise<void> {
  const { store, supplier, clock } = shop.world;
  store.overwrite({ ...purchaseIn("ordered", { webhookUrl }), dueAt });
  await supplier.order({ transactionId: ORDER_ID, packageCode: "EU_1_7", count: 1, unitPrice: 9_000n });
  clock.advanceTo(NOW * 1_000 + 10_000);
}

describe("a notification that an order is ready", () => {
  test("has it delivered at once", async () => {
    await waiting();
    expect((await notify(orderStatus())).statusCode).toBe(200);
    expect(await stateOf()).toBe("delivered");
    expect(logged()).toEqual([
      { event: "webhook_received", type: "ORDER_STATUS", isNew: true, order: ORDER_ID },
    ]);
    expect(shop.handedOver).toEqual([]);
  });

  test("leaves it to whoever is at it", async () => {
    await waiting(null, NOW * 1_000 + 10_001);
    shop.calls.length = 0;
    await notify(orderStatus());
    expect(shop.calls).toEqual(["store.get"]);
    expect(await stateOf()).toBe("ordered");
  });

  test("is one look, however many speak of the order at once", async () => {
    await waiting();
    shop.calls.length = 0;
    await Promise.all(["a", "b", "c", "d"].map((id) => notify(orderStatus(id))));
    expect(await stateOf()).toBe("delivered");
    expect(shop.calls.filter((call) => call === "supplier.profiles")).toHaveLength(1);
  });

  test("leaves it to the worker to tell a buyer who named a webhook", async () => {
    await waiting("https://agent.example/hook");
    await notify(orderStatus());
    expect(shop.handedOver).toEqual([ORDER_ID]);
    expect(shop.world.webhooks.calls).toEqual([]);
  });

  test("that comes again is answered, and nobody looks again", async () => {
    await notify(orderStatus());
    await waiting();
    shop.calls.length = 0;
    expect((await notify(orderStatus())).statusCode).toBe(200);
    expect(shop.calls).toEqual([]);
    expect(await stateOf()).toBe("ordered");
    expect(logged().at(-1)).toMatchObject({ isNew: false, order: null });
  });

  test("changes nothing by what it says: a supplier that has nothing yet is believed", async () => {
    shop.world.supplier.allocationMs = 3_600_000;
    await waiting();
    const [before] = shop.world.store.all();
    shop.calls.length = 0;
    const lie = {
      ...orderStatus(),
      content: { ...orderStatus().content, iccid: "89", ac: "LPA:1$evil$x", state: "delivered" },
    };
    expect((await notify(lie)).statusCode).toBe(200);
    expect(shop.calls).toContain("supplier.profiles");
    const [after] = shop.world.store.all();
    expect({ ...after, version: 0, dueAt: 0 }).toEqual({ ...before, version: 0, dueAt: 0 });
  });

  test("names its order by any of the transaction ids that we give", async () => {
    const lines = Array.from({ length: 50 }, (_, index) => ({ ...LINE, packageCode: `P${index}` }));
    const ids = supplierOrders({ id: ORDER_ID, pooled: null, later: [] }, { lines }).map(
      ({ transactionId }) => transactionId,
    );
    expect(ids).toHaveLength(50);
    expect(new Set(ids.map(orderOfTransaction))).toEqual(new Set([ORDER_ID]));
    for (const other of [
      "pool_1",
      `${ORDER_ID}-`,
      `${ORDER_ID}-0`,
      `x${ORDER_ID}`,
      `${ORDER_ID}-10000`,
      "",
      "ord_",
    ]) {
      expect(orderOfTransaction(other)).toBeUndefined();
    }
  });

  test("of an order that is none of ours, or at rest, is answered and changes nothing", async () => {
    const resting = purchaseIn("delivered");
    shop.world.store.overwrite(resting);
    for (const [id, transaction] of [
      ["a", "pool_1"],
      ["b", `ord_${"9".repeat(40)}`],
      ["c", ORDER_ID],
    ] as const) {
      expect((await notify(orderStatus(id, transaction))).statusCode).toBe(200);
    }
    expect(shop.world.store.all()).toEqual([resting]);
    expect(shop.world.store.counts.saves).toBe(0);
  });
});

test("the health check is answered without a look at anything", async () => {
  expect((await notify({ notifyType: "CHECK_HEALTH" })).statusCode).toBe(200);
  expect(shop.calls).toEqual([]);
});

test.each([
  ...notificationTypes.filter((type) => type !== "ORDER_STATUS"),
  "SOMETHING_NEW",
])("%s is answered, logged by a name of ours, and looks at no order", async (notifyType) => {
  await waiting();
  shop.calls.length = 0;
  expect((await notify({ ...orderStatus(), notifyType })).statusCode).toBe(200);
  const type = notifyType === "SOMETHING_NEW" ? "unknown" : notifyType;
  expect(logged()).toEqual([{ event: "webhook_received", type, isNew: true, order: null }]);
  expect(shop.calls).toEqual([]);
});

describe("is told nothing but that there is nothing:", () => {
  test.each([
    ["another secret", notificationUrl("", new Uint8Array(32).fill(8))],
    ["a secret that is almost right", `${PATH.slice(0, -1)}${PATH.endsWith("A") ? "B" : "A"}`],
  ])("who knows %s", async (_, target) => {
    await waiting();
    expectProblem(await notify(orderStatus(), target), "route_not_found");
    expect(await stateOf()).toBe("ordered");
    expect(logged()).toEqual([{ event: "webhook_refused", reason: "secret" }]);
  });

  test("who asks with GET", async () => {
    expectProblem(await forward(shop, get(PATH)), "route_not_found");
  });

  test("who comes past the gateway; and no log has the secret", async () => {
    expectProblem(await send(shop, posting(JSON.stringify(orderStatus()))), "grant_required");
    expect(JSON.stringify(shop.world.log)).toContain('"path":"/webhooks/esim-access/…"');
    expect(JSON.stringify(shop.world.log)).not.toContain(PATH);
  });
});

describe("what can't be read", () => {
  test.each([
    ["nothing", "", "body_malformed"],
    ["no JSON", "{", "body_malformed"],
    ["a key twice", '{"notifyType":"A","notifyType":"B","notifyId":"1"}', "body_malformed"],
    ["a list", "[]", "body_invalid"],
    ["no type", '{"notifyId":"1"}', "body_invalid"],
    ["no id", '{"notifyType":"ORDER_STATUS"}', "body_invalid"],
    ["an empty id", '{"notifyType":"ORDER_STATUS","notifyId":""}', "body_invalid"],
    ["an id without end", `{"notifyType":"ORDER_STATUS","notifyId":"${"x".repeat(129)}"}`, "body_invalid"],
    ["content that is text", '{"notifyType":"ORDER_STATUS","notifyId":"1","content":"x"}', "body_invalid"],
    ["8,193 bytes", `"${"x".repeat(8_191)}"`, "body_too_large"],
  ] as const)("(%s) is refused", async (_, body, code) => {
    expectProblem(await forward(shop, posting(body)), code);
    expect(logged()).toEqual([{ event: "webhook_refused", reason: code }]);
    expect(shop.calls).toEqual([]);
  });

  test("and whatever else is sent is answered without a fault, and changes no purchase", async () => {
    await waiting();
    const before = shop.world.store.all();
    const anyNotification = fc.record(
      {
        notifyType: fc.oneof(fc.constantFrom(...notificationTypes), anyText, fc.jsonValue()),
        notifyId: fc.oneof(anyText, fc.jsonValue()),
        content: fc.oneof(fc.jsonValue(), fc.record({ transactionId: fc.oneof(anyText, fc.jsonValue()) })),
      },
      { requiredKeys: [] },
    );
    const anyBody = fc.oneof(
      anyText,
      fc.json(),
      anyNotification.map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(anyBody, async (body) => {
        const { statusCode = 0 } = await forward(shop, posting(body));
        expect([200, 400, 413]).toContain(statusCode);
        expect(shop.world.store.all()).toEqual(before);
      }),
    );
  });
});
