/** The origin-response flow: what is paid for, what passes, what is withheld, and what the buyer is told instead. */

import { describe, expect, test } from "vitest";
import { originResponse } from "../../edge/origin-response.ts";
import { fingerprint } from "../../protocol/fingerprint.ts";
import type { GrantedSettlement } from "../../protocol/grant.ts";
import { HEADER } from "../../protocol/headers.ts";
import { readInvoice } from "../../protocol/invoice.ts";
import type { SettleOutcome } from "../../protocol/settlement.ts";
import { hmacKey } from "../builders/keys.ts";
import { NOW } from "../builders/payment.ts";
import {
  granted,
  grantKeys,
  harness,
  invoiceKeys,
  type Script,
  SETTLED,
  type Sent,
  sent,
  TRANSACTION,
  unpaid,
  withheld,
} from "./origin-response-harness.ts";
import { invoiceIn, problemIn, receiptIn, requiredIn } from "./support.ts";

test.each([
  400, 402, 404, 429, 500, 503,
])("nothing settles for an answer of %d, and it passes", async (status) => {
  const { respond, settled, logged } = harness();
  expect(await respond(status, await sent())).toEqual({ kind: "pass" });
  expect(settled).toEqual([]);
  expect(logged).toMatchObject([{ event: "origin_declined", status }]);
});

test.each([200, 201, 204, 206, 301, 304, 399])("an answer of %d is settled for, once", async (status) => {
  const { respond, settled } = harness();
  expect((await respond(status, await sent())).kind).toBe("paid");
  expect(settled).toHaveLength(1);
});

test.each([
  [1, HEADER.xPaymentResponse, "base"],
  [2, HEADER.paymentResponse, "eip155:8453"],
] as const)("a version %d buyer gets its receipt in %s", async (version, name, network) => {
  const { respond } = harness();
  const verdict = await respond(200, await sent({ payment: granted(version) }));
  if (verdict.kind !== "paid") throw new Error("not paid");
  expect(Object.keys(verdict.receipt)).toEqual([name]);
  expect(receiptIn(verdict.receipt[name] ?? "")).toMatchObject({
    success: true,
    transaction: TRANSACTION,
    network,
  });
});

test("the facilitator is told the terms of the resource and the granted price", async () => {
  const { respond, settled } = harness();
  await respond(200, await sent());
  const signature = `0x${"11".repeat(65)}`;
  expect(settled).toMatchObject([
    {
      payment: { authorization: granted().authorization, signature },
      terms: { price: 3_000n, resourceUrl: "https://shop.example.com/report", upfront: false },
    },
  ]);
});

const used: Script["chain"] = { authorizationState: async () => ({ kind: "used" }) };
const expired: Script["chain"] = {
  authorizationState: async () => ({ kind: "unused", blockTime: granted().authorization.validBefore }),
};
const down: Script["chain"] = { authorizationState: async () => ({ kind: "unreachable" }) };
const reset: SettleOutcome = { kind: "unknown", fault: "reset" };

describe("the answer is withheld", () => {
  test.each<[string, Script, number, string, string, string]>([
    [
      "a clear refusal",
      { settle: [{ kind: "rejected", reason: "compliance" }] },
      402,
      "payment_rejected",
      "resign",
      "unused",
    ],
    [
      "no funds",
      { settle: [{ kind: "rejected", reason: "insufficient_funds" }] },
      402,
      "insufficient_funds",
      "human_required",
      "unused",
    ],
    [
      "an authorization that can't land any more",
      { settle: [reset], chain: expired },
      402,
      "payment_void",
      "resign",
      "unused",
    ],
    ["a payment used before", { chain: used }, 409, "payment_already_used", "abandon", "settled"],
    [
      "a payment used meanwhile",
      { settle: [{ kind: "spent" }] },
      409,
      "payment_already_used",
      "abandon",
      "settled",
    ],
    [
      "an end that can't be seen",
      { settle: [reset], chain: down },
      503,
      "payment_unresolved",
      "retry_same_payment",
      "in_flight",
    ],
    [
      "a facilitator that takes nothing",
      { settle: [{ kind: "unknown", fault: "refused" }] },
      503,
      "facilitator_unavailable",
      "retry_same_payment",
      "in_flight",
    ],
  ])("after %s", async (_, script, status, code, action, state) => {
    const { respond } = harness(script);
    const answer = withheld(await respond(200, await sent()));
    expect(answer.status).toBe(status);
    expect(answer.headers["cache-control"]).toBe("no-store, private");
    expect(answer.headers["access-control-expose-headers"]).toContain("PAYMENT-REQUIRED");
    expect(problemIn(answer.body)).toMatchObject({ code, retry_action: action, payment_state: state });
    expect(HEADER.paymentRequired in answer.headers).toBe(status === 402);
    expect("retry-after" in answer.headers).toBe(status === 503);
  });

  test("and a 402 has a failed receipt and a challenge whose invoice holds for this request", async () => {
    const { respond } = harness({ settle: [{ kind: "rejected", reason: "terms" }] });
    const { headers } = withheld(await respond(200, await sent({ query: "a=1" })));
    expect(receiptIn(headers[HEADER.paymentResponse] ?? "")).toMatchObject({ success: false });
    const token = invoiceIn(requiredIn(headers[HEADER.paymentRequired] ?? ""));
    const invoice = readInvoice(token, invoiceKeys);
    const about = { method: "GET", path: "/report", query: "a=1", body: new Uint8Array(), headers: [] };
    expect(invoice).toMatchObject({ ok: true, value: { fingerprint: fingerprint(about), price: 3_000n } });
  });
});

describe("a grant", () => {
  const states: readonly GrantedSettlement[] = [
    { state: "settled", transaction: TRANSACTION },
    { state: "unknown", signature: "0x11" },
    { state: "spent" },
    { state: "contested" },
    { state: "lookup", code: "payment_expired" },
  ];
  const bad: readonly (readonly [string, Sent])[] = [
    ["signed by somebody else", { keys: [{ id: 5, secret: new Uint8Array(32) }] }],
    ["signed with an unknown key", { keys: [hmacKey(6)] }],
    ["that has expired", { grantedAt: NOW - 66 }],
    ["for another path", { grantedPath: "/other" }],
    ["without a payment", { payment: null }],
    ...states.map(
      (settlement) => [`that says ${settlement.state}`, { payment: { ...granted(), settlement } }] as const,
    ),
  ];
  test.each(bad)("%s gets 403 and settles nothing", async (_, options) => {
    for (const status of [200, 500]) {
      const { respond, settled } = harness();
      const answer = withheld(await respond(status, await sent(options)));
      expect([answer.status, problemIn(answer.body).code]).toEqual([403, "grant_invalid"]);
      expect(settled).toEqual([]);
    }
  });

  test("for another query gets 403", async () => {
    const { respond, settled } = harness();
    const request = { ...(await sent({ query: "a=1" })), query: "a=2" };
    expect(withheld(await respond(200, request)).status).toBe(403);
    expect(settled).toEqual([]);
  });

  test("that stands there twice gets 403", async () => {
    const { respond, settled } = harness();
    const request = await sent();
    const [token = ""] = request.headers.get(HEADER.grant) ?? [];
    const twice = { ...request, headers: new Map([[HEADER.grant, [token, token]]]) };
    expect(withheld(await respond(200, twice)).status).toBe(403);
    expect(settled).toEqual([]);
  });

  test("of an older key still holds", async () => {
    const { ports } = harness();
    const rotated = { ...ports, grantKeys: [hmacKey(9), ...grantKeys] };
    const exchange = { request: await sent(), status: 200 };
    expect((await originResponse(exchange, rotated)).kind).toBe("paid");
  });

  test("that is missing lets nothing priced out", async () => {
    const { respond, settled } = harness();
    const answer = withheld(await respond(200, unpaid()));
    expect([answer.status, problemIn(answer.body).code]).toEqual([403, "grant_required"]);
    expect(settled).toEqual([]);
  });

  test("is not asked for where nothing is priced", async () => {
    const { respond } = harness();
    expect(await respond(200, unpaid("/welcome"))).toEqual({ kind: "pass" });
  });
});

test("one payment is served once by one instance, whatever its facilitator says", async () => {
  const { respond } = harness({ settle: [SETTLED] });
  const verdicts = await Promise.all(Array.from({ length: 20 }, async () => respond(200, await sent())));
  expect(verdicts.filter(({ kind }) => kind === "paid")).toHaveLength(1);
  const others = verdicts.filter(({ kind }) => kind !== "paid").map(withheld);
  expect(new Set(others.map(({ status }) => status))).toEqual(new Set([409]));
});

test("nothing that is logged holds a signature or a token", async () => {
  const request = await sent();
  for (const settle of [SETTLED, reset, { kind: "spent" }, { kind: "rejected", reason: "terms" }] as const) {
    const { respond, logged } = harness({ settle: [settle] });
    await respond(200, request);
    const text = JSON.stringify(logged);
    expect(logged.length).toBeGreaterThan(0);
    expect(text).not.toContain("11".repeat(20));
    for (const [token = ""] of request.headers.values()) expect(text).not.toContain(token);
  }
});
