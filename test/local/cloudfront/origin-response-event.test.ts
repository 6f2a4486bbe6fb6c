/** The event an origin-response function gets, and the answers it is called for. */

import type { CloudFrontResponseEvent } from "aws-lambda";
import { describe, expect, test } from "vitest";
import {
  domainName,
  edgeFunction,
  originFunction,
  requestIn,
  responseIn,
  type Sent,
  type Setup,
  send,
  setUp,
  startBrokenOrigin,
  startOrigin,
} from "./support.ts";

/** Sends one request past an origin-response function that lets the answer through; the events it got. */
async function eventsFor(setup: Setup, path = "/", sent: Sent = {}) {
  const events: CloudFrontResponseEvent[] = [];
  const keep = originFunction((event) => {
    events.push(structuredClone(event));
    return responseIn(event);
  });
  const { edge, behind } = await setUp({ ...setup, behavior: { ...setup.behavior, ...keep } });
  const answer = await send(edge.url, path, sent);
  return { events, answer, behind, rules: edge.violations.map(({ rule }) => rule) };
}

async function eventFor(setup: Setup, path?: string, sent?: Sent) {
  const { events, behind } = await eventsFor(setup, path, sent);
  const [event] = events;
  if (event === undefined) throw new Error("The function did not run");
  return { event, request: event.Records[0]?.cf.request, response: responseIn(event), behind };
}

describe("the origin-response event", () => {
  test("has exactly the documented fields, and neither of the bodies", async () => {
    const behind = await startOrigin((response) => {
      response.sendDate = false;
      response.writeHead(201, "Made", ["Set-Cookie", "a=1", "set-cookie", "b=2", "Content-Length", "4"]);
      response.end("made");
    });
    const { event } = await eventFor(
      {
        origin: {
          url: behind.url,
          originPath: "/prod",
          customHeaders: { "X-Secret": "s" },
          readTimeoutSeconds: 7,
        },
      },
      "/v1/esims?size=1",
      { method: "POST", headers: ["Host", "shop.example", "Content-Length", "2"], body: "{}" },
    );
    expect(event).toEqual({
      Records: [
        {
          cf: {
            config: {
              distributionDomainName: domainName,
              distributionId: "EDFDVBD6EXAMPLE",
              eventType: "origin-response",
              requestId: behind.only().headers["x-amz-cf-id"],
            },
            request: {
              clientIp: "127.0.0.1",
              method: "POST",
              uri: "/v1/esims",
              querystring: "size=1",
              headers: {
                host: [{ key: "Host", value: new URL(behind.url).host }],
                "x-forwarded-for": [{ key: "X-Forwarded-For", value: "127.0.0.1" }],
                via: [{ key: "Via", value: `1.1 ${domainName} (CloudFront)` }],
                "content-length": [{ key: "Content-Length", value: "2" }],
              },
              origin: {
                custom: {
                  customHeaders: { "x-secret": [{ key: "X-Secret", value: "s" }] },
                  domainName: "127.0.0.1",
                  keepaliveTimeout: 5,
                  path: "/prod",
                  port: Number(new URL(behind.url).port),
                  protocol: "http",
                  readTimeout: 7,
                  sslProtocols: ["TLSv1.2"],
                },
              },
            },
            response: {
              status: "201",
              statusDescription: "Made",
              headers: {
                "set-cookie": [
                  { key: "Set-Cookie", value: "a=1" },
                  { key: "set-cookie", value: "b=2" },
                ],
                "content-length": [{ key: "Content-Length", value: "4" }],
              },
            },
          },
        },
      ],
    });
  });

  test("has the request as the viewer-request function left it", async () => {
    const viewerRequest = edgeFunction((event) => {
      const { headers, ...request } = requestIn(event);
      const { "payment-signature": _payment, ...others } = headers;
      const pending = [{ key: "X-Pending", value: "p" }];
      return { ...request, uri: "/new", querystring: "y=2", headers: { ...others, "x-pending": pending } };
    });
    const { request } = await eventFor({ behavior: viewerRequest }, "/old?x=1", {
      method: "POST",
      headers: { "PAYMENT-SIGNATURE": "s" },
      body: "original",
    });
    expect(request).toMatchObject({
      uri: "/new",
      querystring: "y=2",
      headers: { "x-pending": [{ key: "X-Pending", value: "p" }] },
    });
    expect(request?.headers).not.toHaveProperty("payment-signature");
    expect(request).not.toHaveProperty("body");
  });

  test("has a custom header of the origin's once, with the origin's value", async () => {
    const { url } = await startOrigin();
    const { request } = await eventFor({ origin: { url, customHeaders: { "X-Secret": "real" } } }, "/", {
      headers: { "x-secret": "guess" },
    });
    expect(request?.headers).not.toHaveProperty("x-secret");
    expect(request?.origin?.custom?.customHeaders["x-secret"]).toEqual([{ key: "X-Secret", value: "real" }]);
  });

  test("shows Transfer-Encoding of a chunked answer, but no header that is disallowed to functions", async () => {
    const { response } = await eventFor({
      reply: (reply) => {
        reply.writeHead(200, { "X-Cache": "Hit", "X-Amzn-RequestId": "r", "Keep-Alive": "timeout=5" });
        reply.write("chunk");
        reply.end();
      },
    });
    expect(Object.keys(response.headers).sort()).toEqual(["date", "transfer-encoding"]);
  });
});

describe("the origin-response function runs", () => {
  test.each([200, 302, 404, 500, 503])("when the origin answers %d", async (status) => {
    const { events, answer, rules } = await eventsFor({ reply: (reply) => reply.writeHead(status).end("x") });
    expect(events.map((event) => responseIn(event).status)).toEqual([String(status)]);
    expect(answer).toMatchObject({ status, body: Buffer.from("x") });
    expect(rules).toEqual([]);
  });

  test("but not when viewer-request generated the response", async () => {
    const { events, answer } = await eventsFor({ behavior: edgeFunction(() => ({ status: "402" })) });
    expect([answer.status, events]).toEqual([402, []]);
  });

  test("but not when the origin refuses the connection", async () => {
    const { events, rules } = await eventsFor({ origin: { url: "http://127.0.0.1:1" } });
    expect([events, rules]).toEqual([[], ["origin_unreachable"]]);
  });

  test("but not when the origin does not answer in time", async () => {
    const { url } = await startBrokenOrigin(() => {});
    const origin = { url, readTimeoutSeconds: 0.05 };
    const { events, rules } = await eventsFor({ origin, limits: { originAttempts: 1 } });
    expect([events, rules]).toEqual([[], ["origin_timed_out"]]);
  });

  test("but not when the origin's headers are over the limit", async () => {
    const { events, rules } = await eventsFor({
      reply: (reply) => reply.writeHead(200, { "X-Big": "a".repeat(20_480) }).end(),
    });
    expect([events, rules]).toEqual([[], ["origin_response_headers_too_large"]]);
  });
});
