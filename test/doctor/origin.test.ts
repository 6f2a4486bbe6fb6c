/** Whether the origin answers anybody: one that knows nothing of payments does, and so it is found open. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checksAfter } from "../../scripts/doctor/after/after.ts";
import { judgePlainHttp } from "../../scripts/doctor/after/transport.ts";
import { type Stack, startStack } from "../../scripts/local/stack/start-stack.ts";
import { json, type LoopbackServer, answer as respond, startServer } from "./servers.ts";
import { merchantOf, only, resultsOf, targetOf } from "./support.ts";

const CLOSED = "origin is closed";
const FORGED = "origin refuses a forged grant";

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ config: { settle: "origin-response" } });
});

afterAll(() => stack?.close());

async function check(originUrl: string | null, withMtls = false) {
  const { deployment } = merchantOf(stack);
  const originMtls = {
    domainName: "api.example.net",
    certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/1",
    truststoreUri: "s3://bucket/ca.pem",
    clientCertificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/2",
  };
  const target = targetOf(stack, {
    originUrl,
    deployment: withMtls ? { ...deployment, originMtls } : deployment,
  });
  return resultsOf(checksAfter(target).filter(({ name }) => name === CLOSED || name === FORGED));
}

async function withOrigin<Value>(
  handle: Parameters<typeof startServer>[0],
  use: (url: string) => Promise<Value>,
): Promise<Value> {
  const server: LoopbackServer = await startServer(handle);
  try {
    return await use(server.url);
  } finally {
    await server.close();
  }
}

describe("an origin", () => {
  test("that answers anybody is found open", async () => {
    const results = await check(stack.originUrl);
    for (const name of [CLOSED, FORGED]) {
      expect(results.get(name)).toMatchObject({
        status: "failed",
        finding: "/report: answered with 200",
        fix: expect.stringContaining("Close it at once"),
      });
    }
  });

  test.each([401, 403])("that answers %i is closed", async (status) => {
    const results = await withOrigin((_, response) => respond(response, json(status, {})), check);
    expect(results.get(CLOSED)?.status).toBe("passed");
  });

  test("that believes any grant is found by a forged one", async () => {
    const results = await withOrigin(
      ({ headers }, response) =>
        respond(response, json(headers["x-edge402-grant"] === undefined ? 403 : 200, {})),
      check,
    );
    expect(results.get(CLOSED)?.status).toBe("passed");
    expect(results.get(FORGED)?.status).toBe("failed");
  });

  test("that cuts connections is closed where it asks for CloudFront's certificate, and else unknown", async () => {
    const cut: Parameters<typeof startServer>[0] = (_, response) => void response.destroy();
    expect((await withOrigin(cut, (url) => check(url, true))).get(CLOSED)?.status).toBe("passed");
    expect((await withOrigin(cut, (url) => check(url))).get(CLOSED)?.status).toBe("failed");
  });

  test("whose URL is not given is left open, and fails nothing", async () => {
    const results = await check(null);
    expect([...results.values()].map(({ status }) => status)).toEqual(["open"]);
  });
});

describe("a gateway in front of an origin that knows nothing of payments", () => {
  test("passes in everything that is sold there", async () => {
    const results = await resultsOf(checksAfter(targetOf(stack, { originUrl: null })));
    const failed = [...results.values()].filter(({ status }) => status === "failed");
    expect(failed).toEqual([]);
    expect([...results.keys()]).toContain("402 for /report");
    expect([...results.keys()]).not.toContain("402 for plan us-7day");
  });

  test("gave nothing of the origin's away meanwhile", async () => {
    const asked = stack.thirdParty?.requests.length ?? 0;
    const names = ["other spellings of the path", "forged grant", "other methods"].map(
      (what) => `way around: ${what}`,
    );
    await resultsOf(only(checksAfter(targetOf(stack, { originUrl: null })), ...names));
    expect(stack.thirdParty?.requests.length).toBe(asked);
  });
});

describe("plain HTTP", () => {
  const answered = (status: number, headers = {}) =>
    ({ kind: "answer", status, headers, body: Buffer.alloc(0) }) as const;

  test.each([
    ["is refused", answered(403), "passed"],
    ["is redirected to HTTPS", answered(301, { location: "https://shop.example/" }), "passed"],
    ["is not listened to", { kind: "fault", fault: "refused" } as const, "passed"],
    ["is answered", answered(402), "failed"],
    ["is redirected to plain HTTP", answered(301, { location: "http://shop.example/" }), "failed"],
    ["can't be asked", { kind: "fault", fault: "host_not_found" } as const, "open"],
  ])("that %s", (_, reply, status) => {
    expect(judgePlainHttp(reply).status).toBe(status);
  });
});
