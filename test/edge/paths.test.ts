/** Ways round the paywall: every spelling of a priced path is priced or refused, and what is not listed is denied. */

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Stack, startStack } from "../../scripts/local/stack/start-stack.ts";
import { codeOf, get, headerOf, post, requiredOf, sendWire } from "./support.ts";

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ chains: ["polygon"] });
});

afterAll(async () => {
  // Nothing in this file pays.
  expect(stack.facilitator.calls).toEqual([]);
  expect(stack.supplier.orders).toEqual([]);
  await stack.close();
});

const MALFORMED = [400, "path_malformed"] as const;
const NOT_FOUND = [404, "route_not_found"] as const;

type Spelling = readonly [path: string, status: number, code: string];

/** Spellings that some server or cache in the world takes for /report. */
const reports: readonly Spelling[] = [
  ["//report", ...MALFORMED],
  ["/./report", ...MALFORMED],
  ["/x/../report", ...MALFORMED],
  ["/v1/plans/../../report", ...MALFORMED],
  ["/%2e%2e/report", ...MALFORMED],
  ["/%2freport", ...MALFORMED],
  ["/%5creport", ...MALFORMED],
  ["/\\report", ...MALFORMED],
  ["/report\\", ...MALFORMED],
  ["/report/", ...MALFORMED],
  ["/report/.", ...MALFORMED],
  ["/report;x", ...MALFORMED],
  ["/report;/v1/plans", ...MALFORMED],
  ["/report%3b", ...MALFORMED],
  ["/report%3fchain=base", ...MALFORMED],
  ["/report%23", ...MALFORMED],
  ["/report%20", ...MALFORMED],
  ["/report%00", ...MALFORMED],
  ["/report%0a", ...MALFORMED],
  ["/report%00.css", ...MALFORMED],
  ["/%2572eport", ...MALFORMED],
  ["/report%", ...MALFORMED],
  ["/report%c0%af", ...MALFORMED],
  ["/v1/plans%2f..%2f..%2freport", ...MALFORMED],
  ["/v1/plans;/../report", ...MALFORMED],
  ["/%EF%BD%92eport", ...MALFORMED],
  ["/REPORT", ...NOT_FOUND],
  ["/Report", ...NOT_FOUND],
  ["/report.json", ...NOT_FOUND],
  ["/report/x.css", ...NOT_FOUND],
  ["/prod/report", ...NOT_FOUND],
  ["/%24default/report", ...MALFORMED],
];

const unlisted: readonly Spelling[] = [
  ["/", ...NOT_FOUND],
  ["/index.html", ...NOT_FOUND],
  ["/robots.txt", ...NOT_FOUND],
  ["/.env", ...NOT_FOUND],
  ["/.git/config", ...NOT_FOUND],
  ["/admin", ...NOT_FOUND],
  ["/v1", ...NOT_FOUND],
  ["/v1/orders", ...NOT_FOUND],
  ["/v1/orders/1", ...NOT_FOUND],
  ["/v1/orders/ord_x/qr.svg", ...NOT_FOUND],
  ["/constructor", ...NOT_FOUND],
  ["/__proto__", ...NOT_FOUND],
  ["/toString", ...NOT_FOUND],
];

test.each([...reports, ...unlisted])("GET %s is refused at the edge: %i %s", async (path, status, code) => {
  const answer = await sendWire(stack.url, get(path));
  expect([answer.status, codeOf(answer)]).toEqual([status, code]);
  expect(headerOf(answer, "x-cache")).toBe("LambdaGeneratedResponse from cloudfront");
});

test.each([
  "/report",
  "/%72eport",
  "/%72%65%70%6F%72%74",
  "/report?",
  "/report?x=1",
  "/report?&&",
])("GET %s is the report, and is priced", async (path) => {
  const answer = await sendWire(stack.url, get(path));
  expect([answer.status, codeOf(answer)]).toEqual([402, "payment_required"]);
  expect(requiredOf(answer).resource.url).toBe(`${stack.url}/report`);
});

describe("activation", () => {
  const plan = { plan: "us-7day" };

  test.each([
    ["/v1/esim%2factivate", ...MALFORMED],
    ["/v1/esim%2Factivate", ...MALFORMED],
    ["/v1/esim%5cactivate", ...MALFORMED],
    ["/v1//esim/activate", ...MALFORMED],
    ["/v1/plans/../esim/activate", ...MALFORMED],
    ["/v1/esim/activate/", ...MALFORMED],
    ["/v1/esim/activate;v=1", ...MALFORMED],
    ["/V1/esim/activate", ...NOT_FOUND],
    ["/v1/esim/Activate", ...NOT_FOUND],
    ["/v1/esim", ...NOT_FOUND],
  ] satisfies Spelling[])("POST %s is refused at the edge: %i %s", async (path, status, code) => {
    const answer = await sendWire(stack.url, post(path, plan));
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
  });

  test.each([
    "/v1/esim/activate",
    "/v1/esim/%61ctivate",
    "/v1/esim/activate?free=1",
  ])("POST %s is priced", async (path) => {
    const answer = await sendWire(stack.url, post(path, plan));
    expect([answer.status, codeOf(answer)]).toEqual([402, "payment_required"]);
  });

  test.each([
    "X-HTTP-Method-Override",
    "X-Method-Override",
    "X-HTTP-Method",
    "X-Original-URL",
    "X-Rewrite-URL",
  ])("a free path does not become it by %s", async (name) => {
    const value = name.endsWith("URL") ? "/v1/esim/activate" : "POST";
    const answer = await sendWire(stack.url, get("/v1/plans", [[name, value]]));
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ currency: "USDC" });
  });
});

/** What is served without payment. */
const FREE = new Set(["/v1/plans", "/healthz", "/readyz"]);

test("no mixture of slashes, dots, escapes and names gets anything without payment but what is free", async () => {
  const piece = fc.constantFrom(
    ...[
      "/",
      "//",
      "report",
      "v1",
      "esim",
      "activate",
      "plans",
      "healthz",
      "..",
      ".",
      ";",
      "\\",
      "%2f",
      "%2e",
    ],
    ...["%5c", "%00", "%72", "%252f", "%", "?", "&", "=", "x", "R", "~"],
  );
  const anyPath = fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join("")}`);
  await fc.assert(
    fc.asyncProperty(anyPath, async (path) => {
      const { status } = await sendWire(stack.url, get(path));
      if (status === 200) expect(FREE).toContain(path.replace(/\?.*/, ""));
      else expect([400, 402, 404, 405]).toContain(status);
    }),
    { numRuns: 300 },
  );
});

describe("the origin's own address", () => {
  test.each([
    ["/report", "GET"],
    ["/v1/plans", "GET"],
    ["/v1/esim/activate", "POST"],
  ])("answers nobody: %s", async (path, method) => {
    const direct = { ...post(path, { plan: "us-7day" }), method };
    const forged = { ...direct, headers: [...direct.headers, ["X-Edge402-Grant", "e30.e30.e30"] as const] };
    for (const request of [direct, forged]) {
      const answer = await sendWire(stack.originUrl, request);
      expect(answer.status).toBe(403);
      expect(["grant_required", "grant_invalid"]).toContain(codeOf(answer));
    }
  });
});
