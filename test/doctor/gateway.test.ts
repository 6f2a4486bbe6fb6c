/** A gateway that gets something wrong: other terms, missing headers, ways around, a payment that is mistaken for one. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Config } from "../../protocol/config.ts";
import { HEADER } from "../../protocol/headers.ts";
import { checksAfter } from "../../scripts/doctor/after/after.ts";
import type { Target } from "../../scripts/doctor/after/target.ts";
import type { CheckResult } from "../../scripts/doctor/check.ts";
import { type Stack, startStack } from "../../scripts/local/stack/start-stack.ts";
import { startNaivePaywall } from "./paywall.ts";
import { type Answered, json, type LoopbackServer, type Received, startAltered } from "./servers.ts";
import { merchantOf, only, resultsOf, targetOf } from "./support.ts";

let stack: Stack;
const servers: LoopbackServer[] = [];

beforeAll(async () => {
  stack = await startStack();
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

afterAll(() => stack?.close());

async function check(name: string, overrides: Partial<Target>): Promise<CheckResult> {
  const results = await resultsOf(only(checksAfter(targetOf(stack, overrides)), name));
  const result = results.get(name);
  if (result === undefined) throw new Error(`${name} was not checked`);
  return result;
}

/** The stack's gateway, whose answers to some requests are altered. */
async function altered(alter: (answered: Answered, request: Received) => Answered): Promise<string> {
  const server = await startAltered(stack.url, alter);
  servers.push(server);
  return server.url;
}

function naive(...paywall: Parameters<typeof startNaivePaywall>): Promise<string> {
  return startNaivePaywall(...paywall).then((server) => {
    servers.push(server);
    return server.url;
  });
}

const PLAN = "402 for plan us-7day";
const REPORT = "402 for /report";

describe("a 402 on other terms than the configuration's", () => {
  const written = (overrides: Parameters<typeof merchantOf>[1]): Config =>
    merchantOf(stack, overrides).config;

  test("another price fails for that plan alone, in both versions", async () => {
    const { catalog } = merchantOf(stack).input;
    const plan = catalog.plans["us-7day"];
    if (plan === undefined) throw new Error("the catalog has this plan");
    const plans = { ...catalog.plans, "us-7day": { ...plan, price: "4.21" } };
    const config = written({ catalog: { ...catalog, plans } });
    const result = await check(PLAN, { config });
    expect(result.status).toBe("failed");
    expect(result.finding).toContain('v2 accepts.0.amount is "4200000", expected "4210000"');
    expect(result.finding).toContain('v1 accepts.0.maxAmountRequired is "4200000", expected "4210000"');
    expect((await check(REPORT, { config })).status).toBe("passed");
  });

  test("another payTo fails", async () => {
    const payTo = "0x00000000000000000000000000000000000000b2";
    const rpcUrl = stack.chains[0].rpcUrl;
    const config = written({ networks: [{ chain: "polygon", payTo, rpcUrl }] });
    expect(await check(PLAN, { config })).toMatchObject({
      status: "failed",
      finding: expect.stringContaining("accepts.0.payTo"),
    });
  });

  test("a network too few fails", async () => {
    const networks = [
      ...merchantOf(stack).input.networks,
      { chain: "base", payTo: `0x${"ab".repeat(20)}`, rpcUrl: stack.url },
    ];
    expect(await check(REPORT, { config: written({ networks }) })).toMatchObject({
      status: "failed",
      finding: expect.stringContaining("v2 accepts.1 is absent"),
    });
  });

  test("another public URL fails: agents bind their payment to it", async () => {
    const config = written({ publicUrl: "https://shop.example.org" });
    expect(await check(REPORT, { config })).toMatchObject({
      status: "failed",
      finding: expect.stringContaining('v2 resource.url is "http://127.0.0.1'),
    });
  });
});

describe("a 402 that is not whole", () => {
  const without = (name: string) => (answered: Answered) => ({
    ...answered,
    headers: Object.fromEntries(Object.entries(answered.headers).filter(([key]) => key !== name)),
  });
  const withHeader = (name: string, value: string) => (answered: Answered) => ({
    ...answered,
    headers: { ...answered.headers, [name]: value },
  });

  test.each<[string, (answered: Answered) => Answered, string]>([
    ["the v2 header", without(HEADER.paymentRequired), "payment-required is no x402 v2 challenge"],
    ["cache-control", without("cache-control"), "cache-control does not say no-store"],
    ["exposed headers", without("access-control-expose-headers"), "does not name payment-response"],
    ["CORS", without("access-control-allow-origin"), "access-control-allow-origin is not *"],
    ["its own content type", withHeader("content-type", "text/html"), "content-type is not application/json"],
    ["a fresh answer", withHeader("x-cache", "Hit from cloudfront"), "it came out of a cache"],
    ["a body", (answered) => ({ ...answered, body: "" }), "the body is no x402 v1 challenge"],
    [
      "a body that agents read to its end",
      (answered) => ({ ...answered, body: answered.body + " ".repeat(3_000) }),
      "agents read 3000",
    ],
    ["its status", (answered) => ({ ...answered, status: 200 }), "answered with 200"],
    [
      "a header that is JSON",
      withHeader(HEADER.paymentRequired, Buffer.from('{"x402Version":2,').toString("base64")),
      "payment-required is no x402 v2 challenge",
    ],
  ])("lacks %s and fails", async (_, alter, finding) => {
    const result = await check(REPORT, { url: await altered(alter) });
    expect(result).toMatchObject({ status: "failed", finding: expect.stringContaining(finding) });
  });
});

describe("routes", () => {
  test("an unknown path that is answered fails", async () => {
    const url = await naive(() => true);
    expect(await check("unknown path", { url })).toMatchObject({
      status: "failed",
      finding: "answered with 200, not 404",
    });
  });

  test("plans at other prices fail", async () => {
    const url = await altered((answered) => ({
      ...answered,
      body: answered.body.replace('"4.20"', '"4.19"'),
    }));
    expect(await check("GET /v1/plans", { url })).toMatchObject({
      status: "failed",
      finding: 'plans.0.amount_usdc is "4.19", expected "4.20"',
    });
  });

  test.each([
    "GET /healthz",
    "GET /readyz",
    "GET /v1/plans",
  ])("%s that the origin refuses fails", async (name) => {
    const url = await altered(() => json(403, { code: "grant_invalid" }));
    expect((await check(name, { url })).status).toBe("failed");
  });

  test("a preflight that allows no payment fails", async () => {
    const url = await altered((answered) => ({
      ...answered,
      headers: { "access-control-allow-origin": "*" },
    }));
    expect((await check("browser preflight", { url })).status).toBe("failed");
  });

  test.each([
    PLAN,
    "GET /readyz",
    "unknown path",
    "browser preflight",
    "false payment: not readable",
    "way around: other methods",
  ])("%s fails where nothing listens", async (name) => {
    expect(await check(name, { url: "http://127.0.0.1:9" })).toMatchObject({
      status: "failed",
      finding: expect.stringContaining("the connection is refused"),
    });
  });
});

describe("ways around a naive paywall", () => {
  const PRICED = ["/report", "/v1/esim/activate"];

  test("that matches paths as they are spelled are found, each by its spelling", async () => {
    const url = await naive(({ target }) => !PRICED.includes(target));
    const { status, finding } = await check("way around: other spellings of the path", { url });
    expect(status).toBe("failed");
    for (const spelling of [
      "/./report",
      "//report",
      "/report/",
      "/%2freport",
      "/v1/esim/x%2f..%2factivate",
      "/v1/esim/\\activate",
    ]) {
      expect(finding).toContain(`${spelling}: answered with 200`);
    }
  });

  test.each<[string, string, (request: Received) => boolean]>([
    ["believes any grant", "way around: forged grant", ({ headers }) => headers[HEADER.grant] !== undefined],
    [
      "believes X-Original-URL",
      "way around: headers that override path or method",
      ({ headers }) => headers["x-original-url"] !== undefined,
    ],
    ["lets HEAD through", "way around: other methods", ({ method }) => method === "HEAD"],
  ])("that %s are found", async (_, name, leaks) => {
    const result = await check(name, { url: await naive(leaks) });
    expect(result).toMatchObject({ status: "failed", finding: expect.stringContaining("answered with 200") });
  });

  test("that breaks on one is told", async () => {
    const url = await naive(() => false, json(500, {}));
    expect(await check("way around: forged grant", { url })).toMatchObject({
      status: "failed",
      finding: expect.stringContaining("broke with 500"),
    });
  });
});

describe("a false payment", () => {
  const name = "false payment: not readable";
  const refusal = { code: "payment_not_base64", payment_state: "unused" };

  test("that is refused without being charged passes", async () => {
    const url = await naive(() => false, json(400, refusal));
    expect((await check(name, { url })).status).toBe("passed");
  });

  test.each<[string, Answered]>([
    ["buys something", json(200, { iccid: "1" })],
    ["is said to be in flight", json(400, { ...refusal, payment_state: "in_flight" })],
    ["is refused for another reason", json(402, { ...refusal, code: "payment_already_used" })],
    ["breaks the gateway", json(500, refusal)],
    ["is refused without a reason", json(400, {})],
  ])("that %s fails", async (_, answered) => {
    const url = await naive(() => false, answered);
    expect((await check(name, { url })).status).toBe("failed");
  });

  test("signed by nobody reaches no facilitator", async () => {
    expect((await check("false payment: signed by nobody", {})).finding).toBe(
      "402 payment_signature_invalid",
    );
    expect(stack.facilitator.calls).toEqual([]);
  });
});
