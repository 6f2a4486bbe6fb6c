/** Responses from results, and the answers the gateway gives for itself. */

import { describe, expect, test } from "vitest";
import { send, sendRaw } from "../cloudfront/support.ts";
import { setUp } from "./support.ts";

async function answerTo(result: unknown) {
  const gateway = await setUp(() => result);
  return { answer: await send(gateway.url, "/"), errors: gateway.errors };
}

describe("a result", () => {
  test("with a statusCode is the response", async () => {
    const { answer, errors } = await answerTo({
      statusCode: 201,
      headers: { "PAYMENT-RESPONSE": "r", "x-count": 2, "x-flag": true },
      cookies: ["a=1", "b=2"],
      body: "made",
    });
    expect(answer.status).toBe(201);
    expect(answer.body.toString()).toBe("made");
    expect(answer.headers).toMatchObject({
      "payment-response": "r",
      "x-count": "2",
      "x-flag": "true",
      "set-cookie": ["a=1", "b=2"],
      "content-length": "4",
      "content-type": "text/plain; charset=utf-8",
    });
    expect(errors).toEqual([]);
  });

  test("cannot set the length or the framing of the response", async () => {
    const headers = { "Content-Length": "1", "Transfer-Encoding": "chunked" };
    const { answer } = await answerTo({ statusCode: 200, headers, body: "three" });
    expect(answer.body.toString()).toBe("three");
    expect(answer.headers).toMatchObject({ "content-length": "5" });
    expect(answer.headers).not.toHaveProperty("transfer-encoding");
  });

  test("with isBase64Encoded is decoded", async () => {
    const bytes = Buffer.from([0, 255, 128]);
    const { answer } = await answerTo({
      statusCode: 200,
      isBase64Encoded: true,
      body: bytes.toString("base64"),
    });
    expect(answer.body.equals(bytes)).toBe(true);
  });

  test.each([
    ["an object", { ok: true }, '{"ok":true}'],
    ["a string", "plain", "plain"],
    ["nothing", undefined, "null"],
  ])("that is %s without a statusCode becomes the body of a 200 in JSON", async (_what, result, body) => {
    const { answer } = await answerTo(result);
    expect([answer.status, answer.headers["content-type"]]).toEqual([200, "application/json"]);
    expect(answer.body.toString()).toBe(body);
  });

  test.each([
    ["a statusCode that is a string", { statusCode: "200" }],
    ["a statusCode out of range", { statusCode: 700 }],
    ["headers that are lists", { statusCode: 200, headers: { a: ["b"] } }],
    ["a header name that is not a token", { statusCode: 200, headers: { "a b": "c" } }],
    ["a line break in a header", { statusCode: 200, headers: { a: "b\r\nc: d" } }],
    ["a line break in a cookie", { statusCode: 200, cookies: ["a=1\r\nb: c"] }],
    ["a body that is an object", { statusCode: 200, body: {} }],
    ["a body that is not base64 though it says so", { statusCode: 200, isBase64Encoded: true, body: "%" }],
    ["what JSON cannot hold", { statusCode: 200, body: 1n }],
    ["over 6 MB", { statusCode: 200, body: "a".repeat(6 * 1024 * 1024) }],
  ])("with %s gives 500 and tells onError", async (_what, result) => {
    const { answer, errors } = await answerTo(result);
    expect(answer.status).toBe(500);
    expect(answer.body.toString()).toBe('{"message":"Internal Server Error"}');
    expect(errors).toEqual([expect.any(Error)]);
  });
});

describe("the gateway answers for itself", () => {
  test("500 when the function throws, and tells onError what", async () => {
    const thrown = new Error("store is down");
    const gateway = await setUp(() => {
      throw thrown;
    });
    const answer = await send(gateway.url, "/");
    expect([answer.status, answer.body.toString()]).toEqual([500, '{"message":"Internal Server Error"}']);
    expect(gateway.errors).toEqual([thrown]);
  });

  test("503 when the function takes too long", async () => {
    const gateway = await setUp(() => new Promise(() => {}), { integrationTimeoutMs: 30 });
    const answer = await send(gateway.url, "/");
    expect([answer.status, answer.body.toString()]).toEqual([503, '{"message":"Service Unavailable"}']);
    expect(gateway.errors).toEqual([expect.any(Error)]);
  });

  test("431 when request line and headers come to more than 10,240 bytes", async () => {
    const gateway = await setUp();
    const rest = "GET / HTTP/1.1\r\nHost: a\r\nX-Big: \r\nConnection: close\r\n".length;
    const big = "a".repeat(10_240 - rest);
    const lines = (value: string) => ["Host", "a", "X-Big", value, "Connection", "close"];
    expect((await send(gateway.url, "/", { headers: lines(big) })).status).toBe(200);
    expect((await send(gateway.url, "/", { headers: lines(`${big}a`) })).status).toBe(431);
    expect(gateway.events).toHaveLength(1);
  });

  test("431 when the headers are more than Node's parser would take", async () => {
    const gateway = await setUp();
    const answer = await sendRaw(
      gateway.url,
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${"a".repeat(100_000)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  test("413 when the body is over 10 MB", async () => {
    const gateway = await setUp();
    const answer = await send(gateway.url, "/", { method: "POST", body: Buffer.alloc(10 * 1024 * 1024 + 1) });
    expect([answer.status, answer.body.toString()]).toEqual([413, '{"message":"Request Entity Too Large"}']);
    expect(gateway.events).toEqual([]);
  });

  test("413 when the event with the body is over Lambda's 6 MB", async () => {
    const gateway = await setUp();
    const answer = await send(gateway.url, "/", { method: "POST", body: Buffer.alloc(5 * 1024 * 1024) });
    expect(answer.status).toBe(413);
    expect(gateway.events).toEqual([]);
  });
});
