/** The gateway in front of an origin without a ledger: what it forwards, and what it has to answer by itself. */

import { describe, expect, test } from "vitest";
import { gate } from "../../edge/gate.ts";
import type { GateRequest } from "../../edge/http.ts";
import type { AuthorizationState } from "../../protocol/chain.ts";
import { HEADER } from "../../protocol/headers.ts";
import { usdc } from "../../protocol/money.ts";
import { networks } from "../../protocol/network.ts";
import type { RejectionReason, VerifyOutcome } from "../../protocol/settlement.ts";
import { MERCHANT } from "../builders/config.ts";
import { buildPayment, NOW } from "../builders/payment.ts";
import { grantedPayment, harness, responded } from "./gate-harness.ts";
import { unpaid } from "./origin-response-harness.ts";
import { invoiceIn, problemIn, requiredIn } from "./support.ts";

const report = unpaid("/report");

/** A payment for the report, sent to a gateway that sees this state on chain. */
async function send(
  verify: VerifyOutcome,
  state: AuthorizationState = { kind: "unreachable" },
  validFor?: number,
) {
  const { ports, calls } = harness({ verify }, { settle: "origin-response" });
  const chain = { ...ports.chain, authorizationState: async () => state };
  const { headers } = responded(await gate(report, ports));
  const payment = await buildPayment({
    version: 2,
    network: networks.base,
    payTo: MERCHANT,
    amount: usdc(3_000n),
    invoice: invoiceIn(requiredIn(headers[HEADER.paymentRequired] ?? "")),
    ...(validFor === undefined ? {} : { overrides: { validBefore: BigInt(NOW + validFor) } }),
  });
  const paid: GateRequest = { ...report, headers: new Map([[payment.headerName, [payment.header]]]) };
  return { result: await gate(paid, { ...ports, chain }), calls };
}

async function refusalOf(...about: Parameters<typeof send>) {
  const { result } = await send(...about);
  const { status, body } = responded(result);
  return { status, code: problemIn(body).code };
}

test("a payment that verifies is forwarded with its signature, and not settled", async () => {
  const { result, calls } = await send({ kind: "valid" });
  expect((await grantedPayment(result))?.settlement).toMatchObject({ state: "verified" });
  expect(calls.map(({ endpoint }) => endpoint)).toEqual(["verify"]);
});

test("a payment that was used before costs the origin nothing: 409", async () => {
  expect(await refusalOf({ kind: "spent" })).toEqual({ status: 409, code: "payment_already_used" });
});

const unused: AuthorizationState = { kind: "unused", blockTime: BigInt(NOW) };
const rejected = (reason: RejectionReason): VerifyOutcome => ({ kind: "rejected", reason });

describe("a payment past paying is looked up on chain", () => {
  test.each<[string, VerifyOutcome, AuthorizationState, number, string]>([
    ["landed", rejected("expired"), { kind: "used" }, 409, "payment_already_used"],
    ["can still land", rejected("expired"), unused, 503, "payment_unresolved"],
    [
      "can't land",
      rejected("expired"),
      { kind: "unused", blockTime: BigInt(NOW + 60) },
      402,
      "payment_expired",
    ],
    ["can't be seen", rejected("expired"), { kind: "unreachable" }, 503, "payment_unresolved"],
    ["took the last money", rejected("insufficient_funds"), { kind: "used" }, 409, "payment_already_used"],
    ["never had the money", rejected("insufficient_funds"), unused, 402, "insufficient_funds"],
    ["is refused without a word", rejected("other"), unused, 503, "facilitator_unavailable"],
  ])("one that %s", async (_, verify, state, status, code) => {
    expect(await refusalOf(verify, state)).toEqual({ status, code });
  });

  test("one that is about to expire is not even verified", async () => {
    const { result, calls } = await send({ kind: "valid" }, { kind: "used" }, 5);
    expect(problemIn(responded(result).body).code).toBe("payment_already_used");
    expect(calls).toEqual([]);
  });
});

test.each([
  ["GET", "/v1/plans"],
  ["POST", "/v1/esim/activate"],
  ["GET", "/healthz"],
  ["GET", "/readyz"],
  ["GET", `/v1/orders/ord_${"0".repeat(40)}`],
])("%s %s, which our own origin serves, is not there", async (method, path) => {
  const { send } = harness({}, { settle: "origin-response" });
  const { status, body } = responded(await send({ ...report, method, path }));
  expect([status, problemIn(body).code]).toEqual([404, "route_not_found"]);
});

test("a payment by transaction hash is refused: nobody counts how often it is shown", async () => {
  const { send } = harness({}, { settle: "origin-response", proofs: "bearer" });
  const headers = new Map([[HEADER.paymentReceipt, [`0x${"ab".repeat(32)}`]]]);
  const { status, body } = responded(await send({ ...report, headers }));
  expect([status, problemIn(body).code]).toEqual([400, "payment_proof_malformed"]);
});

test("upfront can't be had with it", () => {
  expect(() => harness({}, { settle: "origin-response", upfront: true })).toThrow("upfront");
});
