/** Responses that a viewer-request function makes, and functions that fail. */

import { describe, expect, test } from "vitest";
import type { CloudFrontLimits } from "../../../scripts/local/cloudfront/limits.ts";
import { edgeFunction, requestIn, send, setUp } from "./support.ts";

async function answerOf(result: () => unknown, limits: Partial<CloudFrontLimits> = {}) {
  const { edge, behind } = await setUp({ behavior: edgeFunction(result), limits });
  const answer = await send(edge.url, "/paid");
  return { answer, behind, edge, rules: edge.violations.map(({ rule }) => rule) };
}

describe("a generated response", () => {
  test("goes to the viewer as it is, and the origin is not asked", async () => {
    const { answer, behind, rules } = await answerOf(() => ({
      status: "402",
      statusDescription: "Payment Required, please",
      headers: {
        "payment-required": [{ key: "PAYMENT-REQUIRED", value: "challenge" }],
        "set-cookie": [{ value: "a=1" }, { value: "b=2" }],
      },
      body: '{"price":"1"}',
    }));
    expect(answer).toMatchObject({ status: 402, reason: "Payment Required, please" });
    expect(answer.body.toString()).toBe('{"price":"1"}');
    expect(answer.headers).toMatchObject({
      "payment-required": "challenge",
      "set-cookie": ["a=1", "b=2"],
      "content-length": "13",
      via: expect.stringContaining("(CloudFront)"),
      "x-cache": "LambdaGeneratedResponse from cloudfront",
      "x-amz-cf-id": expect.any(String),
      date: expect.any(String),
    });
    expect(behind.received).toEqual([]);
    expect(rules).toEqual([]);
  });

  test("with bodyEncoding base64 is decoded", async () => {
    const bytes = Buffer.from([0, 255, 128, 10]);
    const { answer } = await answerOf(() => ({
      status: "200",
      bodyEncoding: "base64",
      body: bytes.toString("base64"),
    }));
    expect(answer.body.equals(bytes)).toBe(true);
  });

  test("may be 40 KB with its headers and not one byte more", async () => {
    const headers = { "x-a": [{ key: "X-A", value: "v" }] };
    const room = 40 * 1024 - "X-A: v\r\n".length;
    const fits = await answerOf(() => ({ status: "200", headers, body: "a".repeat(room) }));
    expect(fits.answer).toMatchObject({ status: 200 });
    const over = await answerOf(() => ({ status: "200", headers, body: "a".repeat(room + 1) }));
    expect(over.answer.status).toBe(502);
    expect(over.rules).toEqual(["generated_response_too_large"]);
  });

  test("204 has neither body nor Content-Length", async () => {
    const { answer } = await answerOf(() => ({ status: "204" }));
    expect(answer.status).toBe(204);
    expect(answer.headers).not.toHaveProperty("content-length");
  });
});

describe("CloudFront answers 502 to a result", () => {
  test.each<[string, string, unknown]>([
    ["that is nothing", "function_result_invalid", undefined],
    ["that is null", "function_result_invalid", null],
    ["that is a string", "function_result_invalid", "ok"],
    ["that is a list", "function_result_invalid", [{ status: "200" }]],
    ["without a status or a request", "function_result_invalid", { statusCode: 200 }],
    ["whose status is a number", "function_result_invalid", { status: 402 }],
    ["whose status is below 200", "function_result_invalid", { status: "199" }],
    ["whose status is above 599", "function_result_invalid", { status: "600" }],
    ["whose body is an object", "function_result_invalid", { status: "200", body: {} }],
    [
      "with an unknown bodyEncoding",
      "function_result_invalid",
      { status: "200", bodyEncoding: "gzip", body: "" },
    ],
    ["whose headers are strings", "function_result_invalid", { status: "200", headers: { "x-a": "v" } }],
    [
      "with a header entry that has no value",
      "function_result_invalid",
      { status: "200", headers: { a: [{}] } },
    ],
    [
      "with a header value that is a number",
      "function_result_invalid",
      { status: "200", headers: { a: [{ value: 1 }] } },
    ],
    [
      "with a line break in statusDescription",
      "function_result_invalid",
      { status: "200", statusDescription: "a\r\nb" },
    ],
    [
      "with a body that is not base64 though it says so",
      "generated_body_not_base64",
      { status: "200", bodyEncoding: "base64", body: "%%" },
    ],
    ["204 with a body", "generated_body_on_204", { status: "204", body: "x" }],
    [
      "that sets Content-Length",
      "header_read_only",
      { status: "200", headers: { "content-length": [{ value: "0" }] } },
    ],
    [
      "that sets Transfer-Encoding",
      "header_read_only",
      { status: "200", headers: { "transfer-encoding": [{ value: "chunked" }] } },
    ],
  ])("%s", async (_what, rule, result) => {
    const { answer, rules } = await answerOf(() => result);
    expect(answer.status).toBe(502);
    expect(rules).toEqual([rule]);
  });
});

describe("a function that fails", () => {
  const fail = () => {
    throw new Error("no catalog");
  };

  test("by throwing gives 502 and the reason in the record", async () => {
    const { answer, edge } = await answerOf(fail);
    expect(answer.status).toBe(502);
    expect(edge.violations).toMatchObject([
      { rule: "function_threw", detail: expect.stringContaining("no catalog") },
    ]);
  });

  test("by throwing gives the configured status", async () => {
    expect((await answerOf(fail, { functionErrorStatus: 503 })).answer.status).toBe(503);
  });

  test("by returning what JSON cannot hold counts as throwing", async () => {
    expect((await answerOf(() => ({ status: "200", body: 1n }))).rules).toEqual(["function_threw"]);
  });

  test("by taking too long gives 503, and what it returns later changes nothing", async () => {
    let finish: (request: unknown) => void = () => {};
    const { edge, behind } = await setUp({
      limits: { viewerRequestTimeoutMs: 30 },
      behavior: edgeFunction((event) => new Promise((resolve) => (finish = () => resolve(requestIn(event))))),
    });
    const answer = await send(edge.url, "/");
    expect(answer.status).toBe(503);
    expect(answer.headers["x-emulator-rule"]).toBe("function_timed_out");
    finish(undefined);
    await new Promise((resolve) => setImmediate(resolve));
    expect(behind.received).toEqual([]);
    expect(edge.violations).toHaveLength(1);
  });
});

test("concurrent requests run the function concurrently", async () => {
  const together = 20;
  let running = 0;
  let release: () => void = () => {};
  const allHere = new Promise<void>((resolve) => (release = resolve));
  const { edge, behind } = await setUp({
    behavior: edgeFunction(async (event) => {
      running += 1;
      if (running === together) release();
      await allHere;
      return requestIn(event);
    }),
  });
  const answers = await Promise.all(Array.from({ length: together }, () => send(edge.url, "/")));
  expect(answers.map(({ status }) => status)).toEqual(Array(together).fill(200));
  expect(behind.received).toHaveLength(together);
});
