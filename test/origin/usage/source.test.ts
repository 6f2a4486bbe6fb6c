/** The issuer over HTTP: whatever it answers, or does not, is a value, and the access code goes nowhere else. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createUsageSource } from "../../../origin/usage/source.ts";
import { type Listening, listen } from "../../../scripts/local/listen.ts";
import { USAGE_ISSUER, usageKeySet } from "../../builders/origin-usage.ts";

const PATIENT_MS = 5_000;
const HURRIED_MS = 200;
const ACCESS_CODE = "secret-code";

let server: Listening;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let seen: { url: string | undefined; accessCode: unknown }[];

beforeEach(async () => {
  seen = [];
  const http = createServer((request, response) => {
    seen.push({ url: request.url, accessCode: request.headers["rt-accesscode"] });
    answer(request, response);
  });
  server = await listen(http, "the usage issuer");
});
afterEach(() => server.close());

function source(deadlineMs = PATIENT_MS, supplierUrl = `${server.url}/api/v1/open`) {
  return createUsageSource({
    usage: { issuer: USAGE_ISSUER, keySet: usageKeySet, recordsUrl: `${server.url}/usage/records` },
    supplier: { url: supplierUrl, accessCode: ACCESS_CODE },
    fetch,
    deadlineMs,
  });
}

const say = (body: unknown, status = 200) => {
  answer = (_, response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body));
  };
};
const unavailable = (detail: string) => ({ kind: "unavailable", detail });

test("asks for one eSIM's records after a number, and hands on what it is told", async () => {
  say({ records: ["a", "b"], more: true });
  expect(await source().records("25091113270004", 7)).toEqual({ kind: "records", records: ["a", "b"] });
  expect(seen).toEqual([{ url: "/usage/records/25091113270004?after=7", accessCode: ACCESS_CODE }]);
});

test("keeps an odd number from being another path", async () => {
  say({ records: [] });
  await source().records("../keys?x#y", 0);
  expect(seen[0]?.url).toBe("/usage/records/..%2Fkeys%3Fx%23y?after=0");
});

test.each([
  "https://api.example.com/open",
  "http://127.0.0.1:1/api",
])("keeps the supplier's access code to the supplier at %s", async (supplierUrl) => {
  say({ records: [] });
  await source(PATIENT_MS, supplierUrl).records("1", 0);
  expect(seen[0]?.accessCode).toBeUndefined();
});

describe("is unavailable", () => {
  test.each([404, 401, 429, 500, 503])("with a %i", async (status) => {
    say({ records: ["a"] }, status);
    expect(await source().records("1", 0)).toEqual(unavailable(`http_${status}`));
  });

  test.each([
    ["nothing", ""],
    ["no JSON", "<html>"],
    ["no list", { records: "a" }],
    ["a list of other things", { records: ["a", 1] }],
    ["a list that is longer than any", { records: Array(1_001).fill("a") }],
    ["two lists", '{"records":["a"],"records":["b"]}'],
    ["no text", new Uint8Array([0x7b, 0xff, 0x7d])],
  ])("where it answers with %s", async (_, body) => {
    say(body);
    expect(await source().records("1", 0)).toEqual(unavailable("bad_answer"));
  });

  test("where its answer is larger than any", async () => {
    say({ records: ["x".repeat(1_024 * 1_024)] });
    expect(await source().records("1", 0)).toEqual(unavailable("too_large"));
  });

  test("where it sends the code elsewhere", async () => {
    answer = (request, response) => {
      if (request.url === "/elsewhere") return void response.end('{"records":[]}');
      response.writeHead(302, { location: "/elsewhere" }).end();
    };
    expect(await source().records("1", 0)).toEqual(unavailable("connection_failed"));
    expect(seen).toHaveLength(1);
  });

  test("where it hangs up", async () => {
    answer = (request) => request.socket.destroy();
    expect(await source().records("1", 0)).toEqual(unavailable("connection_failed"));
  });

  test.each([
    ["does not answer", () => {}],
    [
      "stops in the middle",
      (_: IncomingMessage, response: ServerResponse) => void response.write('{"records":['),
    ],
  ])("where it %s", async (_, hang) => {
    answer = hang;
    expect(await source(HURRIED_MS).records("1", 0)).toEqual(unavailable("timeout"));
  });
});

test("any answer at all is records or a detail, and no exception", async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.json(), fc.string({ unit: "binary" })), async (body) => {
      say(body);
      const result = await source().records("1", 0);
      if (result.kind === "records") expect(JSON.parse(body)).toMatchObject({ records: result.records });
      else expect(result.detail).toBe("bad_answer");
    }),
    { numRuns: 50 },
  );
});
