/** Settling after the origin's answer: every fault of the facilitator, and one payment many times at once. */

import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Fault } from "../../scripts/local/facilitator/faults.ts";
import { type Behaviour, THIRD_PARTY_CONTENT } from "../../scripts/local/third-party/start-third-party.ts";
import { type Stack, startStack } from "./stack.ts";
import { balances, PRICE, paid, problemOf, type SignedPayment, signFor } from "./support.ts";

/** Each gateway has functions of its own, as edge locations do: what one remembers the others don't know. */
const GATEWAYS = 4;
const TIMES = 20;
const BUDGET_MS = 8_000;

/** What a loaded machine adds. Milliseconds. */
const SLACK_MS = 1_500;

let stack: Stack;
let url: string;

beforeAll(async () => {
  stack = await startStack({
    gateways: GATEWAYS,
    // Short enough for "never lands" to end within a test.
    config: {
      settle: "origin-response",
      budgets: { edgeMs: 3_000, verifyMs: 2_000, originResponseMs: BUDGET_MS },
      maxTimeoutSeconds: 14,
    },
  });
  url = `${stack.url}/report`;
});

afterEach(() => {
  stack.facilitator.faults.clear();
  stack.thirdParty?.behave("/report", { kind: "json" });
});

afterAll(async () => {
  const violations = stack.gateways.flatMap((gateway) => gateway.violations);
  await stack.close();
  expect(violations).toEqual([]);
});

/** One answer, as bytes too, so that nothing hides in an encoding. */
async function send(payment: SignedPayment, gateway = 0) {
  const to = (stack.gateways[gateway % GATEWAYS] ?? stack.gateways[0]).url;
  const started = Date.now();
  const response = await fetch(`${to}/report`, paid(payment));
  const copy = response.clone();
  const text = await response.text();
  return { status: response.status, text, response: copy, ms: Date.now() - started };
}

const isGoods = ({ text }: { readonly text: string }) => text.includes(THIRD_PARTY_CONTENT);

async function spentSince(before: Awaited<ReturnType<typeof balances>>): Promise<bigint> {
  return before.payer - (await balances(stack, "polygon")).payer;
}

describe("one signature buys the answer when the settlement", () => {
  test.each<[string, Fault]>([
    ["is late", { kind: "delay", ms: 1_000 }],
    ["comes after the function stopped waiting", { kind: "delay", ms: 4_500 }],
    ["is told late", { kind: "delay_after", ms: 1_000 }],
    ["is told after the function stopped waiting", { kind: "delay_after", ms: 6_000 }],
    ["is reset before it began", { kind: "reset", when: "before" }],
    ["is reset after it landed", { kind: "reset", when: "after" }],
    ["is a 503 before it began", { kind: "status", when: "before", status: 503 }],
    ["is a 429 before it began", { kind: "status", when: "before", status: 429 }],
    ["is a 502 after it landed", { kind: "status", when: "after", status: 502 }],
    ["is garbage before it began", { kind: "garbage", when: "before", body: "not_json" }],
    ["is garbage after it landed", { kind: "garbage", when: "after", body: "not_json" }],
    ["has the wrong shape after it landed", { kind: "garbage", when: "after", body: "wrong_shape" }],
    ["hangs", { kind: "hang" }],
    ["is pending, and lands", { kind: "pending" }],
    ["is pending, and was never sent", { kind: "drop" }],
  ])("%s", async (_, fault) => {
    const before = await balances(stack, "polygon");
    const payment = await signFor(stack, url);
    stack.facilitator.faults.queue("settle", fault, payment.nonce);
    const answer = await send(payment);
    expect([answer.status, isGoods(answer)], answer.text).toEqual([200, true]);
    expect(answer.ms).toBeLessThan(BUDGET_MS + SLACK_MS);
    expect(await spentSince(before)).toBe(PRICE.report);
  });
});

test("a settlement that the facilitator doubles by itself can't be told from a copy's: nothing comes out", async () => {
  const payment = await signFor(stack, url);
  stack.facilitator.faults.queue("settle", { kind: "duplicate" }, payment.nonce);
  const answer = await send(payment);
  expect([answer.status, isGoods(answer)]).toEqual([409, false]);
  expect(await problemOf(answer.response)).toMatchObject({
    retry_action: "abandon",
    payment_state: "settled",
  });
});

test("a settlement that never lands: 503 within the budget, then 402 once it can't, nothing taken or given", async () => {
  const before = await balances(stack, "polygon");
  const payment = await signFor(stack, url);
  for (let i = 0; i < TIMES; i++) stack.facilitator.faults.queue("settle", { kind: "drop" }, payment.nonce);

  const first = await send(payment);
  expect(first.ms).toBeGreaterThanOrEqual(BUDGET_MS - SLACK_MS);
  expect(first.ms).toBeLessThan(BUDGET_MS + SLACK_MS);
  expect([first.status, isGoods(first)]).toEqual([503, false]);
  expect(await problemOf(first.response)).toMatchObject({
    code: "payment_unresolved",
    retry_action: "retry_same_payment",
    payment_state: "in_flight",
  });
  expect(first.response.headers.has("payment-required")).toBe(false);

  let last = first;
  while (last.status === 503) last = await send(payment);
  expect([last.status, isGoods(last)]).toEqual([402, false]);
  expect(await problemOf(last.response)).toMatchObject({ retry_action: "resign", payment_state: "unused" });
  expect(last.response.headers.has("payment-required")).toBe(true);
  expect(await balances(stack, "polygon")).toEqual(before);
}, 60_000);

describe(`one payment sent ${TIMES} times at once over ${GATEWAYS} gateways`, () => {
  const all = (payment: SignedPayment) =>
    Promise.all(Array.from({ length: TIMES }, (_, i) => send(payment, i)));

  test.each<[string, Behaviour]>([
    ["as it comes", { kind: "json" }],
    ["in pieces", { kind: "chunked" }],
    ["compressed", { kind: "gzip" }],
    ["larger than a function may return", { kind: "large" }],
  ])("gives one answer out, %s, and of the others not a byte", async (_, behaviour) => {
    stack.thirdParty?.behave("/report", behaviour);
    const before = await balances(stack, "polygon");
    const answers = await all(await signFor(stack, url));
    expect(answers.filter(isGoods)).toHaveLength(1);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(TIMES - 1).fill(409)]);
    for (const { status, response } of answers) {
      if (status === 409) expect(response.headers.has("content-encoding")).toBe(false);
    }
    expect(await spentSince(before)).toBe(PRICE.report);
  });

  test("gives one answer out where the block comes late", async () => {
    const before = await balances(stack, "polygon");
    const payment = await signFor(stack, url);
    await stack.chain("polygon").pauseMining();
    const answering = all(payment);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await stack.chain("polygon").resumeMining();
    const answers = await answering;
    expect(answers.filter(isGoods)).toHaveLength(1);
    expect(await spentSince(before)).toBe(PRICE.report);
  });

  test("never tells a payer who had exactly the price to pay again", async () => {
    const account = privateKeyToAccount(generatePrivateKey());
    await stack.chain("polygon").mintUsdc(account.address, PRICE.report);
    const answers = await all(await signFor(stack, url, {}, account));
    expect(answers.filter(isGoods)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 402)).toEqual([]);
  });
});
