/** Who signs usage records, as the merchant writes it: what an issuer publishes fits, and what could not count does not. */

import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { usageSchema } from "../../protocol/usage.ts";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const key = { ...publicKey.export({ format: "jwk" }), kid: "1" };
const secret = { ...privateKey.export({ format: "jwk" }), kid: "1" };

const usage = {
  issuer: "https://usage.example.com",
  recordsUrl: "https://usage.example.com/usage/records",
  keySet: { keys: [key] },
};
const withKeys = (...keys: unknown[]) => ({ ...usage, keySet: { keys } });

test("a key set is taken as issuers publish it", () => {
  const published = withKeys({ ...key, alg: "ES256", use: "sig" }, { ...key, kid: "2" });
  expect(v.parse(usageSchema, published)).toEqual(published);
});

describe("refuses", () => {
  test.each([
    ["no key", withKeys()],
    ["a private key, which must be nowhere but with the issuer", withKeys(secret)],
    ["a key without a name", withKeys({ ...key, kid: undefined })],
    ["two keys of one name", withKeys(key, key)],
    ["a key of another curve", withKeys({ ...key, crv: "P-384" })],
    ["a key of another kind", withKeys({ kty: "RSA", kid: "1", n: "AQAB", e: "AQAB" })],
    ["a key for encryption", withKeys({ ...key, use: "enc" })],
    ["half a key", withKeys({ ...key, y: undefined })],
    ["a short key", withKeys({ ...key, x: "short" })],
    [
      "more keys than a rotation needs",
      withKeys(...Array.from({ length: 17 }, (_, kid) => ({ ...key, kid: `${kid}` }))),
    ],
    ["no issuer", { ...usage, issuer: "" }],
    [
      "records that anybody on the way could change",
      { ...usage, recordsUrl: "http://usage.example.com/records" },
    ],
    ["records at a URL with a slash too many", { ...usage, recordsUrl: `${usage.recordsUrl}/` }],
    ["what it does not know", { ...usage, token: "x" }],
  ])("%s", (_, input) => {
    expect(v.is(usageSchema, input)).toBe(false);
  });

  test("anything else, without an exception", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        expect(v.is(usageSchema, one)).toBe(false);
        expect(v.is(usageSchema, { ...usage, keySet: other })).toBe(false);
        expect(v.is(usageSchema, withKeys(one, other))).toBe(false);
      }),
    );
  });
});
