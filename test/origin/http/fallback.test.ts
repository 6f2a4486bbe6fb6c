/** Two eSIMs as their buyer sees them, and how it says which one it uses. */

import { beforeEach, describe, expect, test } from "vitest";
import { accessToken } from "../../../origin/access.ts";
import { apply } from "../../../origin/purchase/changes.ts";
import { isIn, type Purchase } from "../../../origin/purchase/purchase.ts";
import { GOODS, ONE, ORDER_ID, purchaseIn } from "../../builders/origin-purchase.ts";
import { NOW } from "../../builders/payment.ts";
import { FALLBACK } from "../../builders/two-esims.ts";
import {
  ACCESS_SECRET,
  bodyOf,
  expectProblem,
  forward,
  get,
  openShop,
  type Sent,
  type Shop,
} from "./shop.ts";

const OTHER = { ...ONE, esimTranNo: "tran-2", iccid: "8944500102198304834" };
const TOKEN = accessToken(ACCESS_SECRET, "order", ORDER_ID);
const QR_TOKEN = accessToken(ACCESS_SECRET, "qr", ORDER_ID);
const AT = NOW * 1_000;

let shop: Shop;
beforeEach(() => {
  shop = openShop();
});

/** A purchase with a fallback, delivered with these eSIMs. */
function deliver(...esims: readonly (typeof ONE | null)[]): void {
  const before = purchaseIn("ordered", { goods: { ...GOODS, fallback: FALLBACK } });
  if (!isIn(before, "ordered")) throw new Error("an ordered purchase was expected");
  const delivery = { kind: "esims", esims } as const;
  shop.world.store.overwrite(apply(before, { type: "delivered", delivery }, AT, AT));
}

const stored = (): Purchase | undefined => shop.world.store.all()[0];

async function view(): Promise<Record<string, unknown>> {
  const response = await forward(shop, get(`/v1/orders/${ORDER_ID}`, { authorization: `Bearer ${TOKEN}` }));
  return bodyOf(response);
}

function connected(body: string, token: string | null = TOKEN): Sent {
  const authorization: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  return { method: "POST", target: `/v1/orders/${ORDER_ID}/connected`, body, headers: authorization };
}

const report = (iccid: string) => forward(shop, connected(JSON.stringify({ iccid })));
const qr = () => forward(shop, get(`/v1/orders/${ORDER_ID}/qr.svg?token=${QR_TOKEN}&item=1`));

describe("an order with a fallback shows", () => {
  test("both eSIMs while the buyer has not chosen, the fallback's with its own QR image", async () => {
    deliver(ONE, OTHER);
    expect(await view()).toMatchObject({
      state: "delivered",
      iccid: ONE.iccid,
      active: null,
      fallback: { region: "eu-central", data_mb: 1_024, iccid: OTHER.iccid, qr_code: OTHER.activationCode },
      items: [{ item_state: "delivered", iccid: ONE.iccid }],
    });
    expect((await qr()).statusCode).toBe(200);
  });

  test("the first one alone where the fallback was not needed", async () => {
    deliver(ONE);
    const shown = await view();
    expect(shown).toMatchObject({ iccid: ONE.iccid, active: "primary" });
    expect(shown["fallback"]).toEqual({ region: "eu-central", data_mb: 1_024, carrier: null });
  });

  test("the fallback's alone where the first one did not come, and that is delivered", async () => {
    deliver(null, OTHER);
    const shown = await view();
    expect(shown).toMatchObject({
      active: "fallback",
      fallback: { iccid: OTHER.iccid },
      items: [{ item_state: "delivered" }],
    });
    expect(shown).not.toHaveProperty("iccid");
  });

  test("nothing of either before they are paid for", async () => {
    const before = purchaseIn("securing", { goods: { ...GOODS, fallback: FALLBACK } });
    if (!isIn(before, "securing")) throw new Error("a purchase was expected");
    const delivery = { kind: "esims", esims: [ONE, OTHER] } as const;
    shop.world.store.overwrite(apply(before, { type: "secured", delivery, missing: null }, AT, AT + 60_000));
    const text = JSON.stringify(await view());
    for (const { iccid, activationCode } of [ONE, OTHER]) {
      expect(text).not.toContain(iccid);
      expect(text).not.toContain(activationCode);
    }
    expect(bodyOf(await report(OTHER.iccid))).toMatchObject({ code: "esim_not_found" });
  });
});

test("each of two eSIMs opens to the order's token by its number, until the other one is kept", async () => {
  deliver(ONE, OTHER);
  const ask = ({ iccid }: typeof ONE) =>
    forward(shop, get(`/v1/esim/${iccid}`, { authorization: `Bearer ${TOKEN}` }));
  expect(bodyOf(await ask(ONE))).toMatchObject({ iccid: ONE.iccid, item: 0, plan: "eu-1gb" });
  expect(bodyOf(await ask(OTHER))).toMatchObject({ iccid: OTHER.iccid, item: 1, plan: FALLBACK.plan });
  await report(OTHER.iccid);
  expectProblem(await ask(ONE), "esim_not_found");
});

describe("reporting which eSIM is used", () => {
  beforeEach(() => deliver(ONE, OTHER));

  test("leaves that one, gives the other back, and may be repeated", async () => {
    for (let times = 0; times < 2; times++) {
      const response = await report(OTHER.iccid);
      expect(response.statusCode).toBe(200);
      const body = bodyOf(response);
      expect(body).toMatchObject({ active: "fallback", fallback: { iccid: OTHER.iccid } });
      expect(JSON.stringify(body)).not.toContain(ONE.iccid);
    }
    expect(stored()?.choice).toEqual({ kind: "made", esimTranNo: OTHER.esimTranNo });
    expect(stored()?.ledger).toHaveLength(5);
  });

  test("of the one that was given back is refused", async () => {
    await report(ONE.iccid);
    expectProblem(await report(OTHER.iccid), "other_esim_kept");
    expect((await qr()).statusCode).toBe(404);
  });

  test("of an eSIM of another order is refused, and changes nothing", async () => {
    expectProblem(await report("8944500102198304800"), "esim_not_found");
    expect(stored()?.choice?.kind).toBe("open");
  });

  test.each([
    ["no token", null, "access_token_required"],
    ["another token", `${TOKEN.slice(0, -1)}_`, "access_token_invalid"],
  ] as const)("with %s is refused", async (_, token, code) => {
    const response = await forward(shop, connected(JSON.stringify({ iccid: ONE.iccid }), token));
    expectProblem(response, code);
  });

  test.each([
    ["what is no JSON", "{", "body_malformed"],
    ["two ICCIDs", '{"iccid":"8944500102198304826","iccid":"8944500102198304834"}', "body_malformed"],
    ["no ICCID", "{}", "body_invalid"],
    ["a number", '{"iccid":8944500102198304826}', "body_invalid"],
    ["something more", '{"iccid":"8944500102198304826","esim":1}', "body_invalid"],
    ["too much", `{"iccid":"${"8".repeat(300)}"}`, "body_too_large"],
  ] as const)("with %s is refused, and changes nothing", async (_, body, code) => {
    expectProblem(await forward(shop, connected(body)), code);
    expect(stored()?.choice?.kind).toBe("open");
  });
});

test("neither of two eSIMs can be given back for the price of one, before the choice or after it", async () => {
  deliver(ONE, OTHER);
  const giveBack = ({ iccid }: typeof ONE) =>
    forward(shop, {
      ...connected("{}"),
      target: `/v1/esim/${iccid}/cancel`,
    });
  for (const esim of [ONE, OTHER]) expectProblem(await giveBack(esim), "fallback_delivered");
  await report(ONE.iccid);
  expectProblem(await giveBack(ONE), "fallback_delivered");
  expectProblem(await giveBack(OTHER), "esim_not_found");
  expect(stored()).toMatchObject({ state: "delivered", refund: null });
});

test("a buyer who got one eSIM may report it too", async () => {
  deliver(ONE);
  expect((await report(ONE.iccid)).statusCode).toBe(200);
  expect(stored()?.version).toBe(4);
});
