/**
 * What must stay secret does: requests of every kind run through a stack whose log is kept, and what was logged and
 * answered is searched for signatures, keys, tokens and activation codes.
 */

import * as v from "valibot";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { checkCdpKey } from "../../edge/secrets.ts";
import { createViewerRequest } from "../../edge/viewer-request.ts";
import { HEADER } from "../../protocol/headers.ts";
import type { X402Version } from "../../protocol/payment.ts";
import { decodeBase64 } from "../../protocol/text.ts";
import type { CallFault } from "../../scripts/local/facilitator/faults.ts";
import { type Stack, type StackLogEvent, startStack } from "../../scripts/local/stack/start-stack.ts";
import { buildConfig } from "../builders/config.ts";
import { hmacKey } from "../builders/keys.ts";
import { type Change, field, preparePurchase, signed, type Target, unpaid } from "./bad-input/purchase.ts";
import { type Answer, get, post, sendWire, type WireRequest } from "./support.ts";

let stack: Stack;
const logged: StackLogEvent[] = [];
const signatures: string[] = [];
/** What everybody else was answered, and what buyers were. */
const strangers: Answer[] = [];
const buyers: Answer[] = [];

const ownedSchema = v.object({ order_id: v.string(), access_token: v.string(), qr_code: v.string() });
let owned: v.InferOutput<typeof ownedSchema>;

const console_ = (["log", "info", "warn", "error", "debug"] as const).map((level) =>
  vi.spyOn(console, level),
);

beforeAll(async () => {
  stack = await startStack({ allocationDelayMs: 0, log: (event) => logged.push(event) });
  await meetStrangers();
  await meetBuyers();
  await meetThievesOf(owned.order_id);
});

afterAll(async () => {
  for (const spy of console_) spy.mockRestore();
  await stack.close();
});

async function purchase(target: Target, version: X402Version, change?: Change): Promise<WireRequest> {
  const prepared = await preparePurchase(stack, target, version);
  signatures.push(prepared.payment.signature, prepared.payment.header);
  return change === undefined ? prepared.request : change(prepared);
}

async function meetStrangers(): Promise<void> {
  const poor = signed(() => ({ account: privateKeyToAccount(generatePrivateKey()) }));
  const misplaced = (path: string): Change => {
    return (prepared) => field(path, prepared.payment.signature)(prepared);
  };
  const requests = [
    unpaid.activate,
    unpaid.report,
    await purchase("activate", 2, poor),
    await purchase("activate", 2, field("payload.authorization.nonce", `0x${"ab".repeat(32)}`)),
    await purchase("activate", 2, misplaced("payload.authorization.nonce")),
    await purchase("activate", 2, misplaced("accepted.scheme")),
    await purchase("activate", 2, misplaced("accepted.extra.invoice")),
    await purchase("activate", 1, misplaced("network")),
    await purchase("report", 1, ({ request }) => ({ ...request, method: "POST" })),
  ];
  for (const request of requests) strangers.push(await sendWire(stack.url, request));

  const outages: readonly CallFault[] = [
    { kind: "reset", when: "before" },
    { kind: "status", when: "before", status: 401 },
    { kind: "garbage", when: "before", body: "not_json" },
  ];
  for (const outage of outages) {
    stack.facilitator.faults.queue("verify", outage);
    strangers.push(await sendWire(stack.url, await purchase("activate", 2)));
  }
}

async function meetBuyers(): Promise<void> {
  const first = await purchase("activate", 2);
  const bought = await sendWire(stack.url, first);
  owned = v.parse(ownedSchema, JSON.parse(bought.body.toString()));
  buyers.push(
    bought,
    await sendWire(stack.url, first),
    await sendWire(stack.url, await purchase("report", 2)),
  );

  stack.facilitator.faults.queue("settle", { kind: "reset", when: "after" });
  buyers.push(await sendWire(stack.url, await purchase("activate", 1)));

  const order = `/v1/orders/${owned.order_id}`;
  buyers.push(await sendWire(stack.url, get(order, [["Authorization", `Bearer ${owned.access_token}`]])));

  // A header alone can be rebuilt from the chain: without its invoice it is a stranger's.
  const settled = await purchase("activate", 1);
  buyers.push(await sendWire(stack.url, settled));
  const rebuilt = settled.headers.filter(([name]) => name !== HEADER.invoice);
  strangers.push(await sendWire(stack.url, { ...settled, headers: rebuilt }));
}

async function meetThievesOf(order: string): Promise<void> {
  const path = `/v1/orders/${order}`;
  for (const request of [
    get(path),
    get(path, [["Authorization", "Bearer guess"]]),
    get(`${path}/qr.svg`),
    get(`${path}/qr.png?token=guess`),
  ]) {
    strangers.push(await sendWire(stack.url, request));
  }
  for (const grant of ["", "e30.e30.e30"]) {
    const direct = post("/v1/esim/activate", { plan: "us-7day" }, [[HEADER.grant, grant]]);
    strangers.push(await sendWire(stack.originUrl, direct));
  }
}

/** Ours alone, in every spelling that a slip might give them. */
function keys(): string[] {
  const { cdpKeyId: _, supplierAccessCode, supplierSecretKey, cdpKeySecret, ...hexKeys } = stack.secrets;
  const bytes = Object.values(hexKeys).map((hex) => Buffer.from(hex.slice(2), "hex"));
  const seed = Buffer.from(cdpKeySecret, "base64").subarray(0, 32);
  const spelled = [seed, ...bytes].flatMap((key) => [
    key.toString("hex"),
    key.toString("base64url"),
    key.toString("base64").replace(/=+$/, ""),
  ]);
  return [supplierAccessCode, supplierSecretKey, cdpKeySecret, ...spelled];
}

/** Grants and CDP's tokens are JWTs. No other JWT is about. */
const JWT = /eyJ[\w-]+\.[\w-]+\.[\w-]+/;

/** Status, headers and body, with what stands there in base64 decoded as well. */
function textOf({ status, headers, body }: Answer): string {
  const values = Object.values(headers).flat().map(String);
  const decoded = values.map((value) => Buffer.from(decodeBase64(value) ?? []).toString());
  return [status, ...values, ...decoded, body.toString()].join("\n").toLowerCase();
}

function expectNone(text: string, secrets: readonly string[]): void {
  // A whole signature or a part of it: the wire has 0x in front, the chain has r, s and v.
  const found = secrets.filter((secret) => text.includes(secret.replace(/^0x/, "").toLowerCase()));
  expect(found).toEqual([]);
}

test("the requests ended in as many ways as they were meant to", () => {
  const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status);
  expect(statuses(strangers)).toEqual([
    ...[402, 402, 402, 402, 400, 402, 402, 402, 405],
    ...[503, 503, 503],
    ...[409, 401, 403, 401, 403, 403, 403],
  ]);
  expect(statuses(buyers)).toEqual([200, 200, 200, 200, 200, 200]);
  expect(new Set(logged.map(({ event }) => event))).toEqual(
    new Set([
      "challenge_issued",
      "payment_refused",
      "payment_looked_up",
      "verification_started",
      "settlement_submitted",
      "content_returned",
      "request_refused",
      "facilitator_unavailable",
      "payment_settled",
      "settlement_unknown",
      "payment_spent",
      "purchase_claimed",
      "purchase_moved",
      "purchase_replayed",
      // The supplier tried the address for its notifications when the stack started.
      "webhook_received",
    ]),
  );
});

describe("no line of the log", () => {
  const log = () => JSON.stringify(logged).toLowerCase();

  test("holds a signature or a payment", () => expectNone(log(), signatures));
  test("holds a key", () => expectNone(log(), keys()));
  test("holds a grant or a token", () => {
    expect(JSON.stringify(logged)).not.toMatch(JWT);
    expectNone(log(), [owned.access_token]);
  });
  test("holds an activation code", () =>
    expectNone(log(), [owned.qr_code, ...owned.qr_code.split("$").slice(2)]));
  test("goes anywhere but where it was told to", () => {
    for (const spy of console_) expect(spy).not.toHaveBeenCalled();
  });
});

describe("no answer", () => {
  const everybody = () => [...strangers, ...buyers].map(textOf).join("\n");

  test("holds a signature or a payment", () => expectNone(everybody(), signatures));
  test("holds a key", () => expectNone(everybody(), keys()));
  test("holds a grant or a token of ours", () => expect(everybody()).not.toMatch(new RegExp(JWT, "i")));

  test("to anybody but the buyer holds the goods or what opens them", () => {
    const goods = [owned.access_token, owned.qr_code, ...owned.qr_code.split("$").slice(2)];
    expectNone(strangers.map(textOf).join("\n"), goods);
    expect(buyers.map(textOf).join("\n")).toContain(owned.qr_code.toLowerCase());
  });
});

describe("an error", () => {
  const secret = "c2VjcmV0IG9mIHRoZSBtZXJjaGFudA==";
  const secrets = (cdpKeySecret: string) => ({
    cdpKeyId: "key",
    cdpKeySecret,
    invoiceKeys: [hmacKey(1)],
    grantKeys: [hmacKey(2)],
  });

  test.each([
    ["base64 of no key", secret],
    ["a broken PEM", `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----`],
  ])("about a CDP key that is %s does not hold it", async (_, cdpKeySecret) => {
    let complaint = "";
    try {
      await checkCdpKey(secrets(cdpKeySecret));
    } catch (error) {
      complaint = error instanceof Error ? `${error.message} ${error.stack} ${String(error.cause)}` : "";
    }
    expect(complaint).toContain("CdpKeyError");
    expect(complaint).not.toContain(secret);
  });

  test("inside is answered and logged by its name alone", async () => {
    const lines: unknown[] = [];
    const handler = createViewerRequest(
      buildConfig(),
      secrets(stack.secrets.cdpKeySecret),
      (event, traceId) => {
        if (event.event !== "internal_error") throw new RangeError(`about ${secret}`);
        lines.push({ ...event, trace_id: traceId() });
      },
    );
    const request = { clientIp: "192.0.2.1", method: "GET", uri: "/report", querystring: "", headers: {} };
    const config = {
      distributionDomainName: "d.cloudfront.net",
      distributionId: "E",
      eventType: "viewer-request",
      requestId: "r",
    } as const;
    const result = await handler({ Records: [{ cf: { config, request } }] });
    expect(result).toMatchObject({ status: "500" });
    expect(JSON.stringify(result)).not.toContain(secret);
    const trace_id = expect.stringMatching(/^[0-9a-f]{32}$/);
    expect(lines).toEqual([{ event: "internal_error", error: "RangeError", trace_id }]);
  });
});
