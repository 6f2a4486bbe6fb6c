/** A facilitator that lies, breaks or is flooded: nothing is given for its word alone, and its words stay inside. */

import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { HEADER } from "../../../protocol/headers.ts";
import { answers, endless, type Reaction, resets, startScripted } from "../../edge/scripted-server.ts";
import { type Stack, startStack } from "../stack.ts";
import { paid, problemOf, signFor } from "../support.ts";
import {
  books,
  gatewayAsking,
  init,
  opened,
  resigned,
  shortBudgets,
  untouched,
  v1Headers,
  v2Headers,
  withHeaders,
} from "./support.ts";

let stack: Stack;
let url: string;

beforeAll(async () => {
  stack = await startStack({ allocationDelayMs: 50, config: { budgets: shortBudgets } });
  url = `${stack.url}/v1/esim/activate`;
});
afterAll(() => stack.close());

const VALID = answers('{"isValid":true}');

/** A gateway whose facilitator answers thus; the origin keeps the honest one. */
async function asking({ verify, settle }: { readonly verify: Reaction; readonly settle: Reaction }) {
  const facilitator = await startScripted((socket, text) =>
    (text.startsWith("POST /verify") ? verify : settle)(socket, text),
  );
  const gateway = await gatewayAsking(stack, facilitator.url);
  onTestFinished(() => gateway.close());
  return { ...facilitator, activate: `${gateway.url}/v1/esim/activate` };
}

/** Without a cent: what is delivered to it was given away. */
const pauper = (): PrivateKeyAccount => privateKeyToAccount(generatePrivateKey());

const HASH = `0x${"ab".repeat(32)}`;

describe("4. goods leave only for a settlement with a transaction hash on the expected network", () => {
  test.each([
    ["without a hash", { success: true, network: "eip155:137" }],
    ["with an empty hash", { success: true, transaction: "", network: "eip155:137" }],
    ["with no hash for a hash", { success: true, transaction: "0xdeadbeef", network: "eip155:137" }],
    ["on another network", { success: true, transaction: HASH, network: "eip155:8453" }],
    ["on no network", { success: true, transaction: HASH }],
    ["in words", { success: "true", transaction: HASH, network: "eip155:137" }],
    [
      "as pending",
      { success: false, errorReason: "settlement_pending", transaction: HASH, network: "eip155:137" },
    ],
  ])("a success %s delivers nothing to a payer who has nothing", async (_, settled) => {
    const { activate, requests } = await asking({ verify: VALID, settle: answers(JSON.stringify(settled)) });
    const before = await books(stack);
    const payment = await signFor(stack, url, init, pauper());
    const response = await fetch(activate, paid(payment, init));
    expect(requests.filter((text) => text.startsWith("POST /settle"))).toHaveLength(1);
    // It may still land, for all that the gateway knows: no goods, and no second signature either.
    expect(response.status).toBe(202);
    expect(await response.text()).not.toContain("LPA:1$");
    expect(await books(stack)).toEqual(before);
  });

  test("a success with a 500 delivers nothing either", async () => {
    const success = JSON.stringify({ success: true, transaction: HASH, network: "eip155:137" });
    const { activate } = await asking({ verify: VALID, settle: answers(success, "500 Oops") });
    const response = await fetch(activate, paid(await signFor(stack, url, init, pauper()), init));
    expect(response.status).toBe(202);
    expect(await response.text()).not.toContain("LPA:1$");
  });
});

describe("17. the facilitator is pinned, and what is no valid answer is never taken for valid", () => {
  const VALID_TEXT = '{"isValid":true}';

  test.each<readonly [string, Reaction]>([
    ["HTML", answers("<html>OK</html>")],
    ["nothing", answers("")],
    ["an empty object", answers("{}")],
    ["an array", answers(`[${VALID_TEXT}]`)],
    ["true in words", answers('{"isValid":"true"}')],
    ["valid and not", answers('{"isValid":false,"isValid":true}')],
    ["valid with a 404", answers(VALID_TEXT, "404 Not Found")],
    ["valid with a 500", answers(VALID_TEXT, "500 Oops")],
    ["valid within a megabyte", answers(VALID_TEXT.padEnd(1_024 * 1_024))],
    ["no end", endless],
    ["a reset", resets],
  ])("%s to /verify is 503, with the payment in flight", async (_, verify) => {
    const { activate, requests } = await asking({ verify, settle: answers("{}") });
    const payment = await signFor(stack, url, init);
    const response = await untouched(stack, () => fetch(activate, paid(payment, init)));
    expect(response.status).toBe(503);
    expect(response.headers.has(HEADER.paymentRequired)).toBe(false);
    expect(await problemOf(response)).toMatchObject({
      retry_action: "retry_same_payment",
      payment_state: "in_flight",
    });
    expect(requests.every((text) => text.startsWith("POST /verify"))).toBe(true);
  });

  test.each([
    "301 Moved",
    "302 Found",
    "307 Temporary",
    "308 Permanent",
  ])("a redirect (%s) is not followed: neither the token nor the signature goes elsewhere", async (status) => {
    const elsewhere = await startScripted(answers(VALID_TEXT));
    const verify = answers(VALID_TEXT, status, [`Location: ${elsewhere.url}/verify`]);
    const { activate } = await asking({ verify, settle: answers("{}") });
    const payment = await signFor(stack, url, init);
    const response = await untouched(stack, () => fetch(activate, paid(payment, init)));
    expect(response.status).toBe(503);
    expect(elsewhere.connections).toHaveLength(0);
  });
});

test("3. what a client puts into its terms besides ours never reaches the facilitator", async () => {
  const { activate, requests } = await asking({ verify: VALID, settle: answers("{}") });
  const json = opened(await signFor(stack, url, init, pauper()));
  const accepted = {
    ...json.accepted,
    maxTimeoutSeconds: 31_536_000,
    feeTo: "evil",
    extra: { ...json.accepted.extra, paymentFlow: "evil", name: "evil" },
  };
  const resource = { url: "https://evil.example/", description: "evil" };
  const headers = v2Headers({ ...json, accepted, resource, extensions: { evil: { info: {} } } });
  await fetch(activate, withHeaders(init, headers));
  expect(requests.map((text) => text.slice(0, 12))).toEqual(["POST /verify", "POST /settle"]);
  for (const text of requests) expect(text).not.toMatch(/evil|31536000|invoice|inv_/);
});

describe("18. a facilitator's 401 or 5xx is a 5xx for the client, with none of its text", () => {
  const SECRET = "kid organizations/7 is over quota";
  const body = JSON.stringify({
    isValid: false,
    invalidReason: SECRET,
    invalidMessage: SECRET,
    errorMessage: SECRET,
    errorType: "unauthorized",
  });

  test.each([
    "400 Bad",
    "401 Unauthorized",
    "403 Forbidden",
    "429 Slow down",
    "500 Oops",
    "502 Bad",
    "503 Busy",
  ])("%s from /verify", async (status) => {
    const { activate } = await asking({ verify: answers(body, status), settle: answers("{}") });
    const payment = await signFor(stack, url, init);
    const response = await untouched(stack, () => fetch(activate, paid(payment, init)));
    expect(response.status).toBe(503);
    const said = JSON.stringify([...response.headers]) + (await response.text());
    expect(said).not.toContain("organizations/7");
    expect(said).not.toContain("quota");
  });

  test.each([
    "401 Unauthorized",
    "500 Oops",
    "503 Busy",
  ])("%s from /settle is no 402: the payment is in flight, and its text stays inside", async (status) => {
    const { activate } = await asking({ verify: VALID, settle: answers(body, status) });
    const response = await fetch(activate, paid(await signFor(stack, url, init, pauper()), init));
    expect(response.status).toBe(202);
    const said = JSON.stringify([...response.headers]) + (await response.text());
    expect(said).not.toContain("organizations/7");
    expect(said).not.toContain("quota");
  });
});

describe("19. what can be judged without the facilitator never costs a call to it", () => {
  // How many requests one address may send is AWS WAF's to limit, before this function is paid for.
  test("a flood of unpaid requests and of invalid payments makes no call", async () => {
    const payment = await signFor(stack, url, init);
    const { payload, accepted } = opened(payment);
    const to = { ...payload, authorization: { ...payload.authorization, to: pauper().address } };
    const kinds = [
      {},
      resigned(payment, `0x${"11".repeat(64)}1b`),
      v1Headers(to),
      v2Headers({ x402Version: 2, accepted: { ...accepted, extra: {} }, payload }),
      { [HEADER.paymentSignature]: "bm90IGpzb24=" },
      { ...payment.headers, ...v1Headers(payload) },
    ];
    const flood = () =>
      Promise.all(
        Array.from({ length: 300 }, (_, i) => fetch(url, withHeaders(init, kinds[i % kinds.length] ?? {}))),
      );
    const answered = await untouched(stack, flood);
    expect(new Set(answered.map(({ status }) => status))).toEqual(new Set([400, 402]));
  });
});
