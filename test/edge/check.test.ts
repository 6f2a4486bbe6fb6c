/** The offline check to the second: from when until when an authorization and an invoice are good. */

import { describe, expect, test } from "vitest";
import { CLOCK_SKEW_SECONDS, REPLAY_WINDOW_SECONDS, SETTLEMENT_MARGIN_SECONDS } from "../../edge/check.ts";
import type { GateResult } from "../../edge/http.ts";
import { INVOICE_ID_BYTES, mintInvoice, readInvoice } from "../../protocol/invoice.ts";
import { signingKey } from "../../protocol/keys.ts";
import { NOW } from "../builders/payment.ts";
import { grantedPayment, harness, pay } from "./gate-harness.ts";
import { problemIn } from "./support.ts";

/** What a payment may be used within, as the challenge says. Seconds. */
const MAX_TIMEOUT = 60;

/** "settled", "lookup" and its code, or the code of the refusal. */
async function endOf(result: GateResult): Promise<string> {
  if (result.kind === "respond") return problemIn(result.body).code;
  const settlement = (await grantedPayment(result))?.settlement;
  return settlement?.state === "lookup" ? `lookup ${settlement.code}` : (settlement?.state ?? "free");
}

describe.each([1, 2] as const)("x402 v%i", (version) => {
  test.each([
    ["from a second ago settles", -1, 60, "settled"],
    ["from this very second on is not valid yet", 0, 60, "payment_not_yet_valid"],
    ["that lives as long as settling takes settles", -9, SETTLEMENT_MARGIN_SECONDS, "settled"],
    ["that lives a second less is looked up", -9, SETTLEMENT_MARGIN_SECONDS - 1, "lookup payment_expired"],
    [
      "of the longest life, by a clock that runs ahead, settles",
      -9,
      MAX_TIMEOUT + CLOCK_SKEW_SECONDS,
      "settled",
    ],
    [
      "that lives a second more is refused",
      -9,
      MAX_TIMEOUT + CLOCK_SKEW_SECONDS + 1,
      "payment_window_too_long",
    ],
    ["that expired a day ago is looked up", -200_000, -REPLAY_WINDOW_SECONDS, "lookup payment_expired"],
    ["that expired before that is not asked about", -200_000, -REPLAY_WINDOW_SECONDS - 1, "payment_expired"],
    ["that is never valid is refused", -9, -9, "payment_expired"],
    ["that ends before it begins is refused", -9, -10, "payment_expired"],
  ])("an authorization %s", async (_, after, before, ending) => {
    const gateway = harness();
    const overrides = { validAfter: BigInt(NOW + after), validBefore: BigInt(NOW + before) };
    const { request } = await pay(gateway, version, { overrides });
    expect(await endOf(await gateway.send(request))).toBe(ending);
    expect(gateway.calls).toHaveLength(ending === "settled" ? 2 : 0);
  });
});

test.each([
  ["while a payment signed at its end may live", -MAX_TIMEOUT, "settled"],
  ["no longer", -MAX_TIMEOUT - 1, "lookup invoice_expired"],
])("an invoice is good %s", async (_, expiry, ending) => {
  const gateway = harness();
  const { invoiceKeys } = gateway.ports;
  const quoted = readInvoice((await pay(gateway, 2)).invoice, invoiceKeys);
  if (!quoted.ok) throw new Error("the gateway's own invoice can be read");
  const fields = { ...quoted.value, id: new Uint8Array(INVOICE_ID_BYTES), expiresAt: NOW + expiry };
  const { request } = await pay(gateway, 2, { invoice: mintInvoice(fields, signingKey(invoiceKeys)) });
  expect(await endOf(await gateway.send(request))).toBe(ending);
  expect(gateway.calls).toHaveLength(ending === "settled" ? 2 : 0);
});
