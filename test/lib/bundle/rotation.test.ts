/**
 * A new master key is rolled out while everything runs: the edge's bundle and the origin's secret change at different
 * times, in either order, and neither ever refuses what the other has signed.
 */

import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { type Bundle, bundleEdge, bundleOrigin } from "../../../lib/bundle/bundle.ts";
import { edgeSecretsJson, originSecretsJson, readSecrets } from "../../../lib/secrets.ts";
import { grantKeyId } from "../../../protocol/grant-reader.ts";
import { HEADER } from "../../../protocol/headers.ts";
import { usdc } from "../../../protocol/money.ts";
import { networks } from "../../../protocol/network.ts";
import { toEvent } from "../../../scripts/local/api-gateway/event.ts";
import { configInput, MERCHANT } from "../../builders/config.ts";
import { SETTLED } from "../../builders/facilitator.ts";
import { buildPayment } from "../../builders/payment.ts";
import { answers, startScripted } from "../../edge/scripted-server.ts";
import { invoiceIn, requiredIn } from "../../edge/support.ts";
import { type Handler, loadOrigin, silenceOutput } from "../../origin/entry/origin-bundle.ts";
import { masterKey, secretEnvironment } from "../secret-environment.ts";
import { loadBare } from "./bare-lambda.ts";
import { answerOf, viewerRequest } from "./edge-event.ts";
import { startSecretServer } from "./secret-server.ts";

const MAX_CODE_KIB = 1_024;
/** Between two readings of the origin's secret. */
const PAUSE_MS = 10_000;
const PLANS = "/v1/plans";

const [older, newer] = [masterKey(), masterKey()];
const env = secretEnvironment();
const before = readSecrets({ ...env, EDGE402_KEYS: `1:${older}` });
const after = readSecrets({ ...env, EDGE402_KEYS: `2:${newer},1:${older}` });
const dropped = readSecrets({ ...env, EDGE402_KEYS: `2:${newer}` });

let http: Bundle;
beforeAll(() => {
  http = bundleOrigin("http", configInput());
});

function edgeOf(secrets: typeof before, facilitatorUrl = "http://127.0.0.1:9") {
  const inline = { kind: "inline", secrets: edgeSecretsJson(secrets) } as const;
  return loadBare(bundleEdge("viewer-request", configInput({ facilitatorUrl }), inline, MAX_CODE_KIB));
}

/** The grant with which an edge forwards a request for the plans. */
async function grantFrom(secrets: typeof before): Promise<string> {
  return answerOf(await edgeOf(secrets).invoke(viewerRequest({ uri: PLANS }))).header(HEADER.grant);
}

async function statusAt(origin: Handler, grant: string): Promise<unknown> {
  const event = toEvent({
    method: "GET",
    target: PLANS,
    httpVersion: "1.1",
    headers: [{ name: HEADER.grant, value: grant }],
    body: Buffer.alloc(0),
    sourceIp: "192.0.2.1",
    receivedAt: new Date(),
  });
  return origin(event);
}

describe("a grant", () => {
  test.each([
    ["of the edge before is good at the origin after", before, after, 1],
    ["of the edge after is good at the origin after", after, after, 2],
    ["of the edge after is good once the older key is dropped", after, dropped, 2],
  ] as const)("%s", async (_, edge, origin, keyId) => {
    silenceOutput();
    const server = await startSecretServer(originSecretsJson(origin));
    const grant = await grantFrom(edge);
    expect(grantKeyId(grant)).toBe(keyId);
    expect(await statusAt(loadOrigin(http, server.env), grant)).toMatchObject({ statusCode: 200 });
  });

  test("of the edge before is refused once its key is dropped", async () => {
    silenceOutput();
    const server = await startSecretServer(originSecretsJson(dropped));
    const response = await statusAt(loadOrigin(http, server.env), await grantFrom(before));
    expect(response).toMatchObject({ statusCode: 403 });
  });

  test("of the edge after is good at an origin that still runs with what it read before the rotation", async () => {
    silenceOutput();
    const server = await startSecretServer(originSecretsJson(before));
    const origin = loadOrigin(http, server.env);
    expect(await statusAt(origin, await grantFrom(before))).toMatchObject({ statusCode: 200 });

    server.value = originSecretsJson(after);
    // Reading again too soon is a way to be made to read all the time.
    const grant = await grantFrom(after);
    expect(await statusAt(origin, grant)).toMatchObject({ statusCode: 403 });
    expect(server.reads).toBe(1);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + PAUSE_MS });
    onTestFinished(() => void vi.useRealTimers());
    expect(await statusAt(origin, grant)).toMatchObject({ statusCode: 200 });
    expect(await statusAt(origin, await grantFrom(before))).toMatchObject({ statusCode: 200 });
    expect(server.reads).toBe(2);
  });
});

describe("an invoice that the edge before issued", () => {
  test.each([
    ["after", after, "POST /verify"],
    ["once the older key is dropped", dropped, undefined],
  ] as const)("meets the edge %s", async (_, secrets, asked) => {
    const facilitator = await startScripted(
      answers(JSON.stringify({ isValid: true, payer: SETTLED.payer })),
      answers(JSON.stringify(SETTLED)),
    );
    const challenge = answerOf(await edgeOf(before).invoke(viewerRequest({ uri: "/report" })));
    const payment = await buildPayment({
      version: 2,
      network: networks.base,
      payTo: MERCHANT,
      amount: usdc(3_000n),
      invoice: invoiceIn(requiredIn(challenge.header(HEADER.paymentRequired))),
      now: Math.floor(Date.now() / 1_000),
    });
    const headers = { [payment.headerName]: payment.header };
    const edge = edgeOf(secrets, facilitator.url);
    const answer = answerOf(await edge.invoke(viewerRequest({ uri: "/report", headers })));
    expect(facilitator.requests[0]?.split(" ", 2).join(" ")).toBe(asked);
    expect(answer.status).toBe(asked === undefined ? "402" : undefined);
  });
});
