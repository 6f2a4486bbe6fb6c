/** The CloudFront adapter: what the flow is given of an event, and whether CloudFront takes what comes back. */

import type { CloudFrontRequest, CloudFrontRequestEvent } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { fromCloudFront, toCloudFront } from "../../edge/adapters/cloudfront.ts";
import { gate } from "../../edge/gate.ts";
import type { GatePorts } from "../../edge/ports.ts";
import { acceptedInput } from "../builders/config.ts";
import { edgeFunction, requestIn, send, setUp } from "../local/cloudfront/support.ts";
import { grantedPayment, harness, pay, TRANSACTION } from "./gate-harness.ts";

type EventBody = NonNullable<CloudFrontRequest["body"]>;

function viewerRequest(changed: Partial<CloudFrontRequest>): CloudFrontRequest {
  return {
    clientIp: "192.0.2.1",
    method: "POST",
    uri: "/v1/esim/activate",
    querystring: "",
    headers: { host: [{ key: "Host", value: "shop.example.com" }] },
    ...changed,
  };
}

describe("an event's body", () => {
  const bytesOf = (body: EventBody | undefined) =>
    fromCloudFront(viewerRequest(body === undefined ? {} : { body })).body;
  const readOnly = { inputTruncated: false, action: "read-only", encoding: "base64" } as const;
  const text = '{"plan":"größe"}';

  test.each<[string, EventBody | undefined, string]>([
    ["absent is empty", undefined, ""],
    ["without data is empty", { ...readOnly, data: "" }, ""],
    ["in base64 is decoded", { ...readOnly, data: Buffer.from(text).toString("base64") }, text],
    ["as text is UTF-8", { ...readOnly, encoding: "text", data: text }, text],
  ])("%s", (_, body, expected) => {
    expect(Buffer.from(bytesOf(body) ?? "none").toString()).toBe(expected);
  });

  test("keeps bytes that are no text", () => {
    const bytes = Uint8Array.of(0, 255, 128, 10);
    expect(bytesOf({ ...readOnly, data: Buffer.from(bytes).toString("base64") })).toEqual(Buffer.from(bytes));
  });

  test.each<[string, EventBody]>([
    ["that CloudFront cut", { ...readOnly, inputTruncated: true, data: "e30=" }],
    ["that CloudFront cut to nothing", { ...readOnly, inputTruncated: true, data: "" }],
    ["that is not base64", { ...readOnly, data: "{}" }],
    ["whose base64 has stray bits", { ...readOnly, data: "e31=" }],
  ])("%s is not known, and nothing is sold for it", async (_, body) => {
    expect(bytesOf(body)).toBeNull();
    const { ports } = harness();
    const result = await gate(fromCloudFront(viewerRequest({ body })), ports);
    expect(result).toMatchObject({ kind: "respond", status: 413 });
  });
});

test("an event's headers keep every value; path and query stay as they were sent", () => {
  const request = viewerRequest({
    uri: "/%72eport;x",
    querystring: "b=%31&a",
    headers: {
      "x-payment": [
        { key: "X-PAYMENT", value: "one" },
        { key: "x-payment", value: "two" },
      ],
      accept: [{ key: "Accept", value: "*/*" }],
    },
  });
  const { path, query, headers } = fromCloudFront(request);
  expect([path, query]).toEqual(["/%72eport;x", "b=%31&a"]);
  expect(headers.get("x-payment")).toEqual(["one", "two"]);
  expect(headers.get("accept")).toEqual(["*/*"]);
  expect([headers.has("accept"), headers.has("payment-signature")]).toEqual([true, false]);
  expect(headers.get("payment-signature")).toBeUndefined();
});

/** The flow as a viewer-request function of the emulator, which refuses what CloudFront would. */
async function atCloudFront(ports: GatePorts) {
  const handler = async (event: CloudFrontRequestEvent) => {
    const request = requestIn(event);
    return toCloudFront(request, await gate(fromCloudFront(request), ports));
  };
  return setUp({ behavior: edgeFunction(handler) });
}

describe("CloudFront takes", () => {
  const allNetworks = { networks: (["polygon", "base", "arbitrum"] as const).map(acceptedInput) };
  const activate = { method: "POST", body: '{"plan":"eu-1gb"}' };

  test.each([
    ["a challenge", 402, "/v1/esim/activate", activate],
    ["a challenge without a body", 402, "/report", { method: "HEAD" }],
    ["a preflight answer", 204, "/v1/esim/activate", { method: "OPTIONS" }],
    ["a refused path", 400, "/a;b", {}],
    ["a refused body", 400, "/v1/esim/activate", { method: "POST", body: "{" }],
    ["an unknown path", 404, "/nothing", {}],
    ["a refused method", 405, "/report", { method: "DELETE" }],
    ["a body that is too large", 413, "/v1/esim/activate", { method: "POST", body: "x".repeat(50_000) }],
    ["a plan that is not there", 422, "/v1/esim/activate", { method: "POST", body: '{"plan":"mars"}' }],
  ])("%s", async (_, status, path, sent) => {
    const { edge, behind } = await atCloudFront(harness({}, allNetworks).ports);
    const answer = await send(edge.url, path, sent);
    expect(edge.violations).toEqual([]);
    expect(answer.status).toBe(status);
    expect(answer.headers["x-cache"]).toBe("LambdaGeneratedResponse from cloudfront");
    expect(behind.received).toEqual([]);
  });

  test("an outage of the facilitator", async () => {
    const gateway = harness({ verify: { kind: "unavailable", fault: "timeout" } });
    const { edge } = await atCloudFront(gateway.ports);
    const { payment } = await pay(gateway, 2);
    const headers = { [payment.headerName]: payment.header };
    const answer = await send(edge.url, "/v1/esim/activate", { ...activate, headers });
    expect(edge.violations).toEqual([]);
    expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "2"]);
  });

  test("a paid request: the origin gets its method, body and headers, with the grant for the payment", async () => {
    const gateway = harness();
    const { edge, behind } = await atCloudFront(gateway.ports);
    const { payment } = await pay(gateway, 2);
    const headers = {
      [payment.headerName]: payment.header,
      "Content-Type": "application/json",
      "X-Agent-ID": "agent-7",
    };
    const answer = await send(edge.url, "/v1/esim/activate?b=2&a=1", { ...activate, headers });
    expect(edge.violations).toEqual([]);
    // The invoice was for no query, so this payment is for another request.
    expect(answer.status).toBe(409);

    await send(edge.url, "/v1/esim/activate", { ...activate, headers });
    expect(edge.violations).toEqual([]);
    const { method, target, body, headers: received } = behind.only();
    expect([method, target, body.toString()]).toEqual(["POST", "/v1/esim/activate", activate.body]);
    expect(received).toMatchObject({ "x-agent-id": "agent-7", "content-type": "application/json" });
    expect(received).not.toHaveProperty(payment.headerName);
    const grant = String(received["x-edge402-grant"]);
    const granted = await grantedPayment({
      kind: "forward",
      path: target,
      query: "",
      setHeaders: { "x-edge402-grant": grant },
    });
    expect(granted?.settlement).toEqual({ state: "settled", transaction: TRANSACTION });
  });

  test("a free request with a query that has to be rewritten", async () => {
    const { edge, behind } = await atCloudFront(harness().ports);
    await send(edge.url, "/v1/%70lans?b=%32&&a=x+y");
    expect(edge.violations).toEqual([]);
    expect(behind.only().target).toBe("/v1/plans?a=x%20y&b=2");
  });
});
