/** What the flow lets through, what it takes off, and how it divides its time. */

import type { CloudFrontHeaders, CloudFrontRequest } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { fromCloudFront, toCloudFront } from "../../edge/adapters/cloudfront.ts";
import { fingerprint } from "../../protocol/fingerprint.ts";
import { verifyGrant } from "../../protocol/grant-reader.ts";
import { HEADER } from "../../protocol/headers.ts";
import { usdc } from "../../protocol/money.ts";
import { acceptedInput, configInput } from "../builders/config.ts";
import { NOW } from "../builders/payment.ts";
import {
  activation,
  grantedPayment,
  grantKeys,
  grantTokenOf,
  type Harness,
  harness,
  PRICE,
  pay,
  responded,
  withHeaders,
} from "./gate-harness.ts";
import { problemIn, requiredIn } from "./support.ts";

/** The plan that the requests ask for, but for its price. */
const EUROPE = {
  title: "Europe 1 GB",
  coverage: ["FR"],
  dataMb: 1_024,
  days: 7,
  packageCode: "EU_1_7",
  wholesaleUsd: "0.90",
};

describe("the edge's time", () => {
  const timeouts = async (gateway: Harness) => {
    const { request } = await pay(gateway, 2);
    const result = await gateway.send(request);
    return { result, timeouts: gateway.calls.map(({ timeoutMs }) => timeoutMs) };
  };

  test("verification has its own budget, and settlement what is left but for a reserve", async () => {
    const gateway = harness({ verifyTakes: 700, settleTakes: 1_200 });
    const { result, timeouts: given } = await timeouts(gateway);
    expect(given).toEqual([2_000, 4_500 - 150 - 700]);
    expect((await grantedPayment(result))?.timings).toEqual({ verify: 700, settle: 1_200 });
  });

  test("the merchant's budgets are kept", async () => {
    const gateway = harness({ verifyTakes: 100 }, { budgets: { edgeMs: 1_000, verifyMs: 500 } });
    expect((await timeouts(gateway)).timeouts).toEqual([500, 1_000 - 150 - 100]);
  });

  test("settlement begins while 300 ms are left", async () => {
    const gateway = harness({ verifyTakes: 4_050 });
    expect((await timeouts(gateway)).timeouts).toEqual([2_000, 300]);
  });

  test("with less, the origin settles: the grant carries the signature", async () => {
    const gateway = harness({ verifyTakes: 4_051 });
    const { request, payment } = await pay(gateway, 2);
    const result = await gateway.send(request);
    expect(gateway.calls.map(({ endpoint }) => endpoint)).toEqual(["verify"]);
    expect((await grantedPayment(result))?.settlement).toEqual({
      state: "unknown",
      signature: payment.signature,
    });
    expect(gateway.logged.at(-1)).toMatchObject({ event: "settlement_unknown", fault: "no_time_left" });
  });
});

describe("the invoice", () => {
  test("that was echoed or sent along is named in the grant", async () => {
    const gateway = harness();
    const echoed = await pay(gateway, 2);
    const sent = await pay(gateway, 1);
    const withInvoice = withHeaders({
      [sent.payment.headerName]: sent.payment.header,
      [HEADER.invoice]: echoed.invoice,
    });
    const [fromEcho, fromHeader, fromNothing] = await Promise.all(
      [echoed.request, withInvoice, sent.request].map(async (request) =>
        grantedPayment(await gateway.send(request)),
      ),
    );
    expect(fromEcho?.invoiceId).toMatch(/^[0-9a-f]{20}$/);
    expect(fromHeader?.invoiceId).toBe(fromEcho?.invoiceId);
    expect(fromNothing?.invoiceId).toBeNull();
  });

  test("fixes the price, also once the catalog names another", async () => {
    const { catalog } = configInput();
    const plan = { ...EUROPE, price: "9.99" };
    const before = harness();
    const after = harness({}, { catalog: { ...catalog, plans: { "eu-1gb": plan } } });

    const quoted = await pay(before, 2);
    await after.send(quoted.request);
    expect(after.calls.map(({ terms }) => terms.price)).toEqual([PRICE, PRICE]);

    const unquoted = await pay(before, 1);
    const refused = responded(await after.send(unquoted.request));
    expect(problemIn(refused.body).code).toBe("payment_amount_mismatch");
    const newTerms = requiredIn(refused.headers[HEADER.paymentRequired] ?? "");
    expect(newTerms.accepts.map(({ amount }) => amount)).toEqual([usdc(9_990_000n).toString()]);
  });
});

describe("a network that is known but not accepted", () => {
  test("is refused with the accepted ones, before anybody is asked", async () => {
    const gateway = harness({}, { networks: [acceptedInput("polygon")] });
    const { request } = await pay(gateway, 2);
    const answer = responded(await gateway.send(request));
    expect(problemIn(answer.body).code).toBe("payment_network_unsupported");
    const { accepts } = requiredIn(answer.headers[HEADER.paymentRequired] ?? "");
    expect(accepts.map(({ network }) => network)).toEqual(["eip155:137"]);
    expect(gateway.calls).toEqual([]);
  });
});

test("HEAD is answered with a challenge that has no body, and a payment on it is refused", async () => {
  const gateway = harness();
  const head = { ...activation, method: "HEAD", path: "/report", body: new Uint8Array() };
  const asked = responded(await gateway.send(head));
  expect([asked.status, asked.body]).toEqual([402, ""]);
  expect(requiredIn(asked.headers[HEADER.paymentRequired] ?? "").accepts).toHaveLength(1);
  const { request } = await pay(gateway, 2);
  const paid = responded(await gateway.send({ ...head, headers: request.headers }));
  expect(paid.status).toBe(405);
  expect(gateway.calls).toEqual([]);
});

describe("what reaches the origin", () => {
  const hostile = [
    HEADER.grant,
    "x-edge402-payer",
    "x-edge402-anything-to-come",
    HEADER.invoice,
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
  ];
  const harmless = ["accept", "authorization", "x-agent-id", "user-agent", "idempotency-key"];

  const headersOf = (entries: Iterable<readonly [string, readonly string[]]>): CloudFrontHeaders =>
    Object.fromEntries(
      [...entries].map(([name, values]) => [name, values.map((value) => ({ key: name, value }))]),
    );

  async function atOrigin(
    gateway: Harness,
    request: Omit<CloudFrontRequest, "clientIp">,
  ): Promise<CloudFrontRequest> {
    const viewer = { clientIp: "192.0.2.1", ...request };
    const result = toCloudFront(viewer, await gateway.send(fromCloudFront(viewer)));
    if (result === null || result === undefined || !("uri" in result))
      throw new Error("the gateway answered");
    return result;
  }

  test.each([
    1, 2,
  ] as const)("of a request paid with v%i: the grant, and no header that only we may set", async (version) => {
    const gateway = harness();
    const { request, payment } = await pay(gateway, version);
    const sent = new Map([
      ...request.headers,
      ...harmless.map((name) => [name, ["kept-as-it-was-sent"]] as const),
      ...hostile.filter((name) => name !== HEADER.invoice).map((name) => [name, ["GET /v1/plans"]] as const),
    ]);
    const forwarded = await atOrigin(gateway, {
      method: "POST",
      uri: "/v1/esim/activate",
      querystring: "",
      headers: headersOf(sent),
      body: {
        inputTruncated: false,
        action: "read-only",
        encoding: "base64",
        data: Buffer.from(activation.body ?? []).toString("base64"),
      },
    });
    expect(Object.keys(forwarded.headers).sort()).toEqual([HEADER.grant, "content-type", ...harmless].sort());
    const [grant, ...others] = forwarded.headers[HEADER.grant] ?? [];
    expect(others).toEqual([]);
    expect(await verifyGrant(grant?.value ?? "", grantKeys, NOW)).toMatchObject({ ok: true });
    expect(JSON.stringify(forwarded)).not.toContain(payment.header);
  });

  test("of a free request: a grant without a payment, though one was sent; nobody is asked", async () => {
    const gateway = harness();
    const { payment } = await pay(gateway, 2);
    const sent = [payment.headerName, ...hostile].map((name) => [name, [payment.header]] as const);
    const forwarded = await atOrigin(gateway, {
      method: "GET",
      uri: "/v1/plans",
      querystring: "",
      headers: headersOf(sent),
    });
    expect(Object.keys(forwarded.headers)).toEqual([HEADER.grant]);
    const grant = await verifyGrant(forwarded.headers[HEADER.grant]?.[0]?.value ?? "", grantKeys, NOW);
    expect(grant).toMatchObject({ ok: true, value: { payment: null } });
    expect(gateway.calls).toEqual([]);
  });

  test("is the canonical path and query, which the grant's fingerprint is of", async () => {
    const gateway = harness();
    const forwarded = await atOrigin(gateway, {
      method: "GET",
      uri: "/v1/%70lans",
      querystring: "b=2&&a=%31",
      headers: {},
    });
    expect([forwarded.uri, forwarded.querystring]).toEqual(["/v1/plans", "a=1&b=2"]);
    const grant = await verifyGrant(forwarded.headers[HEADER.grant]?.[0]?.value ?? "", grantKeys, NOW);
    const asForwarded = {
      method: "GET",
      path: "/v1/plans",
      query: "a=1&b=2",
      body: new Uint8Array(),
      headers: [],
    };
    expect(grant).toMatchObject({ ok: true, value: { fingerprint: fingerprint(asForwarded) } });
  });

  test("is another grant each time", async () => {
    const gateway = harness();
    const free = { ...activation, method: "GET", path: "/v1/plans", body: new Uint8Array() };
    const ids = await Promise.all(
      [1, 2].map(async () => {
        const grant = await verifyGrant(grantTokenOf(await gateway.send(free)), grantKeys, NOW);
        return grant.ok ? grant.value.id : "";
      }),
    );
    expect(new Set(ids).size).toBe(2);
  });
});
