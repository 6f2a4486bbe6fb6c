/** Challenges as the benchmark reads them, and the payments that it makes for them. */

import fc from "fast-check";
import * as v from "valibot";
import { expect, test } from "vitest";
import { authorizationDigest, recoverSigner } from "../../../protocol/eip3009.ts";
import { parsePayment } from "../../../protocol/payment.ts";
import { CHALLENGE } from "../../../scripts/bench/edge/contestants/fixed-challenge.ts";
import { openPurse, type PaymentKind, readChallenge } from "../../../scripts/bench/edge/payments.ts";
import { MAX_TIMEOUT_SECONDS } from "../../../scripts/bench/edge/terms.ts";

const NOW = 1_800_000_000;

const challenge = readChallenge({ "payment-required": CHALLENGE });
if (challenge === undefined) throw new Error("the floor's challenge can be read");

async function paidBy(purse: ReturnType<typeof openPurse>, kind: PaymentKind) {
  if (challenge === undefined) throw new Error("the floor's challenge can be read");
  const headers = v.parse(v.object({ "payment-signature": v.string() }), await purse.pay(challenge, kind));
  const payment = parsePayment(headers["payment-signature"], 2);
  if (!payment.ok) throw new Error(payment.reason.code);
  const { authorization, signature, network } = payment.value;
  const signer = recoverSigner(authorizationDigest(network, authorization), signature);
  const { value, validBefore, from, nonce } = authorization;
  return { value, left: Number(validBefore) - NOW, signed: signer === from, nonce };
}

test.each<[PaymentKind, object]>([
  ["honest", { value: 10_000n, left: MAX_TIMEOUT_SECONDS, signed: true }],
  ["forged", { value: 10_000n, left: MAX_TIMEOUT_SECONDS, signed: false }],
  ["underpaid", { value: 9_999n, left: MAX_TIMEOUT_SECONDS, signed: true }],
  ["expired", { value: 10_000n, left: -172_800, signed: true }],
  ["lapsed", { value: 10_000n, left: -60, signed: true }],
])("a payment that is %s differs from an honest one in that alone", async (kind, expected) => {
  expect(await paidBy(openPurse(NOW), kind)).toMatchObject(expected);
});

test("one purse pays everybody with the same authorization", async () => {
  const purse = openPurse(NOW);
  expect(await paidBy(purse, "honest")).toEqual(await paidBy(purse, "honest"));
});

test("what is no challenge is none, whatever it is", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(readChallenge({ "payment-required": text })).toBeUndefined();
      expect(readChallenge({ "payment-required": btoa(encodeURIComponent(text)) })).toBeUndefined();
    }),
  );
  fc.assert(
    fc.property(fc.json(), (json) => {
      const header = Buffer.from(json).toString("base64");
      expect(readChallenge({ "payment-required": header })).toBeUndefined();
    }),
  );
  expect(readChallenge({})).toBeUndefined();
});
