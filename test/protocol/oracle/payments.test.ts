/** A payment header and the identifier in it are read as the schemas read them. */

import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { normaliseSignature } from "../../../protocol/eip3009.ts";
import { readPaymentIdentifier } from "../../../protocol/extensions/payment-identifier.ts";
import { usdc } from "../../../protocol/money.ts";
import { networkByCaip2, networkByV1Name, networks } from "../../../protocol/network.ts";
import { MAX_PAYMENT_HEADER, parsePayment } from "../../../protocol/payment.ts";
import { MERCHANT } from "../../builders/config.ts";
import { buildPayment, encodePayment, type Json, replaceAt } from "../../builders/payment.ts";
import { expectAgreement, REFUSED } from "./agreement.ts";
import * as schemas from "./schemas.ts";

describe("a payment", async () => {
  const options = { network: networks.base, payTo: MERCHANT, amount: usdc(3_000n), invoice: "an-invoice" };
  const first = (await buildPayment({ ...options, version: 1 })).payload;
  const second = (await buildPayment({ ...options, version: 2 })).payload;
  const named = replaceAt(second, ["extensions"], {
    "payment-identifier": { info: { required: false, id: "a-name-of-16-chars" } },
  });
  const bare = replaceAt(replaceAt(second, ["extensions"], undefined), ["accepted", "extra"], undefined);

  /** Codes come from what follows the schemas, and in their old order. */
  function before(json: Json, version: 1 | 2): unknown {
    if (encodePayment(json).length > MAX_PAYMENT_HEADER) return "payment_header_too_large";
    const outer = v.safeParse(version === 1 ? schemas.v1Payment : schemas.v2Payment, json);
    if (!outer.success) return REFUSED;
    const { scheme, network, accepted = null, identifier } = partsOf(outer.output);
    if (identifier === REFUSED) return "payment_identifier_malformed";
    if (scheme !== "exact") return "payment_scheme_unsupported";
    if (network === undefined) return "payment_network_unsupported";
    const inner = v.safeParse(schemas.exactPayload, outer.output.payload);
    if (!inner.success) return REFUSED;
    const { authorization, signature } = inner.output;
    const canonical = normaliseSignature(signature);
    return { x402Version: version, network, authorization, signature: canonical, accepted, identifier };
  }

  function partsOf(outer: v.InferOutput<typeof schemas.v1Payment> | v.InferOutput<typeof schemas.v2Payment>) {
    if (outer.x402Version === 1) {
      return { scheme: outer.scheme, network: networkByV1Name(outer.network), identifier: null };
    }
    const { asset, payTo, amount, extra, scheme, network } = outer.accepted;
    return {
      scheme,
      network: networkByCaip2(network),
      accepted: { asset, payTo, amount, invoice: extra?.invoice ?? null },
      identifier: identifierBefore(outer.extensions),
    };
  }

  function now(json: Json, version: 1 | 2): unknown {
    const payment = parsePayment(encodePayment(json), version);
    if (payment.ok) return payment.value;
    return payment.reason.code === "payment_malformed" ? REFUSED : payment.reason.code;
  }

  const signedWith = (json: Json, bytes: number) =>
    replaceAt(json, ["payload", "signature"], `0x${"ab".repeat(bytes)}`);

  function agree(good: readonly Json[], version: 1 | 2): void {
    for (const json of good) expect(now(json, version)).toMatchObject({ x402Version: version });
    const [one = null] = good;
    const other = version === 1 ? 2 : 1;
    expectAgreement(
      [...good, signedWith(one, 64), signedWith(one, 2_048)],
      { now: (json) => now(json, version), before: (json) => before(json, version) },
      [
        ...[63, 2_049].map((bytes) => signedWith(one, bytes)),
        replaceAt(one, ["x402Version"], other),
        replaceAt(one, ["payload", "authorization", "more"], 1),
      ],
    );
  }

  test("of version 1", () => agree([first], 1));
  test("of version 2", () => agree([second, named, bare], 2));
});

function identifierBefore(extensions: unknown): unknown {
  const parsed = v.safeParse(schemas.extensions, extensions);
  return parsed.success ? (parsed.output?.["payment-identifier"]?.info.id ?? null) : REFUSED;
}

test("extensions", () => {
  const identified = (length: number): Json => ({
    "payment-identifier": { info: { required: false, id: "x".repeat(length) } },
  });
  const info = { required: true, id: "a-name-of-16-chars" };
  const good: readonly Json[] = [
    null,
    {},
    [],
    { "payment-identifier": null, other: 1 },
    { "payment-identifier": { info: { required: false } } },
    { "payment-identifier": { info, schema: {} } },
    ...[16, 128].map(identified),
  ];
  const now = (json: Json) => {
    const read = readPaymentIdentifier(json);
    return read.ok ? read.value : REFUSED;
  };
  expectAgreement(good, { now, before: identifierBefore }, [15, 129].map(identified));
});
