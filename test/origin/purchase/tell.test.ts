/** Buyers who named a webhook are told what became of the order, once it is decided, and nobody else waits for that. */

import { beforeEach, describe, expect, test } from "vitest";
import { buy } from "../../../origin/purchase/buy.ts";
import { driveOrder, lookAgain } from "../../../origin/purchase/drive-order.ts";
import { isAtRest, type Purchase } from "../../../origin/purchase/purchase.ts";
import { stocked } from "../../../origin/purchase/stocked.ts";
import { sweep } from "../../../origin/purchase/sweep.ts";
import { TELL_WITHIN_MS, tell } from "../../../origin/purchase/tell.ts";
import { fromItem, toItem } from "../../../origin/store/item.ts";
import { type OriginWorld, originWorld } from "../../builders/origin-ports.ts";
import {
  applied,
  DELIVERED,
  LANDED_LATE,
  ONE,
  ORDER_ID,
  ORDERED,
  purchaseIn,
  purchaseRequest,
  REFUND_SIGNED,
  REFUNDED,
  SETTLED,
  settledClaim,
} from "../../builders/origin-purchase.ts";
import { eventsIn, storedIn, sweepOnce, sweepToRest } from "../../builders/origin-sweep.ts";
import { NOW } from "../../builders/payment.ts";

const START = NOW * 1_000;
const HOOK = "https://agent.example/hook";
const FAILED = { kind: "failed", reason: "status_500" } as const;

let world: OriginWorld;
beforeEach(() => {
  world = originWorld();
});

const told = () => world.webhooks.calls.map(({ news }) => news.replace(`${ORDER_ID} `, ""));

/** A purchase whose buyer is to be told. */
function untold(state: "delivered" | "void" | "refunded" = "delivered"): Purchase {
  const purchase = purchaseIn(state, { webhookUrl: HOOK });
  world.store.overwrite(purchase);
  return purchase;
}

const answers = (count: number) =>
  world.webhooks.answers.push(...Array.from({ length: count }, () => FAILED));

describe("news", () => {
  test.each(["delivered", "void", "refunded"] as const)("that an order is %s is due at once", (state) => {
    const purchase = untold(state);
    expect(purchase).toMatchObject({
      dueAt: START,
      webhook: { url: HOOK, state: "due", since: START, attempts: 0 },
    });
    expect(isAtRest(purchase)).toBe(false);
  });

  test.each([
    "settling",
    "settled",
    "ordered",
    "secured",
    "refund_due",
    "refunding",
  ] as const)("is none while an order is %s", (state) => {
    expect(purchaseIn(state, { webhookUrl: HOOK }).webhook).toMatchObject({ state: "none", attempts: 0 });
  });

  test("is due in the very write that claims an order of which the pool had everything", () => {
    const purchase = stocked(settledClaim({ webhookUrl: HOOK }), [ONE], START);
    expect(purchase).toMatchObject({ version: 1, state: "delivered", webhook: { state: "due" } });
  });

  test("is none for a buyer who named no webhook, and leaves no trace in the item", () => {
    const purchase = purchaseIn("delivered");
    expect(purchase.webhook).toBeNull();
    expect(isAtRest(purchase)).toBe(true);
    expect(toItem(purchase)["data"]?.S).not.toContain("webhook");
  });

  test("is none in an item from before there were any", () => {
    const item = toItem(purchaseIn("delivered"));
    expect(fromItem(item).webhook).toBeNull();
  });

  test("comes again where an order that was void is refunded after all", async () => {
    const purchase = await tell(untold("void"), world.ports);
    const late = [LANDED_LATE, REFUND_SIGNED, REFUNDED].reduce(
      (each, change) => applied(each, change, START + 5_000, START + 5_000),
      purchase,
    );
    world.store.overwrite(late);
    world.clock.advanceTo(START + 5_000);
    await tell(late, world.ports);
    expect(told()).toEqual(["void", "refunded"]);
    expect(storedIn(world).webhook).toMatchObject({ state: "done", since: START + 5_000, attempts: 1 });
  });
});

describe("a try", () => {
  test("that is taken is the last, and stands in the ledger", async () => {
    const purchase = untold();
    const after = await tell(purchase, world.ports);
    expect(isAtRest(after)).toBe(true);
    expect(storedIn(world)).toEqual(after);
    expect(eventsIn(world)).toEqual(["claimed", "settled", "ordered", "delivered", "notified"]);
    expect(world.log).toEqual([{ event: "webhook_sent", order: ORDER_ID, state: "delivered", attempt: 1 }]);
    expect(await tell(after, world.ports)).toBe(after);
    expect(told()).toEqual(["delivered"]);
  });

  test("that fails is counted without an event, and put off", async () => {
    answers(1);
    const after = await tell(untold(), world.ports);
    expect(after).toMatchObject({ dueAt: START + 6_000, webhook: { state: "due", attempts: 1 } });
    expect(eventsIn(world)).not.toContain("notified");
    await sweep(world.ports);
    await tell(after, world.ports);
    expect(told()).toEqual(["delivered"]);
    await sweepOnce(world);
    expect(world.webhooks.calls.map(({ at }) => at)).toEqual([START, START + 6_000]);
    expect(storedIn(world).webhook).toMatchObject({ state: "done", attempts: 2 });
  });

  test("is one process's alone", async () => {
    const purchase = untold();
    await Promise.all([tell(purchase, world.ports), tell(purchase, world.ports), sweep(world.ports)]);
    expect(told()).toEqual(["delivered"]);
  });

  test("that nobody finished is made again", async () => {
    const dying = { ...world.ports, webhooks: { post: () => Promise.reject(new Error("died")) } };
    await expect(tell(untold(), dying)).rejects.toThrow("died");
    await sweepToRest(world);
    expect(told()).toEqual(["delivered"]);
    expect(storedIn(world).webhook).toMatchObject({ state: "done", attempts: 2 });
  });

  test("whose end could not be written is made again, and says the same", async () => {
    world.store.faults.save.push("unavailable");
    const purchase = untold();
    await expect(tell(purchase, world.ports)).rejects.toThrow();
    expect(told()).toEqual([]);
    const first = await tell(purchase, {
      ...world.ports,
      webhooks: {
        async post(...args) {
          world.store.faults.save.push("unavailable");
          return world.ports.webhooks.post(...args);
        },
      },
    }).catch(() => "unwritten");
    expect(first).toBe("unwritten");
    await sweepToRest(world);
    expect(told()).toEqual(["delivered", "delivered"]);
  });

  test("at a webhook that is gone is the last", async () => {
    world.webhooks.answers.push({ kind: "gone" });
    await tell(untold(), world.ports);
    await sweepToRest(world);
    expect(told()).toEqual(["delivered"]);
    expect(eventsIn(world).at(-1)).toBe("unheard");
    expect(storedIn(world).webhook).toMatchObject({ state: "gave_up" });
  });

  test("is made ever more seldom for a day, and then no more", async () => {
    answers(100);
    untold();
    await sweepToRest(world);
    const times = world.webhooks.calls.map(({ at }) => at - START);
    expect(times.slice(0, 7)).toEqual([0, 6_000, 30_000, 126_000, 510_000, 2_046_000, 5_646_000]);
    expect(Math.max(...times)).toBeLessThan(TELL_WITHIN_MS);
    expect(Math.max(...times)).toBeGreaterThan(TELL_WITHIN_MS - 3_700_000);
    expect(times.length).toBeLessThan(35);
    expect(storedIn(world).webhook).toMatchObject({ state: "gave_up", attempts: times.length });
    const last = storedIn(world).ledger.at(-1)?.event ?? "";
    expect(JSON.parse(last)).toEqual({ type: "unheard", attempts: times.length, reason: "status_500" });
  });
});

describe("money and goods", () => {
  test("come first: a buyer's answer waits for no webhook", async () => {
    const outcome = await buy(purchaseRequest({}, { webhookUrl: HOOK }), world.ports);
    expect(outcome).toMatchObject({ kind: "owned", purchase: { state: "delivered" } });
    expect(told()).toEqual([]);
    expect(await driveOrder(ORDER_ID, world.ports, START + 60_000)).toBe("at_rest");
    expect(told()).toEqual(["delivered"]);
  });

  test("come first in a sweep, and what is only to be told is no unfinished work", async () => {
    const other = { ...settledClaim({ id: `ord_${"5".repeat(40)}`, dueAt: START }) };
    untold();
    world.store.overwrite(other);
    expect((await world.store.due(START, 10)).map(({ id }) => id)).toEqual([other.id]);
    expect((await world.store.untold(START, 10)).map(({ id }) => id)).toEqual([ORDER_ID]);
    const order: string[] = [];
    const watched = {
      ...world.ports,
      log: (event: (typeof world.log)[number]) => order.push(event.event),
    };
    await sweep(watched);
    expect(order.at(-1)).toBe("webhook_sent");
    expect(order).toContain("purchase_moved");
  });

  test("a purchase with something left at the supplier is work, and is told of after that", async () => {
    const purchase = { ...untold("void"), release: "due" as const };
    world.store.overwrite(purchase);
    expect(await world.store.untold(START, 10)).toEqual([]);
    await sweepToRest(world);
    expect(eventsIn(world).slice(-2)).toEqual(["released", "notified"]);
  });
});

describe("another look", () => {
  test("at an order that waits for the supplier delivers it, and tells nobody yet", async () => {
    const path = [SETTLED, ORDERED];
    const waiting = path.reduce(
      (each, change) => applied(each, change, START, START + 5_000),
      purchaseIn("settling", { webhookUrl: HOOK }),
    );
    world.store.overwrite(waiting);
    await world.supplier.order({
      transactionId: ORDER_ID,
      packageCode: "EU_1_7",
      count: 1,
      unitPrice: 9_000n,
    });
    world.clock.advanceTo(START + 10_000);
    expect(await lookAgain(ORDER_ID, world.ports, START + 13_000)).toMatchObject({ state: "delivered" });
    expect(told()).toEqual([]);
  });

  test("at an order that is decided changes nothing, and at none finds none", async () => {
    const purchase = applied(purchaseIn("ordered"), DELIVERED, START, START);
    world.store.overwrite(purchase);
    expect(await lookAgain(ORDER_ID, world.ports, START + 3_000)).toBeUndefined();
    expect(storedIn(world)).toEqual(purchase);
    expect(world.store.counts.saves).toBe(0);
    expect(await lookAgain(`ord_${"9".repeat(40)}`, world.ports, START + 3_000)).toBeUndefined();
  });
});
