/** Top-ups and swaps that are paid for: claimed, settled here, and carried out once, or the money goes back. */

import { beforeEach, describe, expect, test } from "vitest";
import type { SuspendResult, TopUpResult } from "../../../origin/supplier/lifecycle.ts";
import { problem } from "../../../protocol/errors.ts";
import type { GrantedPayment } from "../../../protocol/grant.ts";
import { usdc } from "../../../protocol/money.ts";
import { DEFERRED, ORDER_ID, orderOf, SPENT } from "../../builders/origin-purchase.ts";
import { sweepToRest } from "../../builders/origin-sweep.ts";
import {
  ESIM_NO,
  GIB,
  gate,
  ICCID,
  LARGE,
  openOwnedShop,
  PLAN,
  paying,
  SMALL,
  swap,
  topUp,
  use,
} from "./owned-shop.ts";
import { bodyOf, expectProblem, forward, type Shop } from "./shop.ts";

const LOST: TopUpResult = { kind: "unknown", detail: "timeout" };
const BUSY: SuspendResult = { kind: "refused", reason: "busy", code: "900001" };
const WRONG_STATUS: SuspendResult = { kind: "refused", reason: "wrong_status", code: "200002" };

let shop: Shop;
beforeEach(() => {
  shop = openOwnedShop();
});

const bought = (payment: GrantedPayment) => shop.world.store.get(orderOf(payment));
const packages = () => [...shop.world.supplier.topUps.values()].map(({ packageCode }) => packageCode);

describe("a top-up", () => {
  test("is settled here, then added to the eSIM under the order's own id", async () => {
    const payment = paying(SMALL);
    const response = await forward(shop, topUp(), payment);
    expect(response.statusCode).toBe(200);
    expect(bodyOf(response)).toMatchObject({
      state: "delivered",
      top_up: { iccid: ICCID, data_mb: 50, total_kb: Number(GIB / 1_024n) },
      remaining_kb: Number(GIB / 1_024n),
    });
    expect(shop.world.facilitator.requests).toHaveLength(1);
    const order = orderOf(payment);
    expect([...shop.world.supplier.topUps]).toEqual([
      [order, { esimTranNo: ESIM_NO, packageCode: "TOPUP_50" }],
    ]);
    const goods = { order: ORDER_ID, position: 0, esimTranNo: ESIM_NO, dataMb: 50, wholesale: 1_200n };
    expect(await bought(payment)).toMatchObject({ state: "delivered", goods });
  });

  describe("left to the origin by a gateway that settles", () => {
    const STRANGER = `0x${"cd".repeat(20)}` as const;
    const deferred = (from?: typeof STRANGER) => {
      const payment = paying(SMALL, { settlement: DEFERRED });
      const authorization = { ...payment.authorization, ...(from === undefined ? {} : { from }) };
      return { ...payment, authorization };
    };

    test("is added at once where the wallet that bought the eSIM pays", async () => {
      const { clock, ports } = shop.world;
      const begun = clock.now();
      expect((await forward(shop, topUp(), deferred())).statusCode).toBe(200);
      expect(clock.now() - begun).toBeLessThan(ports.edgeBudgetMs);
      expect(packages()).toEqual(["TOPUP_50"]);
    });

    test("waits where another wallet pays: it may be a copy of what that wallet pays elsewhere", async () => {
      const { clock, ports } = shop.world;
      const begun = clock.now();
      expect((await forward(shop, topUp(), deferred(STRANGER))).statusCode).toBe(200);
      expect(clock.now() - begun).toBeGreaterThanOrEqual(ports.edgeBudgetMs);
      expect(packages()).toEqual(["TOPUP_50"]);
    });
  });

  test.each([
    [null, SMALL, "TOPUP_50"],
    [null, LARGE, "TOPUP_1024"],
    [{ data_mb: 500 }, LARGE, "TOPUP_1024"],
  ])("asked for with %j and paid with %s is %s", async (body, amount, packageCode) => {
    expect((await forward(shop, topUp(body), paying(amount))).statusCode).toBe(200);
    expect(packages()).toEqual([packageCode]);
  });

  test.each([
    ["of another option than the one that is named", { data_mb: 500 }, SMALL, null],
    ["at a price that was quoted once, for nobody knows which of them", null, PLAN, "1".repeat(20)],
  ])("with a payment %s is refused, and the payment is not touched", async (_, body, amount, invoiceId) => {
    const payment = paying(amount, { invoiceId });
    const response = await forward(shop, topUp(body), payment);
    expect(response.statusCode).toBe(problem("payment_amount_mismatch").status);
    expect(bodyOf(response)).toMatchObject({ code: "payment_amount_mismatch", payment_state: "unused" });
    expect(await bought(payment)).toBeUndefined();
    expect(shop.world.facilitator.requests).toEqual([]);
  });

  test("that is named is sold at the price it was quoted at, as long as that covers its cost", async () => {
    const quoted = { invoiceId: "1".repeat(20) };
    expect((await forward(shop, topUp({ data_mb: 50 }), paying(usdc(120_000n), quoted))).statusCode).toBe(
      200,
    );
    expect((await forward(shop, topUp({ data_mb: 50 }), paying(usdc(119_999n), quoted))).statusCode).toBe(
      402,
    );
    expect(packages()).toEqual(["TOPUP_50"]);
  });

  test("is answered again from what is stored, whatever became of the eSIM, to whoever was quoted", async () => {
    const payment = paying(SMALL);
    await forward(shop, topUp(), payment);
    shop.world.supplier.esimStatus = "USED_EXPIRED";
    const spent = { ...payment, settlement: SPENT };
    const again = await forward(shop, topUp(), spent, { id: "grant-0002" });
    expect(again.statusCode).toBe(200);
    expect(bodyOf(again)).toMatchObject({ order_id: orderOf(payment), replayed: true });
    const copied = await forward(shop, topUp(), { ...spent, invoiceId: null }, { id: "grant-0003" });
    expectProblem(copied, "payment_already_used");
    expect(packages()).toEqual(["TOPUP_50"]);
  });

  test("that is paid for twice under one name is charged once", async () => {
    const replayKeys = [`0x${"77".repeat(32)}`] as const;
    await forward(shop, topUp(), paying(SMALL, { replayKeys }));
    const again = await forward(shop, topUp(), paying(SMALL, { replayKeys }), { id: "grant-0002" });
    expect(bodyOf(again)).toMatchObject({ replayed: true, top_up: { data_mb: 50 } });
    expect(shop.world.facilitator.requests).toHaveLength(1);
    expect(packages()).toEqual(["TOPUP_50"]);
  });

  test("whose payment was used before, and bought nothing here, is not carried out", async () => {
    const response = await forward(shop, topUp(), paying(SMALL, { settlement: SPENT }));
    expectProblem(response, "payment_already_used");
    expect(packages()).toEqual([]);
  });

  test("that the supplier refuses for good is refunded", async () => {
    shop.world.supplier.topUpAnswers.push({ kind: "refused", reason: "package_unavailable", code: "310241" });
    const payment = paying(SMALL);
    const response = await forward(shop, topUp(), payment);
    expectProblem(response, "fulfilment_failed", { payment_state: "refunded", retry_action: "resign" });
    expect(shop.world.chain.refunds).toMatchObject([{ authorization: { value: SMALL } }]);
    expect(await bought(payment)).toMatchObject({ state: "refunded", release: "none", delivery: null });
  });

  test("whose answer is lost is asked for again under the same id", async () => {
    shop.world.supplier.topUpAnswers.push(LOST, LOST);
    expect((await forward(shop, topUp(), paying(SMALL))).statusCode).toBe(200);
    expect(packages()).toEqual(["TOPUP_50"]);
  });

  test("of which nobody knows after a minute is refunded, and the operator is told that it may exist", async () => {
    shop.world.supplier.topUpAnswers.push(...Array.from({ length: 500 }, () => LOST));
    const payment = paying(SMALL);
    expect((await forward(shop, topUp(), payment)).statusCode).toBe(202);
    expect(shop.handedOver).toEqual([orderOf(payment)]);
    await sweepToRest(shop.world, shop.world.ports);
    expect(await bought(payment)).toMatchObject({ state: "refunded", reason: "supplier_too_slow" });
    expect(shop.world.log).toContainEqual(
      expect.objectContaining({ event: "release_refused", esim: ESIM_NO, reason: "top_up_may_exist" }),
    );
    expect(shop.world.chain.refunds).toHaveLength(1);
  });
});

describe("the metered gate", () => {
  test("takes no payment while data is left", async () => {
    const payment = paying(SMALL);
    const response = await forward(shop, gate(), payment);
    expect(response.statusCode).toBe(200);
    expect(bodyOf(response)).toMatchObject({ payment: "ignored", remaining_kb: Number(GIB / 1_024n) });
    expect(await bought(payment)).toBeUndefined();
    expect(shop.world.facilitator.requests).toEqual([]);
  });

  test("takes one once nothing is left, and opens", async () => {
    use(shop, GIB);
    const response = await forward(shop, gate(), paying(LARGE));
    expect(response.statusCode).toBe(200);
    expect(bodyOf(response)).toMatchObject({ state: "delivered", top_up: { data_mb: 500 } });
    expect(packages()).toEqual(["TOPUP_1024"]);
  });
});

describe("a swap", () => {
  test("shows the new eSIM first; then the old one is suspended, once", async () => {
    const payment = paying(PLAN);
    const response = await forward(shop, swap(), payment);
    expect(response.statusCode).toBe(200);
    expect(bodyOf(response)).toMatchObject({ state: "delivered", plan: "eu-1gb", iccid: ICCID });
    expect(shop.world.supplier.suspended.size).toBe(0);
    expect(shop.handedOver).toEqual([orderOf(payment)]);
    await sweepToRest(shop.world, shop.world.ports);
    expect([...shop.world.supplier.suspended]).toEqual([ESIM_NO]);
    expect(await bought(payment)).toMatchObject({ state: "delivered", suspend: "done" });
  });

  test("that the supplier can't serve takes nothing, and leaves the old eSIM alone", async () => {
    shop.world.supplier.orderAnswers.push({ kind: "refused", reason: "out_of_stock", code: "200011" });
    const payment = paying(PLAN);
    expectProblem(await forward(shop, swap(), payment), "goods_unavailable");
    await sweepToRest(shop.world, shop.world.ports);
    expect(await bought(payment)).toMatchObject({ state: "void", suspend: "none" });
    expect(shop.world.facilitator.requests).toEqual([]);
    expect(shop.world.supplier.suspended.size).toBe(0);
  });
});

describe("the eSIM that a swap replaces", () => {
  const suspending = async (answers: SuspendResult[]) => {
    const { world } = shop;
    const suspend = async (esimTranNo: string) => answers.shift() ?? world.supplier.suspend(esimTranNo);
    const payment = paying(PLAN);
    await forward(shop, swap(), payment);
    await sweepToRest(world, { ...world.ports, lifecycle: { ...world.supplier, suspend } });
    expect(await bought(payment)).toMatchObject({ suspend: "done" });
    return world.log.flatMap((line) => (line.event === "suspension_failed" ? [line.reason] : []));
  };

  test("is suspended by whoever comes next where the supplier does not answer", async () => {
    expect(await suspending([{ kind: "unknown", detail: "timeout" }, BUSY])).toEqual(["timeout", "busy"]);
    expect([...shop.world.supplier.suspended]).toEqual([ESIM_NO]);
  });

  test("stays as it is where it can't be suspended, which the operator is told", async () => {
    expect(await suspending([WRONG_STATUS])).toEqual(["wrong_status"]);
    expect(shop.world.supplier.suspended.size).toBe(0);
  });

  test("may have been suspended before", async () => {
    shop.world.supplier.suspended.add(ESIM_NO);
    expect(await suspending([])).toEqual([]);
  });
});
