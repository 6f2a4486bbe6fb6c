/** Requests and responses through both emulators, one behind the other, as a deployed stack has them. */

import type { APIGatewayProxyEventV2 } from "aws-lambda";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiGateway, startApiGateway } from "../../../scripts/local/api-gateway/api-gateway.ts";
import { type CloudFront, startCloudFront } from "../../../scripts/local/cloudfront/cloudfront.ts";
import { domainName, edgeFunction, requestIn, send } from "../cloudfront/support.ts";
import { bodyBytes } from "./support.ts";

const RUNS = 60;
const LARGEST_BODY = 100_000;

let gateway: ApiGateway;
let edge: CloudFront;
let received: APIGatewayProxyEventV2 | undefined;
let reply: Buffer = Buffer.alloc(0);

beforeAll(async () => {
  gateway = await startApiGateway({
    handler: async (event) => {
      received = event;
      return { statusCode: 200, isBase64Encoded: true, body: reply.toString("base64") };
    },
  });
  edge = await startCloudFront({
    distribution: {
      id: "E1",
      domainName,
      origins: { api: { url: gateway.url } },
      behaviors: [{ pathPattern: "*", origin: "api", allowedMethods: "ALL", ...edgeFunction(requestIn) }],
    },
  });
});

afterAll(async () => {
  await edge.close();
  await gateway.close();
});

/** Sends through both and returns the event that came out. */
async function eventOf(...request: Parameters<typeof send> extends [string, ...infer Rest] ? Rest : never) {
  received = undefined;
  const answer = await send(edge.url, ...request);
  expect(answer.status).toBe(200);
  expect(edge.violations).toEqual([]);
  if (received === undefined) throw new Error("Nothing arrived");
  const event: APIGatewayProxyEventV2 = received;
  return { event, answer };
}

const contentType = fc.constantFrom(
  "application/json",
  "text/plain",
  "application/octet-stream",
  "image/png",
);
const anyBody = fc.oneof(
  fc.uint8Array({ maxLength: 2_000 }),
  fc.string({ unit: "binary", maxLength: 2_000 }).map((text) => Buffer.from(text)),
  // Larger than what the edge function sees.
  fc.integer({ min: 40_000, max: LARGEST_BODY }).map((length) => Buffer.alloc(length, "abc\u00e9")),
);

describe("through CloudFront and API Gateway", () => {
  test("any body arrives identical and in full", async () => {
    await fc.assert(
      fc.asyncProperty(anyBody, contentType, async (body, type) => {
        const headers = { "Content-Type": type };
        const { event } = await eventOf("/", { method: "POST", headers, body });
        expect(bodyBytes(event).equals(body)).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  test("any body comes back identical and in full", async () => {
    await fc.assert(
      fc.asyncProperty(anyBody, async (body) => {
        reply = Buffer.from(body);
        const { answer } = await eventOf("/");
        expect(answer.body.equals(reply)).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  test("any path and query arrive as sent", async () => {
    const urlText = (characters: string) =>
      fc.string({ unit: fc.constantFrom(...characters, "%20", "%2F", "%3f", "%C3%A9", ".."), maxLength: 40 });
    const path = urlText("abcXYZ019-._~!$&'()*+,;=:@/");
    const query = urlText("abcXYZ019-._~!$&'()*+,;=:@/?");
    await fc.assert(
      fc.asyncProperty(path, query, async (rest, search) => {
        const { event } = await eventOf(search === "" ? `/${rest}` : `/${rest}?${search}`);
        expect([event.rawPath, event.rawQueryString]).toEqual([`/${rest}`, search]);
      }),
      { numRuns: RUNS },
    );
  });

  test("any header arrives with all its values in order", async () => {
    const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/).map((text) => `X-Test-${text}`);
    const value = fc.stringMatching(/^[!-~]([ -~]{0,40}[!-~])?$/);
    await fc.assert(
      fc.asyncProperty(name, fc.array(value, { minLength: 1, maxLength: 4 }), async (key, values) => {
        const headers = ["Host", "shop.example", ...values.flatMap((each) => [key, each])];
        const { event } = await eventOf("/", { headers });
        expect(event.headers[key.toLowerCase()]).toBe(values.join(","));
      }),
      { numRuns: RUNS },
    );
  });

  test("the viewer's address is first and the gateway is called under its own name", async () => {
    const { event } = await eventOf("/", { headers: { Host: "shop.example" } });
    expect(event.headers["x-forwarded-for"]).toBe("127.0.0.1, 127.0.0.1");
    expect(event.headers["host"]).toBe(new URL(gateway.url).host);
  });
});
