/** The viewer-request bundle, alone with what Lambda@Edge gives it. */

import { describe, expect, test } from "vitest";
import { parseEdgeSecrets } from "../../../edge/entry/secrets-json.ts";
import { bundleEdge } from "../../../lib/bundle/bundle.ts";
import { edgeSecretsJson, readSecrets } from "../../../lib/secrets.ts";
import { verifyGrant } from "../../../protocol/grant-reader.ts";
import { HEADER } from "../../../protocol/headers.ts";
import { usdc } from "../../../protocol/money.ts";
import { networks } from "../../../protocol/network.ts";
import { configInput, MERCHANT } from "../../builders/config.ts";
import { SETTLED, TRANSACTION } from "../../builders/facilitator.ts";
import { buildPayment } from "../../builders/payment.ts";
import { answers, startScripted } from "../../edge/scripted-server.ts";
import { invoiceIn, problemIn, requiredIn } from "../../edge/support.ts";
import { secretEnvironment } from "../secret-environment.ts";
import { loadBare } from "./bare-lambda.ts";
import { answerOf, viewerRequest } from "./edge-event.ts";

const MAX_CODE_KIB = 1_024;
const PRICE = usdc(3_000n);

const secrets = edgeSecretsJson(readSecrets(secretEnvironment()));
const inline = { kind: "inline", secrets } as const;

function bundle(facilitatorUrl: string) {
  return bundleEdge("viewer-request", configInput({ facilitatorUrl }), inline, MAX_CODE_KIB);
}

/** Where nobody answers. */
const NOWHERE = "http://127.0.0.1:9";

describe("with inline secrets", () => {
  const bare = loadBare(bundle(NOWHERE));

  test("an unpaid request is answered 402 with the price and the recipient of the inlined configuration", async () => {
    const answer = answerOf(await bare.invoke(viewerRequest({ uri: "/report" })));
    expect(answer.status).toBe("402");
    const required = requiredIn(answer.header(HEADER.paymentRequired));
    expect(required.resource.url).toBe("https://shop.example.com/report");
    expect(required.accepts.map(({ amount, payTo }) => [amount, payTo.toLowerCase()])).toEqual([
      [String(PRICE), MERCHANT],
    ]);
  });

  test("a payment that is forged is refused at the edge", async () => {
    const payment = await buildPayment({
      version: 2,
      network: networks.base,
      payTo: MERCHANT,
      amount: PRICE,
      now: Math.floor(Date.now() / 1_000),
      invoice: await invoice(),
      overrides: { to: `0x${"77".repeat(20)}` },
    });
    const headers = { [payment.headerName]: payment.header };
    const answer = answerOf(await bare.invoke(viewerRequest({ uri: "/report", headers })));
    expect(answer.status).toBe("402");
    expect(problemIn(answer.body).code).toMatch(/^payment_(?:recipient|terms)_mismatch$/);
  });

  test("nothing is required but what writes the log, and no variable is read", () => {
    expect(bare.required).toEqual(["node:fs"]);
    expect(bare.variables).toEqual([]);
  });

  test("each line that it writes is JSON by itself, as CloudWatch needs it to find metrics", () => {
    expect(bare.output.length).toBeGreaterThan(0);
    for (const line of bare.output) {
      expect(line).toMatch(/^[^\n]*\n$/);
      expect(JSON.parse(line)).toMatchObject({ event: expect.any(String), service: "Test shop" });
    }
  });

  async function invoice(): Promise<string> {
    const answer = answerOf(await bare.invoke(viewerRequest({ uri: "/report" })));
    return invoiceIn(requiredIn(answer.header(HEADER.paymentRequired)));
  }
});

test("a paid request is verified, settled, and forwarded with a grant that the derived key opens", async () => {
  const valid = answers(JSON.stringify({ isValid: true, payer: SETTLED.payer }));
  const facilitator = await startScripted(valid, answers(JSON.stringify(SETTLED)));
  const bare = loadBare(bundle(facilitator.url));
  const asked = answerOf(await bare.invoke(viewerRequest({ uri: "/report" })));
  const now = Math.floor(Date.now() / 1_000);
  const payment = await buildPayment({
    version: 2,
    network: networks.base,
    payTo: MERCHANT,
    amount: PRICE,
    invoice: invoiceIn(requiredIn(asked.header(HEADER.paymentRequired))),
    now,
  });

  const headers = { [payment.headerName]: payment.header };
  const forwarded = answerOf(await bare.invoke(viewerRequest({ uri: "/report", headers })));
  expect(forwarded.status).toBeUndefined();
  expect(new Set(bare.required)).toEqual(new Set(["node:crypto", "node:fs", "node:net"]));
  expect(bare.variables).toEqual([]);
  expect(forwarded.header(payment.headerName)).toBe("");
  expect(facilitator.requests.map((text) => text.split(" ", 2).join(" "))).toEqual([
    "POST /verify",
    "POST /settle",
  ]);
  const { grantKeys } = parseEdgeSecrets(secrets);
  const grant = await verifyGrant(forwarded.header(HEADER.grant), grantKeys, now);
  expect(grant).toMatchObject({
    ok: true,
    value: { payment: { settlement: { state: "settled", transaction: TRANSACTION } } },
  });
});
