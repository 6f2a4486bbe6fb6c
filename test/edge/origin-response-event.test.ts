/** What CloudFront gets back from the origin-response function: what stays of the origin's answer, and what does not. */

import type { CloudFrontHeaders, CloudFrontResponse } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { toOriginResponse } from "../../edge/adapters/origin-response.ts";
import { respondProblem } from "../../edge/answers.ts";
import { HEADER } from "../../protocol/headers.ts";

function headers(fields: Readonly<Record<string, string>>): CloudFrontHeaders {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key.toLowerCase(), [{ key, value }]]),
  );
}

const response: CloudFrontResponse = {
  status: "200",
  statusDescription: "OK",
  headers: headers({
    "Content-Type": "text/plain",
    "Content-Encoding": "gzip",
    "Content-Length": "9",
    "Transfer-Encoding": "chunked",
    Via: "1.1 origin",
    "Set-Cookie": "session=1",
    ETag: '"1"',
    Location: "/the-goods",
    Link: "</the-goods>; rel=canonical",
    "Cache-Control": "public, max-age=3600",
    Expires: "Thu, 01 Jan 2099 00:00:00 GMT",
    "Access-Control-Allow-Origin": "https://shop.example.com",
    "Access-Control-Expose-Headers": "X-Total",
    "Payment-Response": "made up",
    "X-Payment-Response": "made up",
  }),
};

const values = (fields: CloudFrontHeaders | undefined, name: string) =>
  fields?.[name]?.map(({ value }) => value);

test("an answer that passes is handed back as it came", () => {
  expect(toOriginResponse(response, { kind: "pass" })).toEqual(response);
});

describe("a paid answer", () => {
  const receipt = { [HEADER.paymentResponse]: "the receipt" };
  const paid = toOriginResponse(response, { kind: "paid", receipt });

  test("keeps its status, its body and its own headers", () => {
    expect([paid.status, "body" in paid]).toEqual(["200", false]);
    for (const name of [
      "content-type",
      "content-encoding",
      "set-cookie",
      "location",
      "transfer-encoding",
      "via",
    ]) {
      expect(paid.headers?.[name]).toEqual(response.headers[name]);
    }
  });

  test("has the receipt in place of any that the origin made up", () => {
    expect(values(paid.headers, HEADER.paymentResponse)).toEqual(["the receipt"]);
    expect(paid.headers?.[HEADER.xPaymentResponse]).toBeUndefined();
  });

  test("is kept out of caches", () => {
    expect(values(paid.headers, "cache-control")).toEqual(["no-store, private"]);
    expect(paid.headers?.["expires"]).toBeUndefined();
  });

  test("can be read by a browser: the origin's own rules stay, ours come along", () => {
    expect(values(paid.headers, "access-control-allow-origin")).toEqual(["https://shop.example.com"]);
    expect(values(paid.headers, "access-control-expose-headers")?.[0]).toMatch(
      /^X-Total, .*\bPAYMENT-RESPONSE\b/,
    );
    const bare = toOriginResponse({ ...response, headers: {} }, { kind: "paid", receipt });
    expect(values(bare.headers, "access-control-allow-origin")).toEqual(["*"]);
  });
});

describe("a withheld answer", () => {
  const withheld = toOriginResponse(response, {
    kind: "withhold",
    answer: respondProblem("payment_already_used", {}),
  });

  test("has another status, and a body that takes the place of the origin's", () => {
    expect([withheld.status, withheld.statusDescription]).toEqual(["409", undefined]);
    expect(JSON.parse(withheld.body ?? "")).toMatchObject({ code: "payment_already_used" });
  });

  test("has a body even where it is empty, or CloudFront would keep the origin's", () => {
    const answer = { kind: "respond", status: 402, headers: {}, body: "" } as const;
    expect(toOriginResponse(response, { kind: "withhold", answer }).body).toBe("");
  });

  test("keeps of the origin's headers only what CloudFront wants back unchanged", () => {
    const own = Object.keys(respondProblem("payment_already_used", {}).headers);
    expect(Object.keys(withheld.headers ?? {}).sort()).toEqual([...own, "transfer-encoding", "via"].sort());
    expect(values(withheld.headers, "content-type")).toEqual(["application/problem+json"]);
    expect(values(withheld.headers, "access-control-allow-origin")).toEqual(["*"]);
  });
});
