/** The local facilitator refuses every token that CDP would refuse, and malformed requests after that. */

import { generateKeyPairSync } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { generatePrivateKey } from "viem/accounts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { networks } from "../../../protocol/network.ts";
import {
  type LocalFacilitator,
  startFacilitator,
} from "../../../scripts/local/facilitator/start-facilitator.ts";
import { call, cdpKeys, mintToken, p256, paymentV1, paymentV2, type TokenChange } from "./harness.ts";

const network = networks.base;
let facilitator: LocalFacilitator;
let url: string;
let nonce: string;
let body: Awaited<ReturnType<typeof paymentV2>>["body"];

// No chain is needed: a request that gets past the checks fails with 500 when the facilitator looks for one.
const passed = 500;

beforeAll(async () => {
  facilitator = await startFacilitator({
    chains: [{ network, rpcUrl: "http://127.0.0.1:1" }],
    cdpKeys,
    settlerKey: generatePrivateKey(),
  });
  url = `${facilitator.url}/verify`;
});
beforeEach(async () => {
  ({ body, nonce } = await paymentV2(network));
});
afterAll(() => facilitator.close());

async function post(headers: IncomingHttpHeaders, payload: unknown = body) {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(headers.authorization && { authorization: headers.authorization }),
    },
    body: JSON.stringify(payload),
  });
  return { status: response.status, json: await response.json() };
}

async function postWith(change: TokenChange) {
  return post({ authorization: `Bearer ${await mintToken("POST", url, change)}` });
}

function seconds(offset: number): number {
  return Math.floor(Date.now() / 1000) + offset;
}

describe("a good token is taken", () => {
  test("signed with Ed25519", async () => {
    expect((await postWith({})).status).toBe(passed);
    expect(facilitator.callsFor(nonce)).toHaveLength(1);
  });

  test("signed with P-256", async () => {
    const change = {
      key: p256.privateKey,
      header: { alg: "ES256", kid: "key-p256" },
      claims: { sub: "key-p256" },
    };
    expect((await postWith(change)).status).toBe(passed);
  });
});

describe("refuses with 401", () => {
  async function refuses(request: Promise<{ status: number; json: unknown }>, message: string) {
    expect(await request).toEqual({
      status: 401,
      json: {
        errorType: "unauthorized",
        errorMessage: expect.stringContaining(message),
        correlationId: expect.any(String),
      },
    });
    expect(facilitator.callsFor(nonce)).toEqual([]);
  }

  test("a request without a token", () => refuses(post({}), "no bearer token"));
  test("something that is no JWT", () => refuses(post({ authorization: "Bearer abc" }), "no bearer token"));
  test("a JWT whose header is no JSON", () =>
    refuses(post({ authorization: "Bearer YQ.YQ.YQ" }), "header needs"));
  test("a signature by another key", () =>
    refuses(postWith({ key: generateKeyPairSync("ed25519").privateKey }), "signature"));
  test("an ES256 signature by another key", () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const change = {
      key: privateKey,
      header: { alg: "ES256", kid: "key-p256" },
      claims: { sub: "key-p256" },
    };
    return refuses(postWith(change), "signature");
  });
  test("an algorithm that is not the key's", () =>
    refuses(postWith({ key: p256.privateKey, header: { alg: "ES256" } }), "alg"));
  test("a kid that is not known", () => refuses(postWith({ header: { kid: "nobody" } }), "kid"));
  test("an expired token", () =>
    refuses(postWith({ claims: { iat: seconds(-200), nbf: seconds(-200), exp: seconds(-80) } }), "exp"));
  test("a token that is not yet valid", () =>
    refuses(postWith({ claims: { iat: seconds(30), nbf: seconds(30), exp: seconds(100) } }), "nbf"));
  test("another issuer", () => refuses(postWith({ claims: { iss: "coinbase" } }), "iss"));
  test("a subject that is not the key", () => refuses(postWith({ claims: { sub: "key-p256" } }), "sub"));
  test("a lifetime over 120 seconds", () =>
    refuses(postWith({ claims: { exp: seconds(130) } }), "120 seconds"));
  test("a nonce that is missing", () => refuses(postWith({ header: { nonce: undefined } }), "nonce"));
  test("a nonce under 16 characters", () =>
    refuses(postWith({ header: { nonce: "123456789012345" } }), "nonce"));
  test.each(["exp", "nbf", "uris", "iss", "sub"])("a token without %s", (claim) =>
    refuses(postWith({ claims: { [claim]: undefined } }), claim));

  describe("uris that are not exactly this request:", () => {
    const own = () => `POST ${new URL(url).host}${new URL(url).pathname}`;
    test.each([
      ["none", () => []],
      ["another method", () => [own().replace("POST", "GET")]],
      ["another host", () => [own().replace("127.0.0.1", "api.cdp.coinbase.com")]],
      ["another path", () => [own().replace("/verify", "/settle")]],
      ["with the scheme", () => [own().replace("POST ", "POST http://")]],
      ["a second one", () => [own(), own()]],
    ])("%s", (_, uris) => refuses(postWith({ claims: { uris: uris() } }), "uris"));
  });

  test("a token that was used before", async () => {
    const authorization = `Bearer ${await mintToken("POST", url)}`;
    expect((await post({ authorization }, {})).status).toBe(400);
    await refuses(post({ authorization }), "used before");
  });

  test("a new token with a used nonce", async () => {
    const header = { nonce: "0123456789abcdef0123456789abcdef" };
    expect(
      (await post({ authorization: `Bearer ${await mintToken("POST", url, { header })}` }, {})).status,
    ).toBe(400);
    await refuses(postWith({ header }), "used before");
  });
});

test("a refused request still counts as a call", async () => {
  const before = facilitator.calls.length;
  await post({});
  expect(facilitator.calls.slice(before)).toEqual([
    { endpoint: "verify", nonce: undefined, at: expect.any(Number) },
  ]);
});

test("a token is asked for before anything else, even where there is nothing", async () => {
  expect((await fetch(`${facilitator.url}/nothing`)).status).toBe(401);
  const nowhere = `${facilitator.url}/nothing`;
  const authorization = `Bearer ${await mintToken("GET", nowhere)}`;
  expect((await fetch(nowhere, { headers: { authorization } })).status).toBe(404);
});

describe("refuses with 400", () => {
  async function refuses(payload: unknown, message: string) {
    expect(await call(facilitator, "verify", payload)).toMatchObject({
      status: 400,
      json: { errorType: "invalid_request", errorMessage: expect.stringContaining(message) },
    });
  }

  test("a body that is not JSON", () => refuses("{", "JSON"));
  test("an unknown version", () => refuses({ ...body, x402Version: 3 }, "x402Version"));
  test("a body over 64 KiB", () =>
    refuses(JSON.stringify({ ...body, padding: "x".repeat(65_536) }), "too large"));
  test("a body without requirements", () =>
    refuses({ ...body, paymentRequirements: undefined }, "paymentRequirements"));
  test("a payTo that is not checksummed", async () => {
    const payTo = body.paymentRequirements.payTo.toLowerCase();
    await refuses((await paymentV2(network, { requirements: { payTo } })).body, "paymentRequirements.payTo");
  });
  test("an asset that is not checksummed, in version 1", async () => {
    const asset = network.usdc.address.toLowerCase();
    await refuses((await paymentV1(network, { requirements: { asset } })).body, "paymentRequirements.asset");
  });
  test("a resource description over 500 characters", async () => {
    body.paymentPayload.resource.description = "x".repeat(501);
    await refuses(body, "paymentPayload.resource.description");
    body.paymentPayload.resource.description = "x".repeat(500);
    expect((await call(facilitator, "verify", body)).status).toBe(passed);
  });
  test("a description over 500 characters, in version 1", async () => {
    const requirements = { description: "x".repeat(501) };
    await refuses((await paymentV1(network, { requirements })).body, "paymentRequirements.description");
  });
  test("an amount that is not a whole number", async () => {
    await refuses(
      (await paymentV2(network, { requirements: { amount: "1.5" } })).body,
      "amount: not a decimal integer",
    );
  });
  test("a network that is not served", async () => {
    await refuses((await paymentV2(networks.polygon)).body, "not supported");
  });
});
