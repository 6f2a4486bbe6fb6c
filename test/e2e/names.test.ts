/** Where the origin settles, a name that the buyer gives is looked up before anything is taken. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "./stack.ts";
import { activation, balances, esimOf, PRICE, paid, problemOf, signFor } from "./support.ts";

let stack: Stack;
let url: string;

beforeAll(async () => {
  stack = await startStack({ allocationDelayMs: 100, config: { settle: "origin" } });
  url = `${stack.url}/v1/esim/activate`;
});

afterAll(() => stack.close());

const init = activation({ plan: "us-7day", device_id: "drone-47" });

test("a buyer that signs again under the same Idempotency-Key is not charged again", async () => {
  const key = { "idempotency-key": '"order-of-drone-47-0003"' };
  const send = async (requestInit: RequestInit) => {
    const payment = await signFor(stack, url, requestInit);
    const { headers } = paid(payment, requestInit);
    return fetch(url, { ...requestInit, headers: { ...Object.fromEntries(new Headers(headers)), ...key } });
  };
  const first = await esimOf(await send(init));
  const before = await balances(stack, "polygon");
  expect(await esimOf(await send(init))).toEqual({ ...first, replayed: true });
  const other = await send(activation({ plan: "us-7day", device_id: "drone-48" }));
  expect(other.status).toBe(409);
  expect((await problemOf(other)).code).toBe("payment_for_other_request");
  expect(await balances(stack, "polygon")).toEqual(before);
});

test("two payments at once under one name: one is taken", async () => {
  const key = { "idempotency-key": '"order-of-drone-47-0004"' };
  const before = await balances(stack, "polygon");
  const payments = await Promise.all([signFor(stack, url, init), signFor(stack, url, init)]);
  const responses = await Promise.all(
    payments.map((payment) => {
      const { headers } = paid(payment, init);
      return fetch(url, { ...init, headers: { ...Object.fromEntries(new Headers(headers)), ...key } });
    }),
  );
  const [one, two] = await Promise.all(responses.map(esimOf));
  expect(one?.iccid).toBe(two?.iccid);
  expect((await balances(stack, "polygon")).payer).toBe(before.payer - PRICE["us-7day"]);
});
