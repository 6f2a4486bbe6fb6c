/** An eSIM answers to whoever may open the order that bought it, and to nobody else. */

import { beforeEach, describe, expect, test } from "vitest";
import { accessToken } from "../../../origin/access.ts";
import { ORDER_ID, purchaseIn } from "../../builders/origin-purchase.ts";
import { ACCESS_SECRET, bodyOf, expectProblem, forward, get, openShop, type Shop } from "./shop.ts";

const ICCID = "8944500102198304826";
const TOKEN = accessToken(ACCESS_SECRET, "order", ORDER_ID);

let shop: Shop;
beforeEach(() => {
  shop = openShop();
  shop.world.store.overwrite(purchaseIn("delivered"));
});

const esim = (token?: string, iccid = ICCID) =>
  forward(shop, get(`/v1/esim/${iccid}`, token === undefined ? {} : { authorization: `Bearer ${token}` }));

describe("an eSIM", () => {
  test("without credentials is 401, and the table is not read", async () => {
    expectProblem(await esim(), "access_token_required");
    expect(shop.calls).toEqual([]);
  });

  test.each([
    ["another secret's", accessToken(new Uint8Array(32).fill(8), "order", ORDER_ID)],
    ["its QR image's", accessToken(ACCESS_SECRET, "qr", ORDER_ID)],
    ["one that names no order", "at_x"],
  ])("with %s token is 403, and the table is not read", async (_, token) => {
    expectProblem(await esim(token), "access_token_invalid");
    expect(shop.calls).toEqual([]);
  });

  test("of another order is not found with this order's token", async () => {
    expectProblem(await esim(TOKEN, "8944500102198304818"), "esim_not_found");
  });

  test.each([
    "secured",
    "settled",
    "void",
    "refund_due",
  ] as const)("that is not handed over, its order being %s, is not found", async (state) => {
    shop.world.store.overwrite(purchaseIn(state));
    expectProblem(await esim(TOKEN), "esim_not_found");
  });

  test("says what it is and how it is", async () => {
    const response = await esim(TOKEN);
    expect(response.statusCode).toBe(200);
    expect(bodyOf(response)).toMatchObject({ iccid: ICCID, order_id: ORDER_ID, item: 0, state: "ready" });
  });

  test.each([
    ["IN_USE", "in_use"],
    ["SUSPENDED", "suspended"],
    ["USED_UP", "used_up"],
    ["USED_EXPIRED", "expired"],
    ["CANCEL", "ended"],
    ["NEVER_HEARD_OF", "ended"],
  ])("that is %s at the supplier is %s", async (esimStatus, state) => {
    shop.world.supplier.esimStatus = esimStatus;
    expect(bodyOf(await esim(TOKEN))).toMatchObject({ state });
  });
});
