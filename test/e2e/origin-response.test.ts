/** A third party's origin sells through the gateway without knowing of it: stock clients, its own failures, and its secrets. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HEADER } from "../../protocol/headers.ts";
import {
  type Behaviour,
  THIRD_PARTY_CONTENT,
  type ThirdParty,
} from "../../scripts/local/third-party/start-third-party.ts";
import { type Stack, startStack } from "./stack.ts";
import {
  balances,
  PRICE,
  paid,
  payerOf,
  problemOf,
  receiptOf,
  signFor,
  v1Client,
  v2Client,
} from "./support.ts";

let stack: Stack;
let origin: ThirdParty;
let next = 0;

const resource = { price: "0.01", description: "Something of somebody's", mimeType: "application/json" };
const paths = Array.from({ length: 40 }, (_, i) => `/goods/${i}`);

beforeAll(async () => {
  stack = await startStack({
    config: {
      settle: "origin-response",
      catalog: { plans: {}, resources: Object.fromEntries(paths.map((path) => [path, resource])) },
    },
  });
  if (stack.thirdParty === null) throw new Error("the stack has a third party's origin");
  origin = stack.thirdParty;
});

afterAll(async () => {
  const rules = stack.gateways[0].violations.map(({ rule }) => rule);
  await stack.close();
  // The one that a test provokes.
  expect(rules).toEqual(["origin_unreachable"]);
});

/** A path of its own for each test, with this behaviour. */
function goods(behaviour: Behaviour = { kind: "json" }): { readonly path: string; readonly url: string } {
  const path = paths[next++];
  if (path === undefined) throw new Error("add paths");
  origin.behave(path, behaviour);
  return { path, url: stack.url + path };
}

/** What the payer spent meanwhile. */
async function spentBy<Answer>(buy: () => Promise<Answer>) {
  const before = await balances(stack, "polygon");
  const answer = await buy();
  const after = await balances(stack, "polygon");
  expect(after.merchant - before.merchant).toBe(before.payer - after.payer);
  return { answer, spent: before.payer - after.payer };
}

describe("an unmodified client", () => {
  test.each([
    ["@x402/fetch", "v2", HEADER.paymentResponse],
    ["x402-fetch", "v1", HEADER.xPaymentResponse],
  ] as const)("%s buys an answer, for its price, with a receipt", async (_, version, header) => {
    const { url } = goods();
    const client = version === "v2" ? v2Client(stack) : v1Client(stack, "polygon");
    const { answer, spent } = await spentBy(() => client(url));
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ content: THIRD_PARTY_CONTENT });
    expect(spent).toBe(PRICE.report);
    expect(answer.headers.has(header)).toBe(true);
    expect(answer.headers.get("cache-control")).toBe("no-store, private");
    const receipt = receiptOf(answer);
    expect(receipt).toMatchObject({ success: true, payer: payerOf(stack).address });
    const hash: `0x${string}` = `0x${receipt.transaction.slice(2)}`;
    expect((await stack.chain("polygon").client.getTransactionReceipt({ hash })).status).toBe("success");
  });

  test.each<[string, Behaviour]>([
    ["in pieces", { kind: "chunked" }],
    ["compressed", { kind: "gzip" }],
    ["larger than a function may return", { kind: "large" }],
    ["slowly", { kind: "slow", ms: 500 }],
    ["with its own caching rules", { kind: "json", headers: { "cache-control": "max-age=60" } }],
  ])("buys from an origin that answers %s", async (_, behaviour) => {
    const { url } = goods(behaviour);
    const { answer, spent } = await spentBy(() => v2Client(stack)(url));
    expect(await answer.json()).toMatchObject({ content: THIRD_PARTY_CONTENT });
    expect(answer.headers.get("cache-control")).toBe("no-store, private");
    expect(spent).toBe(PRICE.report);
  });
});

describe("the origin", () => {
  test("is asked for the canonical request, once, and sees no payment header", async () => {
    const { path, url } = goods();
    const before = origin.requests.length;
    await v2Client(stack)(`${url}?b=2&a=1`);
    const asked = origin.requests.slice(before);
    expect(asked).toMatchObject([{ method: "GET", target: `${path}?a=1&b=2` }]);
    const names = asked.flatMap(({ headers }) => Object.keys(headers));
    expect(names).not.toEqual(expect.arrayContaining([HEADER.paymentSignature]));
    expect(names).not.toEqual(expect.arrayContaining([HEADER.xPayment]));
  });

  test("is not asked before there is a payment that verifies", async () => {
    const { url } = goods();
    const before = origin.requests.length;
    expect((await fetch(url)).status).toBe(402);
    expect((await fetch(url, { method: "HEAD" })).status).toBe(402);
    expect((await fetch(url, { method: "POST" })).status).toBe(405);
    expect((await fetch(url, { method: "OPTIONS" })).status).toBe(204);
    expect((await fetch(`${stack.url}/elsewhere`)).status).toBe(404);
    const payment = await signFor(stack, url);
    stack.facilitator.faults.queue("verify", { kind: "reset", when: "before" }, payment.nonce);
    expect((await fetch(url, paid(payment))).status).toBe(503);
    expect(origin.requests.length).toBe(before);
  });

  test("gets nobody's own grant", async () => {
    const { url } = goods();
    const answer = await fetch(url, { headers: { [HEADER.grant]: "e30.e30.e30" } });
    expect(answer.status).toBe(402);
  });

  test.each([
    404, 410, 500, 503,
  ])("that answers %d costs nothing, and the same payment then buys", async (status) => {
    const { path, url } = goods({ kind: "status", status });
    const payment = await signFor(stack, url);
    const failed = await spentBy(() => fetch(url, paid(payment)));
    expect([failed.answer.status, failed.spent]).toEqual([status, 0n]);
    expect(await failed.answer.json()).toEqual({ error: "sorry" });
    expect(stack.facilitator.callsFor(payment.nonce).map(({ endpoint }) => endpoint)).toEqual(["verify"]);

    origin.behave(path, { kind: "json" });
    const bought = await spentBy(() => fetch(url, paid(payment)));
    expect([bought.answer.status, bought.spent]).toEqual([200, PRICE.report]);
  });

  test("that hangs up costs nothing", async () => {
    const { url } = goods({ kind: "reset" });
    const payment = await signFor(stack, url);
    const { answer, spent } = await spentBy(() => fetch(url, paid(payment)));
    expect([answer.status, spent]).toEqual([502, 0n]);
  });

  test("that breaks off in its body has been paid: by then the answer had begun", async () => {
    const { url } = goods({ kind: "break_off" });
    const payment = await signFor(stack, url);
    const read = async () => (await fetch(url, paid(payment))).text();
    const { answer, spent } = await spentBy(() => read().catch(() => "cut"));
    expect([answer, spent]).toEqual(["cut", PRICE.report]);
  });
});

describe("a payment", () => {
  test("buys once: sent again it gets 409, and the origin is not asked", async () => {
    const { url } = goods();
    const payment = await signFor(stack, url);
    expect((await fetch(url, paid(payment))).status).toBe(200);
    const before = origin.requests.length;
    const again = await fetch(url, paid(payment));
    expect(again.status).toBe(409);
    expect(await problemOf(again)).toMatchObject({ code: "payment_already_used", payment_state: "settled" });
    expect(origin.requests.length).toBe(before);
  });

  test("buys what it was signed for and nothing else", async () => {
    const [one, two] = [goods(), goods()];
    const payment = await signFor(stack, one.url);
    for (const url of [two.url, `${one.url}?page=2`]) {
      const { answer, spent } = await spentBy(() => fetch(url, paid(payment)));
      expect([answer.status, spent]).toEqual([409, 0n]);
      expect((await problemOf(answer)).code).toBe("payment_for_other_request");
    }
  });
});
