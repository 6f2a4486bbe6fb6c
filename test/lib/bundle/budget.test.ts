/**
 * What the edge's functions may take, in what can be counted: bytes, packages, modules, what happens before it is needed,
 * calls and connections. Time is measured elsewhere; it follows from these.
 */

import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { type BundledSecrets, bundleEdge, type EdgeEntry } from "../../../lib/bundle/bundle.ts";
import { edgeSecretsJson, readSecrets } from "../../../lib/secrets.ts";
import { parseConfig } from "../../../protocol/config.ts";
import { usdc } from "../../../protocol/money.ts";
import { networks } from "../../../protocol/network.ts";
import { configInput, MERCHANT } from "../../builders/config.ts";
import { SETTLED } from "../../builders/facilitator.ts";
import { buildPayment, encodePayment, type PaymentOptions, replaceAt } from "../../builders/payment.ts";
import { answers, type Reaction, type ScriptedServer, startScripted } from "../../edge/scripted-server.ts";
import { problemIn } from "../../edge/support.ts";
import { secretEnvironment } from "../secret-environment.ts";
import { type BareFunction, loadBare } from "./bare-lambda.ts";
import { type Asked, answerOf, viewerRequest } from "./edge-event.ts";

const MAX_CODE_KIB = 1_024;
const PRICE = usdc(3_000n);

/** With the tests' small configuration. Bytes; 40 of them cost a cold start a microsecond. */
const BYTES: Readonly<Record<EdgeEntry, number>> = { "viewer-request": 90_000, "origin-response": 90_000 };

/** What it takes to read secrets that are not built in. Bytes. */
const READING_SECRETS = 4_200;

/** What each may be made of besides our own code. */
const PACKAGES: Readonly<Record<EdgeEntry, readonly string[]>> = {
  "viewer-request": [],
  // It reads the grants that the other one signs.
  "origin-response": ["jose"],
};

/** The schemas of the configuration, which synth has parsed by then. */
const PARSED_AT_SYNTH = ["config", "catalog", "metered", "deployment", "merchant"].map(
  (name) => `protocol/${name}.ts`,
);

const inline: BundledSecrets = { kind: "inline", secrets: edgeSecretsJson(readSecrets(secretEnvironment())) };
const elsewhere: BundledSecrets = { kind: "secrets-manager", secretId: "edge402/edge", region: "us-east-1" };

describe.each(["viewer-request", "origin-response"] as const)("the %s bundle", (entry) => {
  const [built, other] = [inline, elsewhere].map((secrets) =>
    bundleEdge(entry, configInput({ settle: "origin-response" }), secrets, MAX_CODE_KIB),
  );

  test("is small, wherever its secrets are", () => {
    expect(built?.bytes).toBeLessThanOrEqual(BYTES[entry]);
    expect(other?.bytes).toBeLessThanOrEqual(BYTES[entry] + READING_SECRETS);
  });

  test("is made of no package that is not listed", () => {
    const installed = (built?.modules ?? []).flatMap(
      (name) => name.match(/node_modules\/([^/]+)/)?.[1] ?? [],
    );
    expect([...new Set(installed)].sort()).toEqual(PACKAGES[entry]);
  });

  test("holds none of the configuration's schemas", () => {
    expect(built?.modules.filter((name) => PARSED_AT_SYNTH.includes(name))).toEqual([]);
  });
});

describe("before it is needed, nothing happens:", () => {
  const load = () => loadBare(bundleEdge("viewer-request", configInput(), inline, MAX_CODE_KIB));

  test("loading asks only for what writes the log, writes nothing and compiles nothing", () => {
    const { required, output, variables, compiled } = load();
    expect(required).toEqual(["node:fs"]);
    expect([output, variables, compiled]).toEqual([[], [], []]);
  });

  test("an unpaid request loads no crypto and no HTTP client, compiles SHA-256, and writes its one line", async () => {
    const bare = load();
    expect(answerOf(await bare.invoke(viewerRequest({ uri: "/report" }))).status).toBe("402");
    expect(bare.required).toEqual(["node:fs"]);
    expect(bare.compiled).toHaveLength(1);
    expect(bare.output).toHaveLength(1);
  });

  test("the line of an unpaid request is written after its answer, those of later ones in their order", async () => {
    const bare = load();
    await Promise.all(["/report", "/nowhere"].map((uri) => bare.answer(viewerRequest({ uri }))));
    expect(bare.output).toEqual([]);
    await new Promise(setImmediate);
    expect(bare.output.map((line) => JSON.parse(line).event)).toEqual([
      "challenge_issued",
      "request_refused",
    ]);
  });
});

const challengeSchema = v.object({ invoice_id: v.string() });

describe("a request costs", () => {
  async function start(upfront = false, publicUrl = "https://shop.example.com") {
    const valid = answers(JSON.stringify({ isValid: true, payer: SETTLED.payer }));
    const settled = answers(JSON.stringify(SETTLED));
    const server = await (upfront ? startScripted(settled) : startScripted(valid, settled, valid, settled));
    const input = configInput({ facilitatorUrl: server.url, upfront, publicUrl });
    return { server, bare: loadBare(bundleEdge("viewer-request", input, inline, MAX_CODE_KIB)) };
  }

  async function pay(
    bare: BareFunction,
    changes: Partial<PaymentOptions> = {},
    isForged = false,
    goods: Asked = { uri: "/report" },
  ) {
    const asked = answerOf(await bare.invoke(viewerRequest(goods)));
    const payment = await buildPayment({
      version: 2,
      network: networks.base,
      payTo: MERCHANT,
      amount: PRICE,
      invoice: v.parse(challengeSchema, JSON.parse(asked.body)).invoice_id,
      now: Math.floor(Date.now() / 1_000),
      ...changes,
    });
    const path = ["payload", "authorization", "nonce"];
    const forged = encodePayment(replaceAt(payment.payload, path, `0x${"77".repeat(32)}`));
    const headers = { [payment.headerName]: isForged ? forged : payment.header };
    return answerOf(await bare.invoke(viewerRequest({ ...goods, headers })));
  }

  const counts = ({ requests, connections }: ScriptedServer) => [requests.length, connections.length];

  test("no call while it is unpaid", async () => {
    const { server, bare } = await start();
    for (const uri of ["/report", "/v1/plans", "/nowhere"]) await bare.invoke(viewerRequest({ uri }));
    expect(counts(server)).toEqual([0, 0]);
  });

  const longAgo = Math.floor(Date.now() / 1_000) - 2 * 86_400;
  test.each([
    ["forged", {}, true, "payment_signature_invalid"],
    ["expired", { now: longAgo }, false, "payment_expired"],
    ["underpaid", { amount: usdc(PRICE - 1n) }, false, "payment_terms_mismatch"],
    ["made out to somebody else", { payTo: `0x${"66".repeat(20)}` }, false, "payment_terms_mismatch"],
  ] as const)("no call when its payment is %s", async (_, changes, isForged, code) => {
    const { server, bare } = await start();
    const answer = await pay(bare, changes, isForged);
    expect([answer.status, problemIn(answer.body).code]).toEqual(["402", code]);
    expect(counts(server)).toEqual([0, 0]);
  });

  test("two calls when it is paid, and the next one two more, all on one connection", async () => {
    const { server, bare } = await start();
    expect((await pay(bare)).status).toBeUndefined();
    expect(counts(server)).toEqual([2, 1]);
    expect((await pay(bare)).status).toBeUndefined();
    expect(counts(server)).toEqual([4, 1]);
    // SHA-256, Keccak and the field.
    expect(bare.compiled).toHaveLength(3);
  });

  test("one call more when it is for eSIMs, to our own door, and none for the next of them", async () => {
    const door = await startScripted(answers('{"credit":"enough"}'));
    const { server, bare } = await start(false, door.url);
    const goods = { method: "POST", uri: "/v1/esim/activate", body: '{"plan":"eu-1gb"}' };
    for (const calls of [2, 4]) {
      const answer = await pay(bare, { amount: usdc(4_200_000n) }, false, goods);
      expect(answer.status).toBeUndefined();
      expect([counts(server), counts(door)]).toEqual([
        [calls, 1],
        [1, 1],
      ]);
    }
  });

  test("a payment's lines are out before the facilitator is asked to settle it, and all when it is answered", async () => {
    const heard: string[][] = [];
    const hears =
      (answer: Reaction): Reaction =>
      (socket, text) => {
        heard.push(bare.output.map((line) => JSON.parse(line).event));
        answer(socket, text);
      };
    const server = await startScripted(
      hears(answers(JSON.stringify({ isValid: true, payer: SETTLED.payer }))),
      hears(answers(JSON.stringify(SETTLED))),
    );
    const input = configInput({ facilitatorUrl: server.url });
    const bare = loadBare(bundleEdge("viewer-request", input, inline, MAX_CODE_KIB));
    await pay(bare);
    const asked = ["challenge_issued", "verification_started"];
    expect(heard).toEqual([asked, [...asked, "settlement_submitted"]]);
    expect(bare.output.map((line) => JSON.parse(line).event).at(-1)).toBe("payment_settled");
  });

  test("one call where it is settled without being verified", async () => {
    const { server, bare } = await start(true);
    expect((await pay(bare)).status).toBeUndefined();
    expect(server.requests.map((text) => text.split(" ", 2).join(" "))).toEqual(["POST /settle"]);
  });
});

test("a configuration that is wrong is refused when it is built in, by its path", () => {
  const wrong = configInput({ invoiceTtlSeconds: 1 });
  expect(() => parseConfig(wrong)).toThrow("invoiceTtlSeconds");
  expect(() => bundleEdge("viewer-request", wrong, inline, MAX_CODE_KIB)).toThrow("invoiceTtlSeconds");
});
