/** What a viewer-request function may do to a request, and what CloudFront refuses. */

import type { CloudFrontRequest } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { edgeFunction, requestIn, type Sent, send, setUp } from "./support.ts";

const limit = 40 * 1024;

/** Sends one POST past a function that returns `change(request)`. */
async function through(
  change: (request: CloudFrontRequest) => unknown,
  { includeBody = true, ...sent }: Sent & { includeBody?: boolean } = {},
) {
  const { edge, behind } = await setUp({
    behavior: edgeFunction((event) => change(requestIn(event)), includeBody),
  });
  const answer = await send(edge.url, "/old?x=1", { method: "POST", body: "original", ...sent });
  return { answer, behind, rules: edge.violations.map(({ rule }) => rule), violations: edge.violations };
}

const withHeader =
  (name: string, value: string, key = name) =>
  (request: CloudFrontRequest) => ({
    ...request,
    headers: { ...request.headers, [name]: [{ key, value }] },
  });

describe("a forwarded request", () => {
  test("reaches the origin with the function's uri, querystring and headers", async () => {
    const { behind, violations } = await through((request) => ({
      ...withHeader("x-grant", "abc", "X-Grant")(request),
      uri: "/new",
      querystring: "y=2",
    }));
    expect(behind.only().target).toBe("/new?y=2");
    expect(behind.only().rawHeaders).toEqual(expect.arrayContaining(["X-Grant", "abc"]));
    expect(violations).toEqual([]);
  });

  test("loses a header that the function took out", async () => {
    const { behind } = await through(
      ({ headers: { "payment-signature": _payment, ...headers }, ...request }) => ({ ...request, headers }),
      { headers: { "PAYMENT-SIGNATURE": "p" } },
    );
    expect(behind.only().headers).not.toHaveProperty("payment-signature");
  });

  test("never shows on the response what the function put on it", async () => {
    const { answer } = await through(withHeader("x-grant", "abc"));
    expect(answer.headers).not.toHaveProperty("x-grant");
    expect(answer.status).toBe(200);
  });

  test("keeps its body when the function drops the body object or leaves it read-only", async () => {
    const { behind } = await through(({ body: _body, ...request }) => request);
    expect(behind.only().body.toString()).toBe("original");
  });

  test.each([
    { encoding: "text", data: "größer" },
    { encoding: "base64", data: Buffer.from("größer").toString("base64") },
  ])("gets a replaced body given as $encoding, with its own length", async ({ encoding, data }) => {
    const { behind } = await through((request) => ({
      ...request,
      body: { action: "replace", encoding, data },
    }));
    expect(behind.only().body.toString()).toBe("größer");
    expect(behind.only().headers["content-length"]).toBe("8");
  });

  test("may carry disallowed headers that the viewer sent, unchanged", async () => {
    const { answer, behind, violations } = await through((request) => request, {
      headers: { "X-Cache": "viewer's own", "X-Accel-Redirect": "/etc" },
    });
    expect(answer.status).toBe(200);
    expect(behind.only().headers).toMatchObject({ "x-cache": "viewer's own", "x-accel-redirect": "/etc" });
    expect(violations).toEqual([]);
  });
});

describe("CloudFront answers 502 when the function", () => {
  const body = (action: string, encoding: string, data: string) => (request: CloudFrontRequest) => ({
    ...request,
    body: { action, encoding, data },
  });

  test.each<[string, string, (request: CloudFrontRequest) => unknown]>([
    ["changes the method", "method_read_only", (request) => ({ ...request, method: "PUT" })],
    ["changes clientIp", "client_ip_read_only", (request) => ({ ...request, clientIp: "10.0.0.1" })],
    ["changes Host", "header_read_only", withHeader("host", "evil.example")],
    ["changes Content-Length", "header_read_only", withHeader("content-length", "1")],
    ["adds Transfer-Encoding", "header_read_only", withHeader("transfer-encoding", "chunked")],
    ["adds Via", "header_read_only", withHeader("via", "1.1 me")],
    [
      "removes Host",
      "header_read_only",
      ({ headers: { host: _host, ...headers }, ...request }) => ({ ...request, headers }),
    ],
    ["adds CloudFront-Viewer-Country", "header_disallowed", withHeader("cloudfront-viewer-country", "DE")],
    ["uses a map key that is not lowercase", "header_invalid", withHeader("X-Grant", "v")],
    ["uses a key that is not the map key's header", "header_invalid", withHeader("x-grant", "v", "X-Other")],
    ["uses a header name that is not a token", "header_invalid", withHeader("x grant", "v")],
    ["uses a header value with a line break", "header_invalid", withHeader("x-grant", "a\r\nb: c")],
    ["gives a uri without a leading slash", "uri_invalid", (request) => ({ ...request, uri: "new" })],
    ["gives a uri with a question mark", "uri_invalid", (request) => ({ ...request, uri: "/new?y=2" })],
    ["gives a uri with a space", "uri_invalid", (request) => ({ ...request, uri: "/a b" })],
    ["gives a uri that is not ASCII", "uri_invalid", (request) => ({ ...request, uri: "/ü" })],
    ["gives a uri with a control character", "uri_invalid", (request) => ({ ...request, uri: "/a\u0000" })],
    ["gives a querystring with #", "querystring_invalid", (request) => ({ ...request, querystring: "a#b" })],
    ["makes the uri too long", "uri_too_long", (request) => ({ ...request, uri: `/${"a".repeat(8_192)}` })],
    ["replaces the body with invalid base64", "replaced_body_not_base64", body("replace", "base64", "e30")],
    [
      "replaces the body with too much",
      "replaced_body_too_large",
      body("replace", "text", "a".repeat(limit + 1)),
    ],
    ["names an unknown body encoding", "function_result_invalid", body("replace", "hex", "00")],
    ["names an unknown body action", "function_result_invalid", body("append", "text", "x")],
  ])("%s", async (_what, rule, change) => {
    const { answer, behind, rules } = await through(change);
    expect(answer.status).toBe(502);
    expect(answer.headers["x-emulator-rule"]).toBe(rule);
    expect(rules).toEqual([rule]);
    expect(behind.received).toEqual([]);
  });

  test("replaces a body it did not ask to see", async () => {
    const { answer } = await through(body("replace", "text", "x"), { includeBody: false });
    expect(answer.headers["x-emulator-rule"]).toBe("replaced_body_not_included");
  });

  test.each([
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "trailer",
    "upgrade",
    "x-accel-buffering",
    "x-accel-charset",
    "x-accel-limit-rate",
    "x-accel-redirect",
    "x-amz-cf-anything",
    "x-amzn-auth",
    "x-amzn-cf-billing",
    "x-amzn-cf-id",
    "x-amzn-cf-xff",
    "x-amzn-errortype",
    "x-amzn-fle-profile",
    "x-amzn-header-count",
    "x-amzn-header-order",
    "x-amzn-lambda-integration-tag",
    "x-amzn-requestid",
    "x-cache",
    "x-edge-anything",
    "x-forwarded-proto",
    "x-real-ip",
  ])("adds the disallowed header %s to the request or to a response", async (name) => {
    const onRequest = await through(withHeader(name, "v"));
    expect(onRequest.answer.status).toBe(502);
    expect(onRequest.rules).toEqual(["header_disallowed"]);
    const onResponse = await through(() => ({ status: "402", headers: { [name]: [{ value: "v" }] } }));
    expect(onResponse.answer.status).toBe(502);
    expect(onResponse.rules).toEqual(["header_disallowed"]);
  });
});

test("a refusal says in a sentence what was broken, in the answer and in the record", async () => {
  const { answer, violations } = await through(withHeader("host", "evil.example"));
  const detail = 'POST /old?x=1: At viewer-request the header "host" is read-only.';
  expect(answer.body.toString()).toBe(`${detail}\n`);
  expect(violations).toEqual([
    { rule: "header_read_only", detail, at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) },
  ]);
});
