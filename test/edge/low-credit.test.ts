/** Low credit at the supplier, where the edge settles: the origin is to find the goods before anybody takes the money. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gate } from "../../edge/gate.ts";
import type { GateRequest } from "../../edge/http.ts";
import type { ConfigInput } from "../../protocol/config.ts";
import type { Credit } from "../../protocol/credit.ts";
import { HEADER } from "../../protocol/headers.ts";
import { usdc } from "../../protocol/money.ts";
import { networks } from "../../protocol/network.ts";
import { MERCHANT } from "../builders/config.ts";
import { buildPayment, NOW } from "../builders/payment.ts";
import { grantedPayment, harness, pay, responded, type Script } from "./gate-harness.ts";
import { invoiceIn, requiredIn } from "./support.ts";

const LOW = Promise.resolve<Credit>("low");
const NEVER = new Promise<Credit>(() => {});

/** Buys one eSIM, and says what the origin is told and what the facilitator was asked. */
async function sell(script: Script, config: Partial<ConfigInput> = {}) {
  const gateway = harness(script, config);
  const { request, payment } = await pay(gateway, 2);
  const granted = await grantedPayment(await gateway.send(request));
  const asked = gateway.calls.map(({ endpoint }) => endpoint);
  return { ...gateway, asked, payment, settlement: granted?.settlement };
}

describe("a sale of eSIMs", () => {
  test("is verified and left to the origin, and nobody has settled it", async () => {
    const { asked, settlement, payment, logged } = await sell({ credit: LOW });
    expect(asked).toEqual(["verify"]);
    expect(settlement).toEqual({ state: "deferred", signature: payment.signature });
    expect(logged.map(({ event }) => event)).toEqual([
      "challenge_issued",
      "verification_started",
      "payment_deferred",
    ]);
  });

  test("upfront is verified after all, and left to the origin", async () => {
    const { asked, settlement } = await sell({ credit: LOW }, { upfront: true });
    expect(asked).toEqual(["verify"]);
    expect(settlement).toMatchObject({ state: "deferred" });
  });

  test.each(["enough", "unknown"] as const)("is settled as ever when the credit is %s", async (word) => {
    const credit = Promise.resolve(word);
    expect((await sell({ credit })).settlement).toMatchObject({ state: "settled" });
    const upfront = await sell({ credit }, { upfront: true });
    expect([upfront.asked, upfront.settlement?.state]).toEqual([["settle"], "settled"]);
  });

  test("does not wait for the answer once it is verified", async () => {
    const { asked, settlement } = await sell({ credit: NEVER });
    expect(asked).toEqual(["verify", "settle"]);
    expect(settlement).toMatchObject({ state: "settled" });
  });

  test("upfront gives the answer a quarter of a second", async () => {
    expect((await sell({}, { upfront: true })).creditBy).toEqual([NOW * 1_000 + 250]);
  });

  test.each([
    ["spent", { kind: "spent" }],
    ["rejected", { kind: "rejected", reason: "expired" }],
  ] as const)("that is %s ends as it does with enough credit", async (_, verify) => {
    const [low, enough] = [await sell({ verify, credit: LOW }), await sell({ verify })];
    expect(low.settlement).toEqual(enough.settlement);
    expect(low.settlement?.state).not.toBe("deferred");
  });
});

describe("nobody asks for our credit", () => {
  test.each([
    "origin",
    "edge",
  ] as const)("before there is a good payment, or if the %s settles it", async (settle) => {
    const gateway = harness({ credit: LOW }, { settle });
    const { request, payment } = await pay(gateway, 2);
    const short = await pay(gateway, 2, { amount: usdc(1n) });
    await gateway.send(short.request);
    expect(gateway.creditBy).toEqual([]);
    const granted = await grantedPayment(await gateway.send(request));
    const expected = settle === "origin" ? "verified" : "deferred";
    expect(granted?.settlement).toEqual({ state: expected, signature: payment.signature });
    expect(gateway.creditBy).toHaveLength(settle === "origin" ? 0 : 1);
  });

  test("for what no supplier delivers", async () => {
    const gateway = harness({ credit: LOW });
    const report: GateRequest = {
      method: "GET",
      path: "/report",
      query: "",
      headers: new Map(),
      clientIp: "192.0.2.1",
      body: new Uint8Array(),
    };
    const challenge = responded(await gate(report, gateway.ports));
    const payment = await buildPayment({
      version: 2,
      network: networks.base,
      payTo: MERCHANT,
      amount: usdc(3_000n),
      invoice: invoiceIn(requiredIn(challenge.headers[HEADER.paymentRequired] ?? "")),
    });
    const paid = { ...report, headers: new Map([[payment.headerName, [payment.header]]]) };
    expect((await grantedPayment(await gateway.send(paid)))?.settlement.state).toBe("settled");
    expect(gateway.creditBy).toEqual([]);
  });
});

test("nothing is settled under low credit, and nothing deferred under any other, however long anybody takes", async () => {
  const anyCredit = fc.constantFrom<Credit>("low", "enough", "unknown");
  const anyMs = fc.integer({ min: 0, max: 6_000 });
  await fc.assert(
    fc.asyncProperty(anyCredit, anyMs, fc.boolean(), async (credit, verifyTakes, upfront) => {
      const script = { credit: Promise.resolve(credit), verifyTakes };
      const { asked, settlement } = await sell(script, { upfront });
      expect(asked.includes("settle") && credit === "low").toBe(false);
      expect(settlement?.state === "deferred").toBe(credit === "low");
    }),
    { numRuns: 60 },
  );
});
