/** What an agent can do with the eSIMs that it bought: suspend them, resume them, and give them back for their price. */

import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Stack, startStack } from "./stack.ts";
import { activation, balances, PRICE, problemOf, v2Client } from "./support.ts";

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ allocationDelayMs: 100 });
});
afterAll(() => stack.close());

const orderSchema = v.object({
  order_url: v.string(),
  access_token: v.string(),
  items: v.array(
    v.object({ item_state: v.string(), iccid: v.optional(v.string(), ""), qr_code: v.optional(v.string()) }),
  ),
});

type Order = v.InferOutput<typeof orderSchema>;

/** Buys so many eSIMs of one plan for one payment. */
async function buy(count = 1): Promise<Order> {
  const items = Array.from({ length: count }, () => ({ plan: "us-7day" }));
  const url = `${stack.url}/v1/esim/activate/batch`;
  const response = await v2Client(stack)(url, activation({ items }));
  expect(response.status).toBe(200);
  return v.parse(orderSchema, await response.json());
}

function ask(iccid: string, action: string, token?: string): Promise<Response> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const method = action === "" ? "GET" : "POST";
  return fetch(`${stack.url}/v1/esim/${iccid}${action === "" ? "" : `/${action}`}`, { method, headers });
}

/** As the simulated supplier has it. */
function profileOf(iccid: string) {
  const profile = stack.supplier.orders
    .flatMap(({ profiles }) => profiles)
    .find((candidate) => candidate.iccid === iccid);
  if (profile === undefined) throw new Error("the supplier does not know this eSIM");
  return profile;
}

const firstOf = ({ items: [item] }: Order): string => item?.iccid ?? "";

const state = async (response: Response): Promise<unknown> => Object(await response.json()).state;

test("an eSIM in use is suspended at the supplier and resumed, and its owner is told where it may roam", async () => {
  const order = await buy();
  const iccid = firstOf(order);
  stack.supplier.install(profileOf(iccid).esimTranNo);
  const seen = await ask(iccid, "", order.access_token);
  expect(await seen.json()).toMatchObject({
    state: "in_use",
    roaming_policy: {
      countries: ["US"],
      mcc: expect.arrayContaining(["310", "311"]),
      operators: ["T-Mobile", "AT&T", "Verizon"],
      allowed_networks: expect.arrayContaining([{ mcc: "310", mnc: "260", operator: "T-Mobile" }]),
    },
  });
  expect(await state(await ask(iccid, "suspend", order.access_token))).toBe("suspended");
  expect(profileOf(iccid).esimStatus).toBe("SUSPENDED");
  expect(await state(await ask(iccid, "suspend", order.access_token))).toBe("suspended");
  expect(await state(await ask(iccid, "resume", order.access_token))).toBe("in_use");
  expect(profileOf(iccid).esimStatus).toBe("IN_USE");
});

test("a top-up is left to the origin, which settles it", async () => {
  const [order, before] = [await buy(), await balances(stack, "polygon")];
  const headers = { authorization: `Bearer ${order.access_token}`, "content-type": "application/json" };
  const init = { ...activation({ data_mb: 50 }), headers };
  const response = await v2Client(stack)(`${stack.url}/v1/esim/${firstOf(order)}/topup`, init);
  expect(response.status).toBe(200);
  expect(before.payer - (await balances(stack, "polygon")).payer).toBe(180_000n);
});

describe("giving back", () => {
  test("what no phone has brings its price back on chain, and our credit at the supplier", async () => {
    const [before, credit] = [await balances(stack, "polygon"), stack.supplier.balance()];
    const order = await buy();
    const response = await ask(firstOf(order), "cancel", order.access_token);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      item_state: "returned",
      state: "refunded",
      refund: { amount_usdc: "4.20", transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/) },
    });
    expect((await balances(stack, "polygon")).payer).toBe(before.payer);
    expect(stack.supplier.balance()).toBe(credit);
    expect(profileOf(firstOf(order)).esimStatus).toBe("CANCEL");
    expect(await problemOf(await ask(firstOf(order), "", order.access_token))).toMatchObject({
      code: "esim_returned",
    });
  });

  test("what a phone has is refused with the reason, and changes nothing", async () => {
    const order = await buy();
    const iccid = firstOf(order);
    stack.supplier.install(profileOf(iccid).esimTranNo);
    const before = await balances(stack, "polygon");
    const response = await ask(iccid, "cancel", order.access_token);
    expect(response.status).toBe(409);
    expect(await problemOf(response)).toMatchObject({
      code: "esim_installed",
      detail: "It is on a phone, switched on.",
      payment_state: "settled",
      retry_action: "abandon",
    });
    expect(await balances(stack, "polygon")).toEqual(before);
    expect(await state(await ask(iccid, "", order.access_token))).toBe("in_use");
  });

  test("two of three, one after the other, brings two refunds, and the third stays", async () => {
    const before = await balances(stack, "polygon");
    const order = await buy(3);
    const totals: unknown[] = [];
    for (const { iccid } of [order.items[2], order.items[0]].filter((item) => item !== undefined)) {
      const response = await ask(iccid, "cancel", order.access_token);
      totals.push(Object(await response.json()).refunded_total_usdc);
    }
    expect(totals).toEqual(["4.20", "8.40"]);
    expect(before.payer - (await balances(stack, "polygon")).payer).toBe(PRICE["us-7day"]);
    const headers = { authorization: `Bearer ${order.access_token}` };
    const view = v.parse(orderSchema, await (await fetch(order.order_url, { headers })).json());
    expect(view.items.map(({ item_state }) => item_state)).toEqual(["returned", "delivered", "returned"]);
    expect(view.items.map(({ qr_code }) => qr_code !== undefined)).toEqual([false, true, false]);
  });
});

test("an eSIM obeys nobody but its owner", async () => {
  const [order, other] = [await buy(), await buy()];
  const iccid = firstOf(order);
  for (const action of ["", "suspend", "resume", "cancel"]) {
    expect((await ask(iccid, action)).status).toBe(401);
    expect((await ask(iccid, action, `${order.access_token}x`)).status).toBe(403);
    expect((await ask(iccid, action, other.access_token)).status).toBe(404);
  }
  expect(profileOf(iccid).esimStatus).toBe("GOT_RESOURCE");
});
