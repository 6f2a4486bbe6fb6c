/** The deployment's secrets: every fault is told by its variable's name, and what goes on is derived. */

import { hkdfSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseEdgeSecrets } from "../../edge/entry/secrets-json.ts";
import {
  edgeSecretsJson,
  originSecretsJson,
  readPaywallSecrets,
  readSecrets,
  SecretsError,
} from "../../lib/secrets.ts";
import { readOriginSecrets } from "../../origin/entry/secrets-json.ts";
import { cdpSecret, masterKey, type SecretEnvironment, secretEnvironment } from "./secret-environment.ts";

const NAMES = [
  "EDGE402_CDP_KEY_ID",
  "EDGE402_CDP_KEY_SECRET",
  "EDGE402_KEYS",
  "EDGE402_SUPPLIER_ACCESS_CODE",
  "EDGE402_SUPPLIER_SECRET_KEY",
] as const;

function faultsOf(env: SecretEnvironment): readonly string[] {
  try {
    readSecrets(env);
    return [];
  } catch (error) {
    if (error instanceof SecretsError) return error.faults;
    throw error;
  }
}

describe("good secrets", () => {
  test("are read", () => {
    const env = secretEnvironment();
    const { cdpKeyId, cdpKeySecret, supplierAccessCode, supplierSecretKey } = readSecrets(env);
    expect([cdpKeyId, cdpKeySecret, supplierAccessCode, supplierSecretKey]).toEqual([
      env["EDGE402_CDP_KEY_ID"],
      env["EDGE402_CDP_KEY_SECRET"],
      env["EDGE402_SUPPLIER_ACCESS_CODE"],
      env["EDGE402_SUPPLIER_SECRET_KEY"],
    ]);
  });

  test("of the gateway alone are the same, without a supplier", () => {
    const { EDGE402_SUPPLIER_ACCESS_CODE, EDGE402_SUPPLIER_SECRET_KEY, ...env } = secretEnvironment();
    const { supplierAccessCode, supplierSecretKey, ...paywall } = readSecrets({
      ...env,
      EDGE402_SUPPLIER_ACCESS_CODE,
      EDGE402_SUPPLIER_SECRET_KEY,
    });
    expect(readPaywallSecrets(env)).toEqual(paywall);
    expect(() => readPaywallSecrets({ ...env, EDGE402_KEYS: "1:short" })).toThrow(SecretsError);
  });

  test("give each master key's id three keys by HKDF, in the order in which they stand", () => {
    const [newer, older] = [masterKey(), masterKey()];
    const { keys } = readSecrets(secretEnvironment({ EDGE402_KEYS: `2:${newer}, 1:${older.toUpperCase()}` }));
    const derived = (secret: string, label: string) =>
      `0x${Buffer.from(hkdfSync("sha256", Buffer.from(secret, "hex"), "", label, 32)).toString("hex")}`;
    expect(keys).toEqual(
      [[2, newer] as const, [1, older] as const].map(([id, secret]) => ({
        id,
        invoice: derived(secret, "edge402 invoice key"),
        grant: derived(secret, "edge402 grant key"),
        access: derived(secret, "edge402 access secret"),
      })),
    );
  });

  test("never share a derived key between two purposes, nor show the master key", () => {
    const secret = masterKey();
    const secrets = readSecrets(secretEnvironment({ EDGE402_KEYS: `1:${secret}` }));
    const [key] = secrets.keys;
    expect(new Set([key?.invoice, key?.grant, key?.access]).size).toBe(3);
    expect(JSON.stringify(secrets)).not.toContain(secret);
  });
});

describe("what is wrong", () => {
  test.each(NAMES)("is a missing or empty %s", (name) => {
    expect(faultsOf(secretEnvironment({ [name]: undefined }))).toEqual([`${name} is not set`]);
    expect(faultsOf(secretEnvironment({ [name]: "" }))).toEqual([`${name} is not set`]);
  });

  test("is listed whole, a line for each variable", () => {
    expect(faultsOf({})).toEqual(NAMES.map((name) => `${name} is not set`));
  });

  const good = masterKey();
  const counting = Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString("hex");
  test.each([
    ["too short", `1:${good.slice(2)}`, "is not <id>:<64 hex digits>"],
    ["too long", `1:${good}00`, "is not <id>:<64 hex digits>"],
    ["without an id", good, "is not <id>:<64 hex digits>"],
    ["no hex", `1:${good.slice(1)}g`, "is not <id>:<64 hex digits>"],
    ["with an id over 255", `256:${good}`, "is not <id>:<64 hex digits>"],
    ["with a negative id", `-1:${good}`, "is not <id>:<64 hex digits>"],
    ["a list with an empty entry", `1:${good},`, "in entry 2 of 2"],
    ["one id twice", `1:${good},1:${masterKey()}`, "has one id twice"],
    ["one key under two ids", `2:${good},1:${good.toUpperCase()}`, "has one key under two ids"],
    ["all zeros", `1:${"0".repeat(64)}`, "looks like a placeholder"],
    ["one byte over and over", `1:${"ab".repeat(32)}`, "looks like a placeholder"],
    ["eight bytes over and over", `1:${"0123456789abcdef".repeat(4)}`, "looks like a placeholder"],
    ["a count", `1:${counting}`, "looks like a placeholder"],
  ])("is a master key that is %s", (_, keys, complaint) => {
    const faults = faultsOf(secretEnvironment({ EDGE402_KEYS: keys }));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^EDGE402_KEYS /);
    expect(faults[0]).toContain(complaint);
  });

  test.each([
    ["a word", "hunter2"],
    ["a broken PEM", "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----"],
    ["half a key", cdpSecret().slice(0, 44)],
    ["a placeholder", "<your secret>"],
  ])("is a CDP secret that is %s", (_, secret) => {
    const faults = faultsOf(secretEnvironment({ EDGE402_CDP_KEY_SECRET: secret }));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^EDGE402_CDP_KEY_SECRET (?:can't be used|looks like a placeholder)/);
  });

  test.each([
    "changeme",
    "your-secret-key",
    "<access-code>",
    "xxxxxxxx",
    "00000000",
    "an-example",
    "$" + "{CODE}",
  ])("is a supplier's code that says %s", (code) => {
    expect(faultsOf(secretEnvironment({ EDGE402_SUPPLIER_ACCESS_CODE: code }))).toEqual([
      "EDGE402_SUPPLIER_ACCESS_CODE looks like a placeholder",
    ]);
  });

  test.each([
    "two words",
    "line\nbreak",
    " padded",
    "é".repeat(8),
  ])("is a supplier's key that is no single word: %j", (key) => {
    expect(faultsOf(secretEnvironment({ EDGE402_SUPPLIER_SECRET_KEY: key }))).toEqual([
      expect.stringMatching(/^EDGE402_SUPPLIER_SECRET_KEY is not one word/),
    ]);
  });

  test("is never said with the value", () => {
    const anyValue = fc.string({ unit: "grapheme-ascii", minLength: 12, maxLength: 80 });
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), anyValue, (name, value) => {
        const said = faultsOf(secretEnvironment({ [name]: value })).join("\n");
        expect(said).not.toContain(value);
        expect(said.replaceAll("<64 hex digits>", "")).not.toMatch(/[0-9a-f]{16}/);
      }),
    );
  });

  test("is never a random key", () => {
    const anyKey = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter((key) => new Set(key).size > 20);
    fc.assert(
      fc.property(anyKey, fc.integer({ min: 0, max: 255 }), (key, id) => {
        const keys = `${id}:${Buffer.from(key).toString("hex")}`;
        expect(faultsOf(secretEnvironment({ EDGE402_KEYS: keys }))).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});

describe("what each side gets", () => {
  const env = secretEnvironment({ EDGE402_KEYS: `2:${masterKey()},1:${masterKey()}` });
  const secrets = readSecrets(env);

  test("at the edge is the CDP key and the keys of invoices and grants, and nothing that opens an order or the supplier", () => {
    const json = JSON.stringify(edgeSecretsJson(secrets));
    expect(json).not.toContain(env["EDGE402_SUPPLIER_ACCESS_CODE"]);
    expect(json).not.toContain(env["EDGE402_SUPPLIER_SECRET_KEY"]);
    for (const { access } of secrets.keys) expect(json).not.toContain(access.slice(2));
    const { invoiceKeys, grantKeys } = parseEdgeSecrets(JSON.parse(json));
    expect(invoiceKeys.map(({ id }) => id)).toEqual([2, 1]);
    expect(grantKeys.map(({ id }) => id)).toEqual([2, 1]);
  });

  test("is the same key of each invoice and grant, so that each side reads what the other signs", () => {
    const edge = parseEdgeSecrets(JSON.parse(JSON.stringify(edgeSecretsJson(secrets))));
    const origin = readOriginSecrets(JSON.stringify(originSecretsJson(secrets)));
    expect(origin.invoiceKeys).toEqual(edge.invoiceKeys);
    expect(origin.grantKeys).toEqual(edge.grantKeys);
    expect(origin.accessSecrets).toHaveLength(2);
  });
});
