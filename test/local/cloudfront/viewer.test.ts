/** What CloudFront refuses from a viewer before any function or origin sees it, and how it picks a behavior. */

import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { startCloudFront } from "../../../scripts/local/cloudfront/cloudfront.ts";
import { domainName, edgeFunction, requestIn, send, sendRaw, setUp, start, startOrigin } from "./support.ts";

describe("the viewer's request", () => {
  test("may have a URL of 8,192 bytes with its host and gets 414 for one more", async () => {
    const { edge } = await setUp();
    const longest = `/${"a".repeat(8_192 - `https://${domainName}/`.length)}`;
    expect((await send(edge.url, longest)).status).toBe(200);
    expect((await send(edge.url, `${longest}a`)).status).toBe(414);
    expect(edge.violations.map(({ rule }) => rule)).toEqual(["viewer_url_too_long"]);
  });

  test.each([21_000, 200_000])("gets 494 when its headers come to %d bytes", async (bytes) => {
    const { edge, behind } = await setUp();
    const answer = await sendRaw(
      edge.url,
      `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Big: ${"a".repeat(bytes)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 494 Request Header Or Cookie Too Large\r\n/);
    expect(answer).toMatch(/x-emulator-rule: viewer_request_too_large/i);
    expect(behind.received).toEqual([]);
  });

  test("gets 403 when it is a GET with a body, with or without a length", async () => {
    const { edge, behind } = await setUp();
    const withLength = await send(edge.url, "/", { headers: { "Content-Length": 1 }, body: "x" });
    const chunked = await send(edge.url, "/", { headers: { "Transfer-Encoding": "chunked" }, body: "x" });
    expect([withLength.status, chunked.status]).toEqual([403, 403]);
    expect(edge.violations.map(({ rule }) => rule)).toEqual(["get_with_body", "get_with_body"]);
    expect(behind.received).toEqual([]);
  });

  test("gets 400 when it is not HTTP", async () => {
    const { edge } = await setUp();
    expect(await sendRaw(edge.url, "GET / HTTP/1.1\r\nno colon\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
    expect(edge.violations.map(({ rule }) => rule)).toEqual(["viewer_request_malformed"]);
  });

  test.each([
    ["GET_HEAD", ["GET", "HEAD"]],
    ["GET_HEAD_OPTIONS", ["GET", "HEAD", "OPTIONS"]],
    ["ALL", ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]],
  ] as const)("gets 403 for a method outside %s", async (allowedMethods, allowed) => {
    const { edge, behind } = await setUp({ behavior: { allowedMethods } });
    for (const method of ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE", "TRACE", "PROPFIND"]) {
      const { status } = await send(edge.url, "/", { method });
      expect([method, status]).toEqual([method, allowed.some((name) => name === method) ? 200 : 403]);
    }
    expect(behind.received.map(({ method }) => method)).toEqual(allowed);
  });

  test.each(["CONNECT a:1", "BREW /"])("gets 403 for the unknown method in %s", async (start) => {
    const { edge } = await setUp();
    expect(await sendRaw(edge.url, `${start} HTTP/1.1\r\nHost: a\r\n\r\n`)).toMatch(/^HTTP\/1\.1 403 /);
    expect(edge.violations.map(({ rule }) => rule)).toEqual(["method_not_allowed"]);
  });

  test("may be broken off at any point without harm", async () => {
    const { edge } = await setUp({
      behavior: edgeFunction(async (event) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return requestIn(event);
      }),
    });
    const port = Number(new URL(edge.url).port);
    const halfBody = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf";
    const whole = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    await Promise.all(
      [halfBody, whole].map(
        (text) =>
          new Promise<void>((resolve) => {
            const socket = connect(port, "127.0.0.1", () => {
              socket.write(text, () => setTimeout(() => socket.resetAndDestroy(), 10));
            });
            socket.on("error", () => {});
            socket.on("close", () => resolve());
          }),
      ),
    );
    expect((await send(edge.url, "/")).status).toBe(200);
    expect(edge.violations).toEqual([]);
  });
});

describe("behaviors", () => {
  async function routed() {
    const [api, rest] = [await startOrigin(), await startOrigin()];
    const edge = await start({
      id: "E1",
      domainName,
      origins: { api: { url: api.url }, rest: { url: rest.url } },
      behaviors: [
        { pathPattern: "/api/*", origin: "api", allowedMethods: "ALL" },
        { pathPattern: "img?.png", origin: "api", allowedMethods: "ALL" },
        { pathPattern: "*", origin: "rest", allowedMethods: "ALL" },
      ],
    });
    return { edge, api, rest };
  }

  test.each([
    ["/api/x", "api"],
    ["/api/x?y=/", "api"],
    ["/img1.png", "api"],
    ["/img12.png", "rest"],
    ["/API/x", "rest"],
    ["/api", "rest"],
    ["/x?/api/", "rest"],
    ["/x/../api/y", "api"],
    ["/./%61pi/y", "api"],
    ["/api/..", "rest"],
    ["/api%2Fx", "rest"],
  ])("send %s to %s, first match first, and the origin gets the path as sent", async (path, origin) => {
    const { edge, api, rest } = await routed();
    await send(edge.url, path);
    expect((origin === "api" ? api : rest).only().target).toBe(path);
  });

  test("must end with the default one", async () => {
    const distribution = { id: "E1", domainName, origins: {}, behaviors: [] };
    await expect(startCloudFront({ distribution })).rejects.toThrow('path pattern "*"');
  });

  test("must name an origin that exists", async () => {
    const behaviors = [{ pathPattern: "*", origin: "gone", allowedMethods: "ALL" }] as const;
    const distribution = { id: "E1", domainName, origins: {}, behaviors };
    await expect(startCloudFront({ distribution })).rejects.toThrow('"gone"');
  });
});
