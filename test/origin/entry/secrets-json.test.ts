/** The origin's secrets as they lie in Secrets Manager: whole or refused, and never quoted. */

import { describe, expect, test } from "vitest";
import {
  OriginSecretsError,
  type OriginSecretsJson,
  readOriginSecrets,
} from "../../../origin/entry/secrets-json.ts";

const key = (digit: string) => `0x${digit.repeat(64)}` as const;

const json: OriginSecretsJson = {
  cdpKeyId: "key",
  cdpKeySecret: "secret",
  supplierAccessCode: "code",
  supplierSecretKey: "supplier",
  keys: [
    { id: 2, invoice: key("a"), grant: key("b"), access: key("c") },
    { id: 1, invoice: key("d"), grant: key("e"), access: key("f") },
  ],
};

test("each key goes to its purpose, the current one first", () => {
  const secrets = readOriginSecrets(JSON.stringify(json));
  const filled = (byte: number) => new Uint8Array(32).fill(byte);
  expect(secrets.invoiceKeys).toEqual([
    { id: 2, secret: filled(0xaa) },
    { id: 1, secret: filled(0xdd) },
  ]);
  expect(secrets.grantKeys.map(({ secret }) => secret)).toEqual([filled(0xbb), filled(0xee)]);
  expect(secrets.accessSecrets).toEqual([filled(0xcc), filled(0xff)]);
  expect(secrets).toMatchObject({ cdpKeySecret: "secret", supplierSecretKey: "supplier" });
});

test("a field that a newer deployment may have added is let be", () => {
  expect(() => readOriginSecrets(JSON.stringify({ ...json, newer: 1 }))).not.toThrow();
});

describe("refused, and not quoted, is", () => {
  const [first] = json.keys;
  test.each<[string, string]>([
    ["what is no JSON", "c2VjcmV0"],
    ["a secret without keys", JSON.stringify({ ...json, keys: [] })],
    ["a key without its access secret", JSON.stringify({ ...json, keys: [{ ...first, access: undefined }] })],
    ["a key that is too short", JSON.stringify({ ...json, keys: [{ ...first, grant: "0xc2VjcmV0" }] })],
    ["a key id over 255", JSON.stringify({ ...json, keys: [{ ...first, id: 256 }] })],
    ["an empty CDP secret", JSON.stringify({ ...json, cdpKeySecret: "" })],
    ["a missing supplier's key", JSON.stringify({ ...json, supplierSecretKey: undefined })],
  ])("%s", (_, text) => {
    expect(() => readOriginSecrets(text)).toThrow(OriginSecretsError);
    expect(() => readOriginSecrets(text)).not.toThrow(/c2VjcmV0/);
  });
});
