/** The payment header: what clients honestly send is read, with whatever they echo. */

import { describe, expect, test } from "vitest";
import { usdc } from "../../protocol/money.ts";
import { networks } from "../../protocol/network.ts";
import {
  MAX_PAYMENT_HEADER,
  MAX_SIGNATURE_BYTES,
  parsePayment,
  type X402Version,
} from "../../protocol/payment.ts";
import { allNetworks } from "../builders/arbitrary.ts";
import { MERCHANT } from "../builders/config.ts";
import { buildPayment, encodePayment, replaceAt } from "../builders/payment.ts";

const price = usdc(4_200_000n);
const invoice = `inv_${"A".repeat(96)}`;

function build(version: X402Version) {
  return buildPayment({ version, network: networks.base, payTo: MERCHANT, amount: price, invoice });
}

function codeOf(header: string, version: X402Version): string {
  const result = parsePayment(header, version);
  return result.ok ? "ok" : result.reason.code;
}

describe("a payment as stock clients send it", () => {
  test.each(allNetworks)("is read in version 2 on $chain", async (network) => {
    const built = await buildPayment({ version: 2, network, payTo: MERCHANT, amount: price, invoice });
    expect(parsePayment(built.header, 2)).toEqual({
      ok: true,
      value: {
        x402Version: 2,
        network,
        authorization: built.authorization,
        signature: built.signature,
        accepted: {
          asset: network.usdc.address.toLowerCase(),
          payTo: MERCHANT,
          amount: price,
          invoice,
        },
        identifier: null,
      },
    });
  });

  test.each(
    allNetworks.filter(({ v1Name }) => v1Name !== null),
  )("is read in version 1 on $chain", async (network) => {
    const built = await buildPayment({ version: 1, network, payTo: MERCHANT, amount: price });
    const { authorization, signature } = built;
    const value = { x402Version: 1, network, authorization, signature, accepted: null, identifier: null };
    expect(parsePayment(built.header, 1)).toEqual({ ok: true, value });
  });

  test("may echo keys that we never sent, everywhere but inside what was signed", async () => {
    const { payload, header } = await build(2);
    for (const path of [[], ["accepted"], ["accepted", "extra"], ["payload"], ["resource"], ["extensions"]]) {
      const extended = replaceAt(payload, [...path, "unheard-of"], { nested: ["x", { y: null }] });
      expect(parsePayment(encodePayment(extended), 2)).toEqual(parsePayment(header, 2));
    }
    const signed = replaceAt(payload, ["payload", "authorization", "unheard-of"], "x");
    expect(codeOf(encodePayment(signed), 2)).toBe("payment_malformed");
  });

  test("without what version 2 leaves to choice is read as well", async () => {
    const { payload } = await build(2);
    for (const key of ["resource", "extensions"]) {
      expect(codeOf(encodePayment(replaceAt(payload, [key], undefined)), 2)).toBe("ok");
    }
    const bare = parsePayment(encodePayment(replaceAt(payload, ["accepted", "extra"], undefined)), 2);
    expect(bare).toMatchObject({ ok: true, value: { accepted: { invoice: null } } });
  });

  test.each([
    ["00", "1b"],
    ["01", "1c"],
  ])("with a signature that ends in v %s is read with v %s", async (written, read) => {
    const { payload, signature } = await build(2);
    const sent = replaceAt(payload, ["payload", "signature"], signature.slice(0, -2) + written);
    expect(parsePayment(encodePayment(sent), 2)).toMatchObject({
      value: { signature: signature.slice(0, -2) + read },
    });
  });

  test("may carry the longest contract wallet's signature, and fits the header", async () => {
    const { payload } = await build(2);
    const sign = (bytes: number) => replaceAt(payload, ["payload", "signature"], `0x${"6d".repeat(bytes)}`);
    const header = encodePayment(sign(MAX_SIGNATURE_BYTES));
    expect(header.length).toBeLessThanOrEqual(MAX_PAYMENT_HEADER);
    expect(codeOf(header, 2)).toBe("ok");
    expect(codeOf(encodePayment(sign(MAX_SIGNATURE_BYTES + 1)), 2)).toBe("payment_malformed");
    expect(codeOf(encodePayment(sign(63)), 2)).toBe("payment_malformed");
  });
});
