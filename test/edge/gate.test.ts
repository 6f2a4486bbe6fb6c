/** The flow over a facilitator of the test's making: what each outcome comes to, and what the origin is told. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { GateResult } from "../../edge/http.ts";
import type { GrantedSettlement } from "../../protocol/grant.ts";
import { HEADER } from "../../protocol/headers.ts";
import type { Hex } from "../../protocol/hex.ts";
import { networks } from "../../protocol/network.ts";
import { orderId } from "../../protocol/order.ts";
import type { RejectionReason, SettleOutcome, VerifyOutcome } from "../../protocol/settlement.ts";
import { MERCHANT } from "../builders/config.ts";
import { encodePayment, replaceAt } from "../builders/payment.ts";
import {
  grantedPayment,
  grantTokenOf,
  harness,
  type Paid,
  PRICE,
  pay,
  responded,
  TRANSACTION,
  withHeaders,
} from "./gate-harness.ts";
import { invoiceIn, problemIn, receiptIn, requiredIn } from "./support.ts";

/** How a paid request ends: by an answer of this status and code, or at the origin, in this state. */
type Ending =
  | { readonly status: 402; readonly code: "payment_rejected" }
  | { readonly status: 503; readonly code: "facilitator_unavailable" }
  | { readonly origin: GrantedSettlement["state"]; readonly code?: string };

const refused: Ending = { status: 402, code: "payment_rejected" };

/** The last three also befall a payment that has already bought something. */
const rejections: Readonly<Record<RejectionReason, Ending>> = {
  invalid_signature: refused,
  not_yet_valid: refused,
  terms: refused,
  compliance: refused,
  unsupported_wallet: refused,
  insufficient_funds: { origin: "lookup", code: "insufficient_funds" },
  expired: { origin: "lookup", code: "payment_expired" },
  other: { origin: "lookup", code: "facilitator_unavailable" },
};

const reasons: readonly RejectionReason[] = [
  "invalid_signature",
  "not_yet_valid",
  "terms",
  "compliance",
  "unsupported_wallet",
  "insufficient_funds",
  "expired",
  "other",
];

const rejected = reasons.map(
  (reason) => [`rejected: ${reason}`, { kind: "rejected", reason } as const, rejections[reason]] as const,
);

type Table<Outcome> = readonly (readonly [name: string, outcome: Outcome, ending: Ending])[];

/** Only `valid` goes on to settle. */
const verifyTable: Table<Exclude<VerifyOutcome, { kind: "valid" }>> = [
  ["spent", { kind: "spent" }, { origin: "spent" }],
  [
    "unavailable",
    { kind: "unavailable", fault: "status_500" },
    { status: 503, code: "facilitator_unavailable" },
  ],
  ...rejected,
];

const settleTable: Table<SettleOutcome> = [
  ["settled", { kind: "settled", transaction: TRANSACTION }, { origin: "settled" }],
  ["spent", { kind: "spent" }, { origin: "contested" }],
  ["unknown: timeout", { kind: "unknown", fault: "timeout" }, { origin: "unknown" }],
  ["unknown: unclear_reason", { kind: "unknown", fault: "unclear_reason" }, { origin: "unknown" }],
  ...rejected,
];

async function expectEnding(result: GateResult, { payment, invoice }: Paid, ending: Ending): Promise<void> {
  if ("origin" in ending) {
    const granted = await grantedPayment(result);
    expect(granted).toMatchObject({ network: networks.base, authorization: payment.authorization });
    expect(granted?.settlement).toEqual(settlementIn(ending.origin, payment.signature, ending.code));
    const claims = Buffer.from(grantTokenOf(result).split(".")[1] ?? "", "base64url").toString();
    expect(claims.includes(payment.signature.slice(2))).toBe(ending.origin === "unknown");
    return;
  }
  const { status, headers, body } = responded(result);
  const problem = problemIn(body);
  expect({ status, code: problem.code }).toEqual(ending);
  expect(problem.payment_state).toBe(ending.status === 503 ? "in_flight" : "unused");
  expect(body).not.toContain(payment.signature.slice(2));
  if (ending.status === 503) {
    expect(problem.retry_action).toBe("retry_same_payment");
    expect(Number(headers["retry-after"])).toBeGreaterThan(0);
    expect(headers).not.toHaveProperty(HEADER.paymentRequired);
    return;
  }
  expect(problem.retry_action).toBe("resign");
  const required = requiredIn(headers[HEADER.paymentRequired] ?? "");
  expect(required.error).toBe(ending.code);
  expect(invoiceIn(required)).not.toBe(invoice);
  const receipt = payment.headerName === HEADER.xPayment ? HEADER.xPaymentResponse : HEADER.paymentResponse;
  expect(receiptIn(headers[receipt] ?? "")).toMatchObject({ success: false, errorReason: ending.code });
}

/** Exactly what the origin may know: the signature only where it has to settle again. */
function settlementIn(state: GrantedSettlement["state"], signature: Hex, code: string | undefined) {
  switch (state) {
    case "settled":
      return { state, transaction: TRANSACTION };
    case "unknown":
    case "verified":
    case "deferred":
      return { state, signature };
    case "spent":
    case "contested":
      return { state };
    case "lookup":
      return { state, code };
  }
}

describe.each([1, 2] as const)("x402 v%i", (version) => {
  test.each(verifyTable)("verification ends as %s: nothing is settled", async (_, verify, ending) => {
    const gateway = harness({ verify });
    const paid = await pay(gateway, version);
    await expectEnding(await gateway.send(paid.request), paid, ending);
    expect(gateway.calls.map(({ endpoint }) => endpoint)).toEqual(["verify"]);
  });

  test.each(settleTable)("settlement ends as %s", async (_, settle, ending) => {
    const gateway = harness({ settle });
    const paid = await pay(gateway, version);
    await expectEnding(await gateway.send(paid.request), paid, ending);
    expect(gateway.calls.map(({ endpoint }) => endpoint)).toEqual(["verify", "settle"]);
  });

  test("the facilitator is asked with our own terms", async () => {
    const gateway = harness();
    const { request, payment } = await pay(gateway, version);
    await gateway.send(request);
    for (const call of gateway.calls) {
      expect(call.terms).toEqual({
        price: PRICE,
        description: "eSIM eu-1gb: Europe 1 GB",
        mimeType: "application/json",
        resourceUrl: "https://shop.example.com/v1/esim/activate",
        maxTimeoutSeconds: 60,
        upfront: false,
      });
      expect(call.accepted).toMatchObject({ chain: networks.base, payTo: MERCHANT });
      expect(call.payment).toMatchObject({
        authorization: payment.authorization,
        signature: payment.signature,
      });
    }
  });

  test.each([
    64, 66, 700,
  ])("a signature of %i bytes is a contract wallet's: the facilitator decides", async (length) => {
    const gateway = harness({ settle: { kind: "unknown", fault: "timeout" } });
    const { payment } = await pay(gateway, version);
    const signature: Hex = `0x${"5e".repeat(length)}`;
    const header = encodePayment(replaceAt(payment.payload, ["payload", "signature"], signature));
    const result = await gateway.send(withHeaders({ [payment.headerName]: header }));
    expect(gateway.calls).toHaveLength(2);
    expect((await grantedPayment(result))?.settlement).toEqual({ state: "unknown", signature });
  });

  test("each step and the ending are one line in the log, with the order and the amount", async () => {
    const endings: readonly (readonly [SettleOutcome, event: string])[] = [
      [{ kind: "settled", transaction: TRANSACTION }, "payment_settled"],
      [{ kind: "unknown", fault: "timeout" }, "settlement_unknown"],
      [{ kind: "spent" }, "payment_spent"],
      [{ kind: "rejected", reason: "expired" }, "payment_looked_up"],
    ];
    for (const [settle, event] of endings) {
      const gateway = harness({ settle });
      const { request, payment } = await pay(gateway, version);
      const { from: payer, nonce } = payment.authorization;
      await gateway.send(request);
      const [challenged, ...steps] = gateway.logged;
      expect(challenged).toMatchObject({ event: "challenge_issued", code: "payment_required" });
      const order = orderId({ network: networks.base, payer, nonce });
      expect(steps.map((step) => step.event)).toEqual([
        "verification_started",
        "settlement_submitted",
        event,
      ]);
      for (const step of steps) {
        expect(step).toMatchObject({ order, payer, chain: "base", amount: "4200000" });
      }
    }
  });
});

const anyVerify = fc.constantFrom<VerifyOutcome>(
  { kind: "valid" },
  ...verifyTable.map(([, outcome]) => outcome),
);
const anySettle = fc.constantFrom(...settleTable.map(([, outcome]) => outcome));
const anyMs = fc.integer({ min: 0, max: 6_000 });

test("402 follows only a clear rejection, whatever was answered and however late", async () => {
  await fc.assert(
    fc.asyncProperty(anyVerify, anySettle, anyMs, anyMs, async (verify, settle, verifyTakes, settleTakes) => {
      const gateway = harness({ verify, settle, verifyTakes, settleTakes });
      const { request } = await pay(gateway, 2);
      const result = await gateway.send(request);
      const last = gateway.calls.at(-1)?.endpoint === "settle" ? settle : verify;
      if (gateway.calls.length === 2) expect(verify.kind).toBe("valid");
      if (result.kind === "respond" && result.status === 402) expect(last.kind).toBe("rejected");
      if (last.kind === "spent" || last.kind === "unknown" || last.kind === "settled") {
        expect(result.kind).toBe("forward");
      }
    }),
    { numRuns: 200 },
  );
});
