/** An owner gets an eSIM's price back as long as no phone has it, and is told what stands in the way where one has. */

import { beforeEach, describe, expect, test } from "vitest";
import { accessToken } from "../../../origin/access.ts";
import { toItem } from "../../../origin/store/item.ts";
import { watch } from "../../../origin/watch/watch.ts";
import { SIGN_IN_WITH_X } from "../../../protocol/extensions/sign-in-with-x.ts";
import { parseAddress } from "../../../protocol/hex.ts";
import { usdc } from "../../../protocol/money.ts";
import { refundTransaction } from "../../builders/origin-chain.ts";
import { GOODS, LINE, ONE, ORDER_ID, purchaseIn } from "../../builders/origin-purchase.ts";
import { storedIn, sweepToRest } from "../../builders/origin-sweep.ts";
import { PAYER } from "../../builders/payment.ts";
import { encode, sign } from "../../protocol/extensions/wallet-proof.ts";
import { ACCESS_SECRET, bodyOf, expectProblem, forward, get, headerOf, openShop, type Shop } from "./shop.ts";

const OTHER = { ...ONE, esimTranNo: "tran-2", iccid: "8944500102198304818" };
const TOKEN = accessToken(ACCESS_SECRET, "order", ORDER_ID);
const ORDER_URL = `https://shop.example.com/v1/orders/${ORDER_ID}`;
const REFUSED = { kind: "refused", reason: "wrong_status", code: "200002" } as const;
const HALF = usdc(2_100_000n);
const BEARER = { authorization: `Bearer ${TOKEN}` };

let shop: Shop;
beforeEach(() => {
  shop = openShop();
  shop.world.store.overwrite(purchaseIn("delivered"));
});

/** An order of two eSIMs at 2.10 USDC each. */
function openPair(): void {
  const line = { ...LINE, price: HALF };
  shop.world.store.overwrite({
    ...purchaseIn("delivered", { goods: { ...GOODS, lines: [line, line] } }),
    delivery: { kind: "esims", esims: [ONE, OTHER] },
  });
}

const cancel = (iccid = ONE.iccid, headers: Readonly<Record<string, string>> = BEARER, query = "") =>
  forward(shop, { method: "POST", target: `/v1/esim/${iccid}/cancel${query}`, body: "", headers });

const refunds = () => shop.world.chain.refunds.map(({ authorization }) => authorization.value);

describe("an eSIM that no phone has", () => {
  test("goes back to the supplier, and its price to the payer, before the answer", async () => {
    const response = await cancel();
    expect(response.statusCode).toBe(200);
    expect(bodyOf(response)).toEqual({
      iccid: ONE.iccid,
      order_id: ORDER_ID,
      item: 0,
      item_state: "returned",
      state: "refunded",
      order_url: ORDER_URL,
      refund: { amount_usdc: "4.20", transaction: refundTransaction(0), explorer_url: expect.any(String) },
      refunded_total_usdc: "4.20",
    });
    expect([...shop.world.supplier.cancelled]).toEqual(["tran-1"]);
    expect(refunds()).toEqual([LINE.price]);
  });

  test("is shown no more, wherever it was", async () => {
    await cancel();
    expectProblem(await forward(shop, get(`/v1/esim/${ONE.iccid}`, BEARER)), "esim_returned");
    const view = await forward(shop, get(`/v1/orders/${ORDER_ID}`, BEARER));
    expect(view.statusCode).toBe(200);
    expect(bodyOf(view)).toMatchObject({ state: "refunded", items: [{ item: 0, item_state: "returned" }] });
    expect(view.body).not.toMatch(/LPA:|SECRET|qr_/);
    const token = accessToken(ACCESS_SECRET, "qr", ORDER_ID);
    expectProblem(
      await forward(shop, get(`/v1/orders/${ORDER_ID}/qr.svg?token=${token}`)),
      "order_not_found",
    );
    expect(JSON.stringify(toItem(storedIn(shop.world)))).not.toContain("SECRET");
  });

  test("that is given back again is answered the same, and paid once", async () => {
    const first = bodyOf(await cancel());
    expect(bodyOf(await cancel())).toEqual(first);
    expect(refunds()).toEqual([LINE.price]);
  });

  test("leaves the order's others as they were; their turn brings a second refund and the sum of both", async () => {
    openPair();
    expect(bodyOf(await cancel(OTHER.iccid))).toMatchObject({ item: 1, refunded_total_usdc: "2.10" });
    const order = bodyOf(await forward(shop, get(`/v1/orders/${ORDER_ID}`, BEARER)));
    expect(order).toMatchObject({
      items: [{ item_state: "delivered", iccid: ONE.iccid }, { item_state: "returned" }],
      refund: { amount_usdc: "2.10", transaction: refundTransaction(0) },
    });
    expect(bodyOf(await cancel())).toMatchObject({
      item: 0,
      refund: { amount_usdc: "2.10", transaction: refundTransaction(1) },
      refunded_total_usdc: "4.20",
    });
    expect(refunds()).toEqual([HALF, HALF]);
  });

  test("goes back at its payer's wallet's word, too, and at nobody else's", async () => {
    const payer = parseAddress(PAYER.address.toLowerCase());
    if (payer === undefined) throw new Error("the payer has an address");
    const proof = { [SIGN_IN_WITH_X]: encode(await sign()) };
    expectProblem(await cancel(ONE.iccid, proof, `?order=${ORDER_ID}`), "access_token_invalid");
    const { authorization } = purchaseIn("delivered");
    const owned = purchaseIn("delivered", { authorization: { ...authorization, from: payer } });
    shop.world.store.overwrite(owned);
    expectProblem(await cancel(ONE.iccid, proof), "access_token_invalid");
    expect(bodyOf(await cancel(ONE.iccid, proof, `?order=${ORDER_ID}`))).toMatchObject({ state: "refunded" });
    expect(shop.world.chain.refunds[0]?.authorization.to).toBe(payer);
  });
});

describe("an eSIM that a phone has", () => {
  test.each([
    ["DOWNLOAD", "A phone has downloaded it."],
    ["INSTALLATION", "A phone has installed it."],
    ["ENABLED", "It is on a phone, switched on."],
    ["DISABLED", "It is on a phone, switched off."],
    ["DELETED", "It was on a phone and deleted there."],
  ])("(%s) stays its buyer's, and nothing is changed", async (smdpStatus, detail) => {
    const before = storedIn(shop.world);
    shop.world.supplier.smdpStatus = smdpStatus;
    expectProblem(await cancel(), "esim_installed", { detail });
    expect(storedIn(shop.world)).toEqual(before);
    expect(shop.calls).not.toContain("supplier.cancel");
  });

  test("since a moment ago stays its buyer's, and the order is delivered as before", async () => {
    const { supplier } = shop.world;
    supplier.cancel = async () => {
      supplier.smdpStatus = "DOWNLOAD";
      return REFUSED;
    };
    expectProblem(await cancel(), "esim_installed", { detail: "A phone has downloaded it." });
    expect(storedIn(shop.world)).toMatchObject({ state: "delivered", delivery: { esims: [ONE] } });
    expect(refunds()).toEqual([]);
  });
});

describe("an eSIM", () => {
  test.each([
    ["SUSPENDED", "esim_suspended"],
    ["USED_UP", "esim_installed"],
    ["UNUSED_EXPIRED", "esim_ended"],
    ["REVOKE", "esim_ended"],
  ] as const)("that is %s at the supplier does not go back", async (esimStatus, code) => {
    shop.world.supplier.esimStatus = esimStatus;
    expectProblem(await cancel(), code);
    expect(storedIn(shop.world).state).toBe("delivered");
  });

  test("that the supplier has had back already is paid back", async () => {
    shop.world.supplier.cancelled.add("tran-1");
    expect(bodyOf(await cancel())).toMatchObject({ item_state: "returned", state: "refunded" });
    expect(refunds()).toEqual([LINE.price]);
  });

  test("of no order, or of another one, is not found", async () => {
    expectProblem(await cancel(OTHER.iccid), "esim_not_found");
  });

  test("of which the supplier does not say how it is, is left alone", async () => {
    shop.world.supplier.profileOf = async () => ({ kind: "unknown", detail: "timeout" });
    expectProblem(await cancel(), "supplier_unavailable");
    expect(storedIn(shop.world).state).toBe("delivered");
  });
});

describe("what takes longer than a request", () => {
  test("is answered 202 and handed over; it ends without the buyer", async () => {
    const { world, handedOver } = shop;
    world.supplier.cancelAnswers.push(
      ...Array.from({ length: 40 }, () => ({ kind: "unknown", detail: "timeout" }) as const),
    );
    const response = await cancel();
    expect(response.statusCode).toBe(202);
    expect(headerOf(response, "location")).toBe(ORDER_URL);
    expect(headerOf(response, "retry-after")).toBe("2");
    expect(bodyOf(response)).toMatchObject({ item_state: "returning", state: "returning" });
    expect(bodyOf(response)).not.toHaveProperty("refund");
    expect(handedOver).toEqual([ORDER_ID]);
    world.supplier.cancelAnswers.splice(0);
    await sweepToRest(world);
    expect(bodyOf(await cancel())).toMatchObject({ state: "refunded", refund: { amount_usdc: "4.20" } });
    expect(refunds()).toEqual([LINE.price]);
  });

  test("keeps the order's next eSIM waiting, until the refund is on chain", async () => {
    openPair();
    shop.world.chain.refundDelayMs = 30_000;
    const response = await cancel();
    expect(response.statusCode).toBe(202);
    expect(bodyOf(response)).toMatchObject({ item_state: "returned", refund: { transaction: null } });
    const before = storedIn(shop.world);
    expectProblem(await cancel(OTHER.iccid), "refund_under_way", { order_url: ORDER_URL });
    expect(storedIn(shop.world)).toEqual(before);
    await sweepToRest(shop.world);
    expect(bodyOf(await cancel(OTHER.iccid))).toMatchObject({ refunded_total_usdc: "2.10" });
    await sweepToRest(shop.world);
    expect(refunds()).toEqual([HALF, HALF]);
  });

  test("is done once, however many ask for it at once", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => cancel()));
    for (const answer of answers) expect([200, 202]).toContain(answer.statusCode);
    expect(refunds()).toEqual([LINE.price]);
    expect(storedIn(shop.world)).toMatchObject({ state: "refunded", giveBack: { open: [] } });
  });

  test("is not old because its order is: nobody is woken for it", async () => {
    const { world } = shop;
    world.chain.walletBalance = 0n;
    world.clock.advanceTo(world.clock.now() + 86_400_000);
    expect(bodyOf(await cancel())).toMatchObject({ state: "refund_blocked" });
    await watch(world.ports);
    expect(world.log).toContainEqual({ event: "unfinished_seen", order: ORDER_ID, seconds: 0 });
  });
});
