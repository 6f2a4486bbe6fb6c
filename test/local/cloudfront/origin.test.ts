/** What the origin gets, what the viewer gets of its answer, and what happens when there is none. */

import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import {
  domainName,
  edgeFunction,
  requestIn,
  send,
  sendRaw,
  setUp,
  startBrokenOrigin,
  startOrigin,
} from "./support.ts";

describe("the origin gets", () => {
  test("its own host name, not the viewer's", async () => {
    const { edge, behind } = await setUp();
    await send(edge.url, "/", { headers: { Host: "shop.example" } });
    expect(behind.only().headers.host).toBe(new URL(behind.url).host);
  });

  test("the origin path in front of the viewer's path and query", async () => {
    const behind = await startOrigin();
    const { edge } = await setUp({ origin: { url: behind.url, originPath: "/prod" } });
    await send(edge.url, "/v1/esims?a=1");
    expect(behind.only().target).toBe("/prod/v1/esims?a=1");
  });

  test("the viewer's address at the end of X-Forwarded-For", async () => {
    const { edge, behind } = await setUp();
    await send(edge.url, "/", { headers: { "X-Forwarded-For": "192.0.2.4" } });
    expect(behind.only().headers["x-forwarded-for"]).toBe("192.0.2.4,127.0.0.1");
  });

  test("Via and an X-Amz-Cf-Id that the viewer cannot choose", async () => {
    const { edge, behind } = await setUp();
    const answer = await send(edge.url, "/", { headers: { Via: "1.0 proxy", "X-Amz-Cf-Id": "forged" } });
    expect(behind.only().headers["via"]).toBe(`1.0 proxy, 1.1 ${domainName} (CloudFront)`);
    expect(behind.only().headers["x-amz-cf-id"]).toBe(answer.headers["x-amz-cf-id"]);
    expect(answer.headers["x-amz-cf-id"]).not.toBe("forged");
  });

  test("the viewer's User-Agent, cookies and repeated headers", async () => {
    const { edge, behind } = await setUp({ behavior: edgeFunction(requestIn) });
    const headers = ["Host", "a", "User-Agent", "agent/1", "Cookie", "a=1; b=2", "X-Tag", "1", "X-Tag", "2"];
    await send(edge.url, "/", { headers });
    expect(behind.only().headers).toMatchObject({
      "user-agent": "agent/1",
      cookie: "a=1; b=2",
      "x-tag": "1, 2",
    });
    expect(behind.only().rawHeaders.filter((name) => name === "X-Tag")).toHaveLength(2);
  });

  test("no hop-by-hop header and none that CloudFront removes", async () => {
    const { edge, behind } = await setUp();
    const removed = ["TE", "Trailer", "Upgrade", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection"];
    removed.push("X-Real-IP", "X-Forwarded-Proto", "X-Edge-Key");
    const lines = ["Host: a", "Connection: close", ...removed.map((name) => `${name}: v`)];
    await sendRaw(edge.url, `GET / HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
    for (const name of removed) expect(behind.only().headers).not.toHaveProperty(name.toLowerCase());
  });

  test("the origin's custom headers in place of the viewer's", async () => {
    const behind = await startOrigin();
    const { edge } = await setUp({ origin: { url: behind.url, customHeaders: { "X-Secret": "real" } } });
    await send(edge.url, "/", { headers: { "x-secret": "guess" } });
    expect(behind.only().headers["x-secret"]).toBe("real");
  });

  test("a chunked body whole and with its length", async () => {
    const { edge, behind } = await setUp();
    await send(edge.url, "/", {
      method: "POST",
      headers: { "Transfer-Encoding": "chunked" },
      body: "chunky",
    });
    expect(behind.only().body.toString()).toBe("chunky");
    expect(behind.only().headers).toMatchObject({ "content-length": "6" });
  });

  test("no request over 20,480 bytes, for which the viewer gets 494", async () => {
    const { edge, behind } = await setUp({
      behavior: edgeFunction((event) => {
        const request = requestIn(event);
        return { ...request, headers: { ...request.headers, "x-big": [{ value: "a".repeat(20_480) }] } };
      }),
    });
    const answer = await send(edge.url, "/");
    expect([answer.status, answer.headers["x-emulator-rule"]]).toEqual([494, "origin_request_too_large"]);
    expect(behind.received).toEqual([]);
  });
});

describe("the viewer gets of the origin's answer", () => {
  test("status, headers and body as they are, with CloudFront's own added", async () => {
    const { edge } = await setUp({
      reply: (response) => {
        response.writeHead(201, "Made", ["Set-Cookie", "a=1", "Set-Cookie", "b=2", "PAYMENT-RESPONSE", "r"]);
        response.end("made");
      },
    });
    const answer = await send(edge.url, "/");
    expect(answer).toMatchObject({ status: 201, reason: "Made" });
    expect(answer.headers).toMatchObject({
      "set-cookie": ["a=1", "b=2"],
      "payment-response": "r",
      "x-cache": "Miss from cloudfront",
      via: `1.1 ${domainName} (CloudFront)`,
    });
    expect(answer.body.toString()).toBe("made");
    expect(edge.violations).toEqual([]);
  });

  test("no hop-by-hop header, and CloudFront's names written by CloudFront alone", async () => {
    const { edge } = await setUp({
      reply: (response) => {
        response.writeHead(200, {
          "Proxy-Authenticate": "Basic",
          Via: "1.1 shop",
          "X-Cache": "Hit from shop",
          "X-Amz-Cf-Id": "forged",
        });
        response.end();
      },
    });
    const { headers } = await send(edge.url, "/");
    expect(headers).not.toHaveProperty("proxy-authenticate");
    expect(headers["via"]).toBe(`1.1 shop, 1.1 ${domainName} (CloudFront)`);
    expect(headers["x-cache"]).toBe("Miss from cloudfront");
    expect(headers["x-amz-cf-id"]).not.toContain("forged");
  });

  test("an error with its body, marked as one, and no violation", async () => {
    const { edge } = await setUp({ reply: (response) => response.writeHead(409).end("used") });
    const answer = await send(edge.url, "/");
    expect([answer.status, answer.body.toString()]).toEqual([409, "used"]);
    expect(answer.headers["x-cache"]).toBe("Error from cloudfront");
    expect(edge.violations).toEqual([]);
  });

  test("the first bytes before the last are there", async () => {
    let finish = () => {};
    const { edge } = await setUp({
      reply: (response) => {
        response.write("first");
        finish = () => response.end(" last");
      },
    });
    const response = await fetch(edge.url);
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(Buffer.from(first?.value ?? []).toString()).toBe("first");
    finish();
    const last = await reader?.read();
    expect(Buffer.from(last?.value ?? []).toString()).toBe(" last");
  });

  test("502 when its headers are over the limit", async () => {
    const { edge } = await setUp({
      reply: (response) => response.writeHead(200, { "X-Big": "a".repeat(20_480) }).end(),
    });
    expect((await send(edge.url, "/")).headers["x-emulator-rule"]).toBe("origin_response_headers_too_large");
  });
});

describe("an origin that does not answer", () => {
  test("gives 502 when it refuses the connection", async () => {
    const { edge } = await setUp({ origin: { url: "http://127.0.0.1:1" } });
    const answer = await send(edge.url, "/");
    expect([answer.status, answer.headers["x-emulator-rule"]]).toEqual([502, "origin_unreachable"]);
  });

  test("gives 502 when it resets, having seen a POST once and a GET three times", async () => {
    const origin = await startBrokenOrigin((socket) => socket.resetAndDestroy());
    const { edge } = await setUp({ origin: { url: origin.url } });
    expect((await send(edge.url, "/", { method: "POST", body: "x" })).status).toBe(502);
    expect(origin.requests()).toBe(1);
    expect((await send(edge.url, "/")).status).toBe(502);
    expect(origin.requests()).toBe(1 + 3);
  });

  test("gives 504 after its read timeout, having seen a POST once", async () => {
    const origin = await startBrokenOrigin(() => {});
    const { edge } = await setUp({ origin: { url: origin.url, readTimeoutSeconds: 0.05 } });
    const answer = await send(edge.url, "/", { method: "POST", body: "x" });
    expect([answer.status, answer.headers["x-emulator-rule"]]).toEqual([504, "origin_timed_out"]);
    expect(origin.requests()).toBe(1);
  });

  test("half-way through its body cuts the viewer off", async () => {
    const origin = await startBrokenOrigin((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", () => socket.resetAndDestroy());
    });
    const { edge } = await setUp({ origin: { url: origin.url } });
    const received = await sendRaw(edge.url, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").catch(String);
    expect(received).not.toMatch(/half.{6}/s);
    expect(edge.violations.filter(({ rule }) => rule === "emulator_fault")).toEqual([]);
  });

  test("does not keep the emulator from closing, and is hung up on", async () => {
    let seen: (socket: Socket) => void = () => {};
    const socket = new Promise<Socket>((resolve) => {
      seen = resolve;
    });
    const origin = await startBrokenOrigin((each) => seen(each));
    const { edge } = await setUp({ origin: { url: origin.url } });
    const pending = send(edge.url, "/").catch(() => "cut");
    const waiting = await socket;
    const hungUp = new Promise((resolve) => waiting.once("close", resolve));
    await edge.close();
    await hungUp;
    expect(await pending).toBe("cut");
    expect(edge.violations).toEqual([]);
  });
});
