/** The facilitator and the CDP key, against the local facilitator and ones that are broken. */

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { networks } from "../../protocol/network.ts";
import { facilitatorChecks } from "../../scripts/doctor/before/facilitator.ts";
import type { CdpSecret, Found } from "../../scripts/doctor/environment.ts";
import {
  type LocalFacilitator,
  startFacilitator,
} from "../../scripts/local/facilitator/start-facilitator.ts";
import { cdpPublicKey, type LocalSecrets, localSecrets } from "../../scripts/local/stack/secrets.ts";
import { acceptedInput, buildConfig } from "../builders/config.ts";
import { json, type LoopbackServer, answer as respond, startServer } from "./servers.ts";
import { resultsOf } from "./support.ts";

const OURS = "CDP key, our token";
const LIBRARY = "CDP key, Coinbase's library";

const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
let secrets: LocalSecrets;
let facilitator: LocalFacilitator;

beforeAll(async () => {
  secrets = localSecrets(undefined);
  facilitator = await startFacilitator({
    chains: [{ network: networks.polygon, rpcUrl: "http://127.0.0.1:9" }],
    cdpKeys: [
      { id: secrets.cdpKeyId, publicKey: cdpPublicKey(secrets) },
      { id: "ec-key", publicKey: ec.publicKey },
    ],
    settlerKey: secrets.settlerKey,
  });
});

afterAll(() => facilitator.close());

function good(): CdpSecret {
  return { id: secrets.cdpKeyId, secret: secrets.cdpKeySecret };
}

function check(cdp: Found<CdpSecret>, facilitatorUrl = facilitator.url, now: () => number = Date.now) {
  const config = buildConfig({ facilitatorUrl, networks: [acceptedInput("polygon"), acceptedInput("base")] });
  return resultsOf(facilitatorChecks({ config, cdp, now, randomBytes }));
}

describe("the CDP key", () => {
  test("is let in with our token and with the library's", async () => {
    const results = await check(good());
    expect(results.get(OURS)?.status).toBe("passed");
    expect(results.get(LIBRARY)?.status).toBe("passed");
  });

  test.each([
    "sec1",
    "pkcs8",
  ] as const)("is let in both ways when it is EC in %s PEM, on one line", async (type) => {
    const secret = ec.privateKey.export({ format: "pem", type }).toString().replaceAll("\n", "\\n");
    const results = await check({ id: "ec-key", secret });
    expect(results.get(OURS)?.status).toBe("passed");
    expect(results.get(LIBRARY)?.status).toBe("passed");
  });

  test("that the facilitator does not know fails both, and what is supported is left open", async () => {
    const other = localSecrets(undefined);
    const results = await check({ id: other.cdpKeyId, secret: other.cdpKeySecret });
    expect(results.get(OURS)).toMatchObject({
      status: "failed",
      finding: expect.stringContaining("refuses it (401)"),
    });
    expect(results.get(LIBRARY)?.status).toBe("failed");
    expect(results.get("polygon: facilitator")?.status).toBe("open");
  });

  test("that belongs to another id fails both", async () => {
    const results = await check({ ...good(), secret: localSecrets(undefined).cdpKeySecret });
    expect(results.get(OURS)?.status).toBe("failed");
    expect(results.get(LIBRARY)?.status).toBe("failed");
  });

  test("that is no key is told without any part of it", async () => {
    const results = await check({ ...good(), secret: "bm90IGEga2V5" });
    expect(results.get(OURS)?.status).toBe("failed");
    expect(JSON.stringify([...results.values()])).not.toContain("bm90");
  });

  test("that is missing names the variables", async () => {
    const results = await check({ missing: ["EDGE402_CDP_KEY_SECRET"] });
    expect(results.get(OURS)?.finding).toBe("not set: EDGE402_CDP_KEY_SECRET");
  });

  test("fails with our token alone when our clock is wrong, and that fix says to compare", async () => {
    const results = await check(good(), facilitator.url, () => Date.now() - 3_600_000);
    expect(results.get(OURS)).toMatchObject({
      status: "failed",
      fix: expect.stringContaining("fault in edge402"),
    });
    expect(results.get(LIBRARY)?.status).toBe("passed");
  });
});

describe("the facilitator", () => {
  test("must settle exact on every configured network", async () => {
    const results = await check(good());
    expect(results.get("polygon: facilitator")?.status).toBe("passed");
    expect(results.get("base: facilitator")).toMatchObject({
      status: "failed",
      finding: "does not settle exact on eip155:8453",
    });
  });

  test("that serves version 1 alone settles nothing for us", async () => {
    const kinds = [{ x402Version: 1, scheme: "exact", network: "polygon" }];
    const results = await checkScripted(200, { kinds });
    expect(results.get("polygon: facilitator")?.status).toBe("failed");
  });

  test.each<[string, number, unknown]>([
    ["an error", 500, { error: "broken" }],
    ["something else", 200, { hello: "world" }],
    ["another status with the right body", 202, { kinds: [] }],
  ])("that answers with %s fails, in our own words", async (_, status, body) => {
    const results = await checkScripted(status, body);
    expect(results.get(OURS)?.status).toBe("failed");
    expect(results.get(OURS)?.finding).toMatch(/^127\.0\.0\.1:\d+ answers \d+, not what it supports$/);
  });

  test("that is not there fails", async () => {
    const server = await startServer(() => {});
    await server.close();
    const results = await check(good(), server.url);
    expect(results.get(OURS)?.finding).toContain("the connection is refused");
  });
});

async function checkScripted(status: number, body: unknown) {
  const server: LoopbackServer = await startServer((_, response) => respond(response, json(status, body)));
  try {
    return await check(good(), server.url);
  } finally {
    await server.close();
  }
}
