/** One payment, many times at once: one settlement, one order, one set of goods. For every mode of settlement. */

import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Stack, startStack } from "./stack.ts";
import {
  activation,
  balances,
  esimOf,
  liveOrders,
  modes,
  PRICE,
  paid,
  problemOf,
  signFor,
} from "./support.ts";

const TIMES = 20;

describe.each(modes)("settled by %s", (_, config) => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack({ gateways: 2, allocationDelayMs: 300, config });
  });

  afterAll(() => stack.close());

  test("one payment sent 20 times at once over two gateways buys one eSIM, and every sender gets it", async () => {
    const before = await balances(stack, "polygon");
    const orders = liveOrders(stack);
    const init = activation({ plan: "us-7day", device_id: "drone-47" });
    const payment = await signFor(stack, `${stack.url}/v1/esim/activate`, init);

    const responses = await Promise.all(
      Array.from({ length: TIMES }, (_, i) => {
        const gateway = stack.gateways[i % stack.gateways.length] ?? stack.gateways[0];
        return fetch(`${gateway.url}/v1/esim/activate`, paid(payment, init));
      }),
    );
    const esims = await Promise.all(responses.map(esimOf));

    expect((await balances(stack, "polygon")).payer).toBe(before.payer - PRICE["us-7day"]);
    expect(liveOrders(stack)).toBe(orders + 1);
    expect(new Set(esims.map(({ iccid }) => iccid)).size).toBe(1);
    expect(esims.filter(({ replayed }) => !replayed)).toHaveLength(1);
  });

  test("a payer who had exactly the price is never told to pay again", async () => {
    const account = privateKeyToAccount(generatePrivateKey());
    const chain = stack.chain("polygon");
    await chain.mintUsdc(account.address, PRICE["us-7day"]);
    const init = activation({ plan: "us-7day", device_id: "exact" });
    const payment = await signFor(stack, `${stack.url}/v1/esim/activate`, init, account);

    const responses = await Promise.all(
      Array.from({ length: TIMES }, () => fetch(`${stack.url}/v1/esim/activate`, paid(payment, init))),
    );
    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: TIMES }, () => 200));
    expect(await chain.usdcBalance(account.address)).toBe(0n);

    const later = await fetch(`${stack.url}/v1/esim/activate`, paid(payment, init));
    expect((await esimOf(later)).replayed).toBe(true);
  });

  test("20 different payments at once each buy their own eSIM", async () => {
    const init = activation({ plan: "us-7day" });
    const payments = await Promise.all(
      Array.from({ length: TIMES }, () => signFor(stack, `${stack.url}/v1/esim/activate`, init)),
    );
    const responses = await Promise.all(
      payments.map((payment) => fetch(`${stack.url}/v1/esim/activate`, paid(payment, init))),
    );
    const esims = await Promise.all(responses.map(esimOf));
    expect(new Set(esims.map(({ iccid }) => iccid)).size).toBe(TIMES);
  });

  test("one payment cannot buy two things at once", async () => {
    const url = `${stack.url}/v1/esim/activate`;
    const payment = await signFor(stack, url, activation({ plan: "us-7day", device_id: "one" }));
    const responses = await Promise.all(
      ["one", "two"].map((device_id) =>
        fetch(url, paid(payment, activation({ plan: "us-7day", device_id }))),
      ),
    );
    expect(responses.map(({ status }) => status)).toEqual([200, 409]);
    const [, second] = responses;
    if (second !== undefined) expect((await problemOf(second)).code).toBe("payment_for_other_request");
  });
});
