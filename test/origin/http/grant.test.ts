/** The origin answers nobody but its gateway, and only for the very request that the gateway passed on. */

import { beforeEach, describe, expect, test } from "vitest";
import { GRANT_SECONDS } from "../../../protocol/grant.ts";
import { HEADER } from "../../../protocol/headers.ts";
import { hmacKey } from "../../builders/keys.ts";
import { grantedPayment } from "../../builders/origin-purchase.ts";
import { NOW } from "../../builders/payment.ts";
import {
  ACTIVATE,
  expectProblem,
  forward,
  GRANT_KEY,
  get,
  grantFor,
  openShop,
  type Sent,
  type Shop,
  send,
  withGrant,
} from "./shop.ts";

/** Seconds that the clocks of edge and origin may differ by. */
const TOLERANCE = 5;

let shop: Shop;
beforeEach(() => {
  shop = openShop();
});

async function expectRefused(sent: Sent, code: "grant_required" | "grant_invalid" = "grant_invalid") {
  const response = await send(shop, sent);
  expectProblem(response, code);
  expect(shop.calls).toEqual([]);
  expect(shop.world.log).toEqual([{ event: "request_refused", code, path: sent.target.split("?")[0] ?? "" }]);
}

describe("a request is refused, and no port is called,", () => {
  test.each([
    ACTIVATE,
    get("/v1/plans"),
    get("/report"),
    get("/readyz"),
    get("/nowhere"),
  ])("without a grant: $method $target", async (sent) => {
    await expectRefused(sent, "grant_required");
  });

  test.each(["", "x", "a.b.c", "Bearer x", `${"x".repeat(9_000)}`])("with a grant like %j", async (grant) => {
    await expectRefused(withGrant(ACTIVATE, grant));
  });

  test("with a grant signed by another key, of another id or of the same", async () => {
    for (const key of [hmacKey(9), { ...hmacKey(9), id: GRANT_KEY.id }]) {
      shop = openShop();
      await expectRefused(withGrant(ACTIVATE, await grantFor(shop, ACTIVATE, grantedPayment(), { key })));
    }
  });

  test("with a grant whose signature was taken off", async () => {
    const [, claims] = (await grantFor(shop, ACTIVATE, grantedPayment())).split(".");
    const header = Buffer.from(JSON.stringify({ alg: "none", kid: "1" })).toString("base64url");
    await expectRefused(withGrant(ACTIVATE, `${header}.${claims}.`));
  });

  test("with a grant whose claims were changed", async () => {
    const [header, claims = "", signature] = (await grantFor(shop, ACTIVATE, grantedPayment())).split(".");
    const text = Buffer.from(claims, "base64url").toString().replace('"4200000"', '"4200001"');
    const changed = Buffer.from(text).toString("base64url");
    expect(changed).not.toBe(claims);
    await expectRefused(withGrant(ACTIVATE, `${header}.${changed}.${signature}`));
  });

  test("with two grants, which API Gateway joins", async () => {
    const grant = await grantFor(shop, ACTIVATE, grantedPayment());
    await expectRefused(withGrant(ACTIVATE, `${grant},${grant}`));
  });

  test("with a grant that has expired", async () => {
    const now = NOW - GRANT_SECONDS - TOLERANCE;
    await expectRefused(withGrant(ACTIVATE, await grantFor(shop, ACTIVATE, grantedPayment(), { now })));
  });

  const query = get("/report?chain=base");
  const others: [string, Sent, Sent][] = [
    ["path", get("/report"), get("/v1/plans")],
    ["method", get("/report"), { ...get("/report"), method: "HEAD" }],
    ["query", query, get("/report?chain=polygon")],
    ["query that is gone", query, get("/report")],
    ["query said twice", query, get("/report?chain=base&chain=base")],
    ["body", ACTIVATE, { ...ACTIVATE, body: '{"plan":"global"}' }],
    ["body with a space more", ACTIVATE, { ...ACTIVATE, body: `${ACTIVATE.body} ` }],
    ["body that was cut", ACTIVATE, { ...ACTIVATE, body: ACTIVATE.body.slice(0, -1) }],
    ["body that is gone", ACTIVATE, { ...ACTIVATE, body: "" }],
    ["body where there was none", get("/report"), { ...get("/report"), body: "{}" }],
    ["path that is not canonical", get("/report"), get("//report")],
    ["path with a dot segment", get("/report"), get("/v1/../report")],
    ["query that can't be read", get("/report"), get("/report?%ff")],
  ];
  test.each(others)("with the grant of another request: another %s", async (_, granted, sent) => {
    await expectRefused(withGrant(sent, await grantFor(shop, granted, grantedPayment())));
  });

  test("with a body that claims to be base64 and is none", async () => {
    const grant = await grantFor(shop, ACTIVATE, grantedPayment());
    const { handler } = shop;
    const lying: Shop = { ...shop, handler: (event) => handler({ ...event, isBase64Encoded: true }) };
    expectProblem(await send(lying, withGrant(ACTIVATE, grant)), "grant_invalid");
    expect(shop.calls).toEqual([]);
  });
});

test("a grant for a free request does not open a priced one", async () => {
  expectProblem(await forward(shop, ACTIVATE, null), "grant_invalid");
  expectProblem(await forward(shop, get("/report"), null), "grant_invalid");
  expect(shop.calls).toEqual([]);
});

test("a grant that the clocks' difference makes seem old still holds", async () => {
  const now = NOW - GRANT_SECONDS - TOLERANCE + 1;
  const sent = get("/healthz");
  const response = await send(shop, withGrant(sent, await grantFor(shop, sent, null, { now })));
  expect(response.statusCode).toBe(200);
});

test("the same bytes hold as text and as base64, and the query in any order", async () => {
  const binary = { ...ACTIVATE, headers: { "content-type": "application/octet-stream" } };
  const grant = await grantFor(shop, ACTIVATE, grantedPayment());
  expect((await send(shop, withGrant(binary, grant))).statusCode).toBe(200);

  const [asGranted, asSent] = [get("/healthz?a=1&b=%7e"), get("/healthz?b=~&a=1")];
  const free = await grantFor(shop, asGranted, null);
  expect((await send(shop, withGrant(asSent, free))).statusCode).toBe(200);
});

test.each([
  get("/nowhere"),
  { ...get("/report"), method: "POST" },
  { ...get("/report"), method: "HEAD" },
])("a granted request that nothing answers is not found: $method $target", async (sent) => {
  expectProblem(await forward(shop, sent, grantedPayment()), "route_not_found");
  expect(shop.calls).toEqual([]);
});

test("the payment headers that a client sent are not read", async () => {
  const sent = { ...ACTIVATE, headers: { ...ACTIVATE.headers, [HEADER.paymentSignature]: "e30=" } };
  expectProblem(await send(shop, sent), "grant_required");
});
