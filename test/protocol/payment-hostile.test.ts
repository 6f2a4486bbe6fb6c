/** Hostile payment headers: refused with the code that says why, whatever stands in them, and never a throw. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checksumAddress } from "../../protocol/hex.ts";
import { usdc } from "../../protocol/money.ts";
import { networks } from "../../protocol/network.ts";
import { MAX_PAYMENT_HEADER, parsePayment, type X402Version } from "../../protocol/payment.ts";
import { encodeBase64 } from "../../protocol/text.ts";
import { anyText } from "../builders/arbitrary.ts";
import { MERCHANT } from "../builders/config.ts";
import { buildPayment, encodePayment, type Json, pathsIn, replaceAt } from "../builders/payment.ts";

const price = usdc(4_200_000n);
const invoice = `inv_${"A".repeat(96)}`;
const versions: readonly X402Version[] = [1, 2];

function build(version: X402Version) {
  return buildPayment({ version, network: networks.base, payTo: MERCHANT, amount: price, invoice });
}

function codeOf(header: string, version: X402Version): string {
  const result = parsePayment(header, version);
  return result.ok ? "ok" : result.reason.code;
}

const hostileValues: readonly Json[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e100,
  "",
  " ",
  "0x",
  "-1",
  "1e3",
  "0x1",
  "01",
  "1.0",
  "9".repeat(79),
  "\u0000",
  "__proto__",
  "constructor",
  "exact ",
  "eip155:8453 ",
  "eip155:08453",
  "base\n",
  `0x${"0".repeat(39)}g`,
  `0x${"f".repeat(63)}`,
  [],
  ["0x"],
  {},
  { length: 66 },
];

/** The fields that are read, and the code for a value that none of them may have. */
const fields: Readonly<Record<X402Version, Readonly<Record<string, string>>>> = {
  1: {
    x402Version: "payment_malformed",
    scheme: "payment_scheme_unsupported",
    network: "payment_network_unsupported",
    payload: "payment_malformed",
  },
  2: {
    x402Version: "payment_malformed",
    accepted: "payment_malformed",
    "accepted.scheme": "payment_scheme_unsupported",
    "accepted.network": "payment_network_unsupported",
    "accepted.asset": "payment_malformed",
    "accepted.payTo": "payment_malformed",
    "accepted.amount": "payment_malformed",
    payload: "payment_malformed",
  },
};
const payloadFields = [
  "signature",
  "authorization",
  ...["from", "to", "value", "validAfter", "validBefore", "nonce"].map((name) => `authorization.${name}`),
].map((name) => `payload.${name}`);
const decimalFields = /\.(value|validAfter|validBefore|amount)$/;

describe.each(versions)("a hostile payment of version %i", (version) => {
  const expected = {
    ...fields[version],
    ...Object.fromEntries(payloadFields.map((f) => [f, "payment_malformed"])),
  };

  test.each(Object.entries(expected))("with any wrong %s is refused: %s", async (field, code) => {
    const { payload } = await build(version);
    const path = field.split(".");
    expect(codeOf(encodePayment(replaceAt(payload, path, undefined)), version)).toBe("payment_malformed");
    for (const value of hostileValues) {
      // Zero and one are numbers of seconds or units like any other; whether they pay is judged later.
      if (decimalFields.test(field) && typeof value === "string" && /^(0|[1-9][0-9]*)$/.test(value)) {
        if (value.length < 78) continue;
      }
      const got = codeOf(encodePayment(replaceAt(payload, path, value)), version);
      expect(got, `${field} = ${JSON.stringify(value)}`).toBe(
        typeof value === "string" ? code : "payment_malformed",
      );
    }
  });

  test("with anything hostile anywhere is refused or read, and never throws", async () => {
    const { payload } = await build(version);
    for (const path of pathsIn(payload)) {
      for (const value of hostileValues) {
        const header = encodePayment(replaceAt(payload, path, value));
        expect(codeOf(header, version)).toMatch(
          /^(ok|payment_(malformed|identifier_malformed|scheme_unsupported|network_unsupported))$/,
        );
      }
    }
  });

  test("is not taken for the other version", async () => {
    const { header } = await build(version);
    expect(codeOf(header, version === 1 ? 2 : 1)).toBe("payment_malformed");
  });

  test("whose mixed-case address has a wrong checksum is refused", async () => {
    const { payload, authorization } = await build(version);
    const mistyped = checksumAddress(authorization.from).replace(/[a-fA-F]/, (letter) =>
      letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
    );
    const path = ["payload", "authorization", "from"];
    expect(codeOf(encodePayment(replaceAt(payload, path, mistyped)), version)).toBe("payment_malformed");
  });

  test("that names a key twice is refused", async () => {
    const { payload } = await build(version);
    const json = JSON.stringify(payload);
    const twice = json.replace('"value":', '"value":"1","v\\u0061lue":');
    expect(twice).not.toBe(json);
    expect(codeOf(encodeBase64(twice), version)).toBe("payment_not_json");
  });

  test("in loose base64 is refused", async () => {
    const { header } = await build(version);
    for (const loose of [
      `${header}=`,
      ` ${header}`,
      `${header}\n`,
      `${header.slice(0, 40)}\n${header.slice(40)}`,
      `${header},${header}`,
      `${header}${"A".repeat(3)}`,
      "",
    ]) {
      expect(codeOf(loose, version)).toBe("payment_not_base64");
    }
  });

  test("that is too large is refused before it is decoded", () => {
    const limit = "A".repeat(MAX_PAYMENT_HEADER);
    expect(codeOf(limit, version)).toBe("payment_not_json");
    for (const header of [`${limit}A`, "*".repeat(MAX_PAYMENT_HEADER + 1), "A".repeat(10_000_000)]) {
      expect(codeOf(header, version)).toBe("payment_header_too_large");
    }
  });

  test("never throws, whatever string, bytes or JSON it is", () => {
    const bytes = fc.uint8Array({ maxLength: 100 }).map((b) => Buffer.from(b).toString("base64"));
    const json = fc.json({ stringUnit: "binary" }).map(encodeBase64);
    fc.assert(
      fc.property(fc.oneof(anyText, bytes, json), (header) => {
        expect(codeOf(header, version)).toMatch(/^payment_(not_base64|not_json|malformed|header_too_large)$/);
      }),
      { numRuns: 500 },
    );
  });

  test("never throws, whatever JSON stands where an object is expected", async () => {
    const { payload } = await build(version);
    const paths = [...pathsIn(payload), []];
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.json(), (path, json) => {
        const value: unknown = JSON.parse(json);
        const raw = JSON.stringify(replaceAt(payload, path, "@")).replace('"@"', () => JSON.stringify(value));
        expect(() => parsePayment(encodeBase64(raw), version)).not.toThrow();
      }),
    );
  });

  test("is refused with the field's name and without its value", async () => {
    const { payload } = await build(version);
    const secret = "5ecre7".repeat(10);
    for (const field of payloadFields) {
      const result = parsePayment(encodePayment(replaceAt(payload, field.split("."), secret)), version);
      expect(result).toMatchObject({ ok: false, reason: { detail: expect.stringContaining(field) } });
      expect(JSON.stringify(result)).not.toContain("5ecre7");
    }
  });
});

describe("a payment in the wrong place", () => {
  test("on a network that version 1 has no name for is unsupported", async () => {
    const { payload } = await build(1);
    for (const name of ["arbitrum", "eip155:42161", "solana", "null", "polygon-amoy"]) {
      const renamed = encodePayment(replaceAt(payload, ["network"], name));
      expect(codeOf(renamed, 1)).toBe("payment_network_unsupported");
    }
  });

  test("with text for bytes is not UTF-8 and so not JSON", () => {
    const latin1 = Buffer.from('{"x402Version":2,"caf\xe9":1}', "latin1").toString("base64");
    expect(codeOf(latin1, 2)).toBe("payment_not_json");
  });

  test("whose detail would repeat a client's own key is still short", async () => {
    const { payload } = await build(2);
    const key = "k".repeat(3_000);
    const result = parsePayment(encodePayment(replaceAt(payload, ["payload", "authorization", key], "x")), 2);
    expect(result.ok).toBe(false);
    if (!result.ok) expect(result.reason.detail.length).toBeLessThan(200);
  });

  test("has a nonce of its own each time it is built", async () => {
    const [a, b] = await Promise.all([build(2), build(2)]);
    expect(a.authorization.nonce).not.toBe(b.authorization.nonce);
  });
});
