/** The event a viewer-request function gets. */

import type { CloudFrontRequestEvent } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { domainName, edgeFunction, requestIn, type Sent, send, setUp } from "./support.ts";

/** The event for one request, kept before the function lets it through. */
async function eventFor(path: string, sent: Sent = {}, includeBody = true): Promise<CloudFrontRequestEvent> {
  const events: CloudFrontRequestEvent[] = [];
  const behavior = edgeFunction((event) => {
    events.push(structuredClone(event));
    return requestIn(event);
  }, includeBody);
  const { edge } = await setUp({ behavior });
  const { status } = await send(edge.url, path, sent);
  expect(status).toBe(200);
  const [event] = events;
  if (event === undefined) throw new Error("The function did not run");
  return event;
}

describe("the viewer-request event", () => {
  test("has exactly the documented fields", async () => {
    const event = await eventFor("/v1/esims?size=1", {
      method: "POST",
      headers: ["Host", "shop.example", "Content-Length", "2"],
      body: "{}",
    });
    expect(event).toEqual({
      Records: [
        {
          cf: {
            config: {
              distributionDomainName: domainName,
              distributionId: "EDFDVBD6EXAMPLE",
              eventType: "viewer-request",
              requestId: expect.stringMatching(/^[\w-]{50,}$/),
            },
            request: {
              clientIp: "127.0.0.1",
              method: "POST",
              uri: "/v1/esims",
              querystring: "size=1",
              headers: {
                host: [{ key: "Host", value: "shop.example" }],
                "content-length": [{ key: "Content-Length", value: "2" }],
              },
              body: { inputTruncated: false, action: "read-only", encoding: "base64", data: "e30=" },
            },
          },
        },
      ],
    });
  });

  test("gives repeated headers one entry each, in order and in the viewer's spelling", async () => {
    const event = await eventFor("/", { headers: ["Host", "a", "X-Tag", "1", "x-TAG", "2"] });
    expect(requestIn(event).headers["x-tag"]).toEqual([
      { key: "X-Tag", value: "1" },
      { key: "x-TAG", value: "2" },
    ]);
  });

  test("keeps the uri's percent-encoding and dots as sent", async () => {
    expect(requestIn(await eventFor("/a%2Fb/../%7e?q=%20&q")).uri).toBe("/a%2Fb/../%7e");
  });

  test("gives the querystring without its question mark and undecoded", async () => {
    expect(requestIn(await eventFor("/?a=%20b&a=?")).querystring).toBe("a=%20b&a=?");
  });

  test("has an empty querystring where the request has none", async () => {
    expect(requestIn(await eventFor("/")).querystring).toBe("");
  });

  test("has no body when includeBody is off", async () => {
    expect(requestIn(await eventFor("/", { method: "POST", body: "secret" }, false))).not.toHaveProperty(
      "body",
    );
  });

  test("does not show the headers that are disallowed to functions", async () => {
    const headers = {
      "X-Real-IP": "1.2.3.4",
      "X-Edge-Key": "k",
      "X-Amzn-RequestId": "r",
      Expect: "100-continue",
    };
    const { headers: seen } = requestIn(await eventFor("/", { method: "POST", headers, body: "x" }));
    expect(Object.keys(seen)).not.toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^(x-real-ip|x-edge-key|x-amzn-requestid|expect|connection)$/),
      ]),
    );
    expect(seen).toHaveProperty("host");
  });
});

describe("the request body in the event", () => {
  const limit = 40 * 1024;

  test("arrives whole up to 40 KB", async () => {
    const body = Buffer.alloc(limit, "a");
    const seen = requestIn(await eventFor("/", { method: "POST", body })).body;
    expect(seen).toMatchObject({ inputTruncated: false, data: body.toString("base64") });
  });

  test("is cut to 40 KB before base64 when it is longer, while the origin gets all of it", async () => {
    const body = Buffer.alloc(limit + 1, "b");
    const seen: unknown[] = [];
    const { edge, behind } = await setUp({
      behavior: edgeFunction((event) => {
        seen.push(requestIn(event).body);
        return requestIn(event);
      }),
    });
    await send(edge.url, "/", { method: "POST", body });
    expect(seen).toEqual([
      {
        inputTruncated: true,
        action: "read-only",
        encoding: "base64",
        data: body.subarray(0, limit).toString("base64"),
      },
    ]);
    expect(behind.only().body.equals(body)).toBe(true);
    expect(edge.violations).toEqual([]);
  });
});
