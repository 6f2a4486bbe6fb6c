/** What an origin-response function may do to the origin's answer, and what CloudFront refuses. */

import type { CloudFrontResponse } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { originFunction, responseIn, type Setup, send, sendRaw, setUp } from "./support.ts";

const limit = 1_024 * 1_024;
const goods = "the goods";

type Change = (response: CloudFrontResponse) => unknown;

const answering: NonNullable<Setup["reply"]> = (reply) => {
  reply.writeHead(200, "Sold", { "Content-Type": "text/plain", "Content-Length": goods.length }).end(goods);
};

const chunked: typeof answering = (reply) => {
  reply.writeHead(200);
  reply.write(goods);
  reply.end();
};

/** Sends one request past a function that returns `change(response)`. */
async function through(change: Change, { method = "GET", ...setup }: Setup & { method?: string } = {}) {
  const behavior = originFunction((event) => change(responseIn(event)));
  const { edge, behind } = await setUp({ reply: answering, ...setup, behavior });
  const answer = await send(edge.url, "/", { method });
  return { answer, behind, edge, rules: edge.violations.map(({ rule }) => rule) };
}

const withHeader =
  (name: string, value: string, key = name): Change =>
  (response) => ({ ...response, headers: { ...response.headers, [name]: [{ key, value }] } });

describe("the viewer gets of an updated response", () => {
  test("the function's status, description and headers, and the origin's body", async () => {
    const { answer, rules } = await through(({ headers: { "content-type": _type, ...headers } }) => ({
      status: "203",
      statusDescription: "Paid",
      headers: { ...headers, "payment-response": [{ key: "PAYMENT-RESPONSE", value: "r" }] },
    }));
    expect(answer).toMatchObject({ status: 203, reason: "Paid" });
    expect(answer.headers).toMatchObject({ "payment-response": "r", "content-length": "9" });
    expect(answer.headers).not.toHaveProperty("content-type");
    expect(answer.body.toString()).toBe(goods);
    expect(rules).toEqual([]);
  });

  test("the standard phrase when the function gives no description", async () => {
    const { answer } = await through(({ headers }) => ({ status: "402", headers }));
    expect([answer.reason, answer.headers["x-cache"]]).toEqual(["Payment Required", "Error from cloudfront"]);
  });

  test.each([
    { bodyEncoding: "text", body: "größer" },
    { bodyEncoding: undefined, body: "größer" },
    { bodyEncoding: "base64", body: Buffer.from("größer").toString("base64") },
  ])("a replaced body given as $bodyEncoding, with its own length", async ({ bodyEncoding, body }) => {
    const { answer, rules } = await through((response) => ({
      ...response,
      status: "402",
      bodyEncoding,
      body,
    }));
    expect(answer.status).toBe(402);
    expect(answer.body.toString()).toBe("größer");
    expect(answer.headers["content-length"]).toBe("8");
    expect(rules).toEqual([]);
  });

  test("no body when the function empties it", async () => {
    const { answer } = await through((response) => ({ ...response, body: "" }));
    expect([answer.body.byteLength, answer.headers["content-length"]]).toEqual([0, "0"]);
  });

  test.each(["204", "304"])("no body and no length when the function makes it a %s", async (status) => {
    const { answer } = await through((response) => ({ ...response, status }));
    expect([answer.status, answer.body.byteLength]).toEqual([Number(status), 0]);
    expect(answer.headers).not.toHaveProperty("content-length");
  });

  test.each(["1", "900"])("the kept body's own length though the function wrote %s", async (length) => {
    const { edge } = await through(withHeader("content-length", length, "Content-Length"));
    const request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    expect(await sendRaw(edge.url, request)).toMatch(/\r\nContent-Length: 9\r\n.*\r\n\r\nthe goods$/s);
  });

  test("a chunked answer, kept or replaced, whose Transfer-Encoding the function handed back", async () => {
    const kept = await through((response) => response, { reply: chunked });
    const replaced = await through((response) => ({ ...response, body: "new" }), { reply: chunked });
    expect([kept.answer.body.toString(), replaced.answer.body.toString()]).toEqual([goods, "new"]);
    expect(replaced.answer.headers).not.toHaveProperty("transfer-encoding");
    expect([...kept.rules, ...replaced.rules]).toEqual([]);
  });

  test("headers that are disallowed to functions as the origin sent them", async () => {
    const { answer, rules } = await through((response) => response, {
      reply: (reply) => reply.writeHead(200, { "X-Amzn-RequestId": "r" }).end(),
    });
    expect(answer.headers["x-amzn-requestid"]).toBe("r");
    expect(rules).toEqual([]);
  });

  test("headers without a body when it asked with HEAD, kept or replaced", async () => {
    const kept = await through((response) => response, { method: "HEAD" });
    const replaced = await through((response) => ({ ...response, body: "new" }), { method: "HEAD" });
    const seen = [kept, replaced].map(({ answer }) => [
      answer.headers["content-length"],
      answer.body.byteLength,
    ]);
    expect(seen).toEqual([
      ["9", 0],
      ["3", 0],
    ]);
  });
});

describe("CloudFront answers 502 when the origin-response function", () => {
  const withVia: typeof answering = (reply) => reply.writeHead(200, { Via: "1.1 shop" }).end(goods);
  const without =
    (name: string): Change =>
    (response) => ({
      ...response,
      headers: Object.fromEntries(Object.entries(response.headers).filter(([key]) => key !== name)),
    });

  test.each<[string, string, Change, typeof answering]>([
    ["returns nothing", "function_result_invalid", () => undefined, answering],
    ["returns null", "function_result_invalid", () => null, answering],
    ["returns a string", "function_result_invalid", () => "ok", answering],
    [
      "returns a request",
      "function_result_invalid",
      () => ({ method: "GET", uri: "/", querystring: "", clientIp: "127.0.0.1", headers: {} }),
      answering,
    ],
    ["gives a numeric status", "function_result_invalid", (r) => ({ ...r, status: 402 }), answering],
    ["gives a status below 200", "function_result_invalid", (r) => ({ ...r, status: "199" }), answering],
    ["gives a body object", "function_result_invalid", (r) => ({ ...r, body: {} }), answering],
    [
      "gives a body that is not base64 though it says so",
      "generated_body_not_base64",
      (r) => ({ ...r, bodyEncoding: "base64", body: "%%" }),
      answering,
    ],
    ["puts a body on a 204", "generated_body_on_204", (r) => ({ ...r, status: "204", body: "x" }), answering],
    ["adds Transfer-Encoding", "header_read_only", withHeader("transfer-encoding", "chunked"), answering],
    ["removes Transfer-Encoding", "header_read_only", without("transfer-encoding"), chunked],
    ["starts anew on a chunked answer", "header_read_only", () => ({ status: "402" }), chunked],
    ["adds Via", "header_read_only", withHeader("via", "1.1 me"), answering],
    ["changes Via", "header_read_only", withHeader("via", "1.1 me"), withVia],
    ["removes Via", "header_read_only", without("via"), withVia],
    ["adds a disallowed header", "header_disallowed", withHeader("x-edge-key", "v"), answering],
    ["uses a map key that is not lowercase", "header_invalid", withHeader("X-Grant", "v"), answering],
    ["uses a header value with a line break", "header_invalid", withHeader("x-a", "a\r\nb: c"), answering],
  ])("%s", async (_what, rule, change, reply) => {
    const { answer, rules } = await through(change, { reply });
    expect(answer.status).toBe(502);
    expect(answer.headers["x-emulator-rule"]).toBe(rule);
    expect(rules).toEqual([rule]);
    expect(answer.body.toString()).not.toContain(goods);
  });

  test("returns more than 1 MB, headers and new body together", async () => {
    const headers = { "x-a": [{ key: "X-A", value: "v" }] };
    const room = limit - "X-A: v\r\n".length;
    const fits = await through(() => ({ status: "200", headers, body: "a".repeat(room) }));
    expect([fits.answer.status, fits.answer.body.byteLength]).toEqual([200, room]);
    const over = await through(() => ({ status: "200", headers, body: "a".repeat(room + 1) }));
    expect([over.answer.status, over.rules]).toEqual([502, ["generated_response_too_large"]]);
  });

  test("throws, and the reason is in the record", async () => {
    const { answer, edge } = await through(() => {
      throw new Error("no facilitator");
    });
    expect(answer.status).toBe(502);
    expect(edge.violations).toMatchObject([
      { rule: "function_threw", detail: expect.stringContaining("no facilitator") },
    ]);
  });
});
