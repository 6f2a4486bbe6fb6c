/** An allotment over the gateway: one payment, workers who draw at once, and what nobody drew paid back on chain. */

import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Stack, startStack } from "./stack.ts";
import { activation, balances, PRICE, paid, problemOf, signFor } from "./support.ts";

const COUNT = 5;
const plan = "us-7day";

const countSchema = v.object({
  state: v.string(),
  count: v.number(),
  remaining: v.number(),
  drawn: v.number(),
  returned: v.number(),
});

const boughtSchema = v.object({
  order_id: v.string(),
  access_token: v.string(),
  allotment: v.object({ ...countSchema.entries, id: v.string(), token: v.string(), draw_url: v.string() }),
});

const drawnSchema = v.object({
  item: v.number(),
  iccid: v.string(),
  qr_code: v.pipe(v.string(), v.startsWith("LPA:1$")),
  qr_image: v.string(),
  esim_url: v.string(),
  esim_token: v.string(),
  replayed: v.boolean(),
});

type Drawn = v.InferOutput<typeof drawnSchema>;

let stack: Stack;
let bought: v.InferOutput<typeof boughtSchema>;
let before: Awaited<ReturnType<typeof balances>>;
let drawn: readonly [Drawn, Drawn, Drawn];

function withToken(token: string, init: RequestInit = {}): RequestInit {
  return { ...init, headers: { "content-type": "application/json", authorization: `Bearer ${token}` } };
}

const draw = (device: string) =>
  fetch(bought.allotment.draw_url, withToken(bought.allotment.token, activation({ device_id: device })));

async function drawnBy(device: string): Promise<Drawn> {
  const response = await draw(device);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`expected 200, got ${response.status}: ${text}`);
  return v.parse(drawnSchema, JSON.parse(text));
}

const allotmentUrl = () => `${stack.url}/v1/allotments/${bought.order_id}`;

async function count(token: string) {
  return v.parse(countSchema, await (await fetch(allotmentUrl(), withToken(token))).json());
}

const giveBack = () =>
  fetch(`${allotmentUrl()}/return`, withToken(bought.access_token, { method: "POST", body: "" }));

beforeAll(async () => {
  stack = await startStack();
  before = await balances(stack, "polygon");
  const url = `${stack.url}/v1/esim/allotments`;
  const init = activation({ plan, count: COUNT });
  const response = await fetch(url, paid(await signFor(stack, url, init), init));
  const text = await response.text();
  if (response.status !== 200) throw new Error(`expected 200, got ${response.status}: ${text}`);
  expect(text).not.toContain("LPA:");
  bought = v.parse(boughtSchema, JSON.parse(text));
  drawn = await Promise.all([drawnBy("drone-1"), drawnBy("drone-2"), drawnBy("drone-3")]);
});
afterAll(() => stack.close());

describe("an allotment of five", () => {
  test("was paid once, five times the plan's price", async () => {
    const after = await balances(stack, "polygon");
    expect(before.payer - after.payer).toBe(BigInt(COUNT) * PRICE[plan]);
    expect(bought.allotment).toMatchObject({ state: "open", count: COUNT, remaining: COUNT, drawn: 0 });
  });

  test("gave three workers at once an eSIM each, and one that comes again its own", async () => {
    expect(new Set(drawn.map(({ qr_code }) => qr_code)).size).toBe(3);
    expect(await drawnBy("drone-2")).toEqual({ ...drawn[1], replayed: true });
    const { token } = bought.allotment;
    expect(await count(token)).toMatchObject({ state: "open", remaining: 2, drawn: 3, returned: 0 });
    const image = await fetch(drawn[0].qr_image);
    expect([image.status, image.headers.get("content-type")]).toEqual([200, "image/svg+xml"]);
  });

  test("lets a worker look at its own eSIM, once a phone has it too, and at no other", async () => {
    const [mine, other] = drawn;
    const profile = stack.supplier.orders
      .flatMap(({ profiles }) => profiles)
      .find(({ iccid }) => iccid === mine.iccid);
    stack.supplier.install(profile?.esimTranNo ?? "");
    const response = await fetch(mine.esim_url, withToken(mine.esim_token));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ iccid: mine.iccid, item: mine.item });
    const theirs = await fetch(other.esim_url, withToken(mine.esim_token));
    expect([theirs.status, (await problemOf(theirs)).code]).toEqual([404, "esim_not_found"]);
  });

  test("is given back as far as nobody drew it, and that is paid back on chain", async () => {
    const response = await giveBack();
    expect([200, 202]).toContain(response.status);
    const spent = async () => before.payer - (await balances(stack, "polygon")).payer;
    await expect.poll(spent, { timeout: 20_000, interval: 200 }).toBe(3n * PRICE[plan]);
    const refused = await draw("drone-4");
    expect([refused.status, (await problemOf(refused)).code]).toEqual([409, "allotment_closed"]);
    expect(await drawnBy("drone-3")).toEqual({ ...drawn[2], replayed: true });
    expect(await count(bought.access_token)).toMatchObject({ state: "closed", remaining: 0, returned: 2 });

    const cancelled = stack.supplier.orders
      .flatMap(({ profiles }) => profiles)
      .filter(({ esimStatus }) => esimStatus === "CANCEL")
      .map(({ iccid }) => iccid);
    expect(cancelled).toHaveLength(2);
    expect(drawn.filter(({ iccid }) => cancelled.includes(iccid))).toEqual([]);
  });

  test("is paid back once, however often it is given back", async () => {
    expect((await giveBack()).status).toBe(200);
    expect(before.payer - (await balances(stack, "polygon")).payer).toBe(3n * PRICE[plan]);
  });
});
