/** Events of payload format 2.0. */

import { describe, expect, test } from "vitest";
import { send } from "../cloudfront/support.ts";
import { bodyBytes, setUp } from "./support.ts";

describe("an event", () => {
  test("has exactly the documented fields", async () => {
    const gateway = await setUp();
    const before = Date.now();
    await send(gateway.url, "/v1/esims?size=1", {
      method: "POST",
      headers: {
        Host: "abc.execute-api.example:8443",
        "User-Agent": "agent/1",
        "Content-Type": "application/json",
        "Content-Length": 2,
      },
      body: "{}",
    });
    const event = gateway.only();
    expect(event).toEqual({
      version: "2.0",
      routeKey: "$default",
      rawPath: "/v1/esims",
      rawQueryString: "size=1",
      headers: {
        host: "abc.execute-api.example:8443",
        "user-agent": "agent/1",
        "content-type": "application/json",
        "content-length": "2",
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
      },
      queryStringParameters: { size: "1" },
      requestContext: {
        accountId: expect.stringMatching(/^\d{12}$/),
        apiId: expect.any(String),
        domainName: "abc.execute-api.example",
        domainPrefix: "abc",
        http: {
          method: "POST",
          path: "/v1/esims",
          protocol: "HTTP/1.1",
          sourceIp: "127.0.0.1",
          userAgent: "agent/1",
        },
        requestId: expect.any(String),
        routeKey: "$default",
        stage: "$default",
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
      },
      body: "{}",
      isBase64Encoded: false,
    });
    expect(event.requestContext.timeEpoch).toBeGreaterThanOrEqual(before);
    expect(event.requestContext.timeEpoch).toBeLessThanOrEqual(Date.now());
  });

  test("has the path as sent", async () => {
    const gateway = await setUp();
    await send(gateway.url, "/a%2Fb/../%7e");
    expect(gateway.only().rawPath).toBe("/a%2Fb/../%7e");
  });

  test("joins repeated headers with commas under their lowercase name", async () => {
    const gateway = await setUp();
    await send(gateway.url, "/", { headers: ["Host", "a", "X-Tag", "1", "x-tag", "2"] });
    expect(gateway.only().headers["x-tag"]).toBe("1,2");
  });

  test("decodes query parameters and joins repeated ones with commas", async () => {
    const gateway = await setUp();
    await send(gateway.url, "/?a=1&b=x%20y&a=2");
    expect(gateway.only()).toMatchObject({
      rawQueryString: "a=1&b=x%20y&a=2",
      queryStringParameters: { a: "1,2", b: "x y" },
    });
  });

  test("lists cookies apart from the headers", async () => {
    const gateway = await setUp();
    await send(gateway.url, "/", { headers: ["Host", "a", "Cookie", "a=1; b=2", "Cookie", "c=3"] });
    expect(gateway.only().cookies).toEqual(["a=1", "b=2", "c=3"]);
    expect(gateway.only().headers).not.toHaveProperty("cookie");
  });

  test("leaves out body, cookies and query parameters that are not there", async () => {
    const gateway = await setUp();
    await send(gateway.url, "/");
    expect(Object.keys(gateway.only())).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(body|cookies|queryStringParameters)$/)]),
    );
  });

  test.each([
    ["application/json; charset=utf-8", "ü", false],
    ["text/csv", "a,b", false],
    ["text/plain", "\ufeffwith a byte-order mark", false],
    ["application/x-www-form-urlencoded", "a=1", false],
    ["application/problem+json", "{}", false],
    ["image/png", "a", true],
    ["application/octet-stream", "a", true],
    [undefined, "a", true],
  ])("carries a body of type %s and text %s with isBase64Encoded %s", async (type, body, isBase64Encoded) => {
    const gateway = await setUp();
    const headers = type === undefined ? {} : { "Content-Type": type };
    await send(gateway.url, "/", { method: "POST", headers, body });
    expect(gateway.only().isBase64Encoded).toBe(isBase64Encoded);
    expect(bodyBytes(gateway.only()).toString()).toBe(body);
  });

  test("carries bytes that are not UTF-8 as base64 even where the type says text", async () => {
    const gateway = await setUp();
    const body = Buffer.from([0xff, 0xfe, 0x00]);
    await send(gateway.url, "/", { method: "POST", headers: { "Content-Type": "text/plain" }, body });
    expect(gateway.only().isBase64Encoded).toBe(true);
    expect(bodyBytes(gateway.only()).equals(body)).toBe(true);
  });
});
