/** An environment whose secrets are good, for tests to change one thing in. The keys are made anew in every run. */

import { generateKeyPairSync, randomBytes } from "node:crypto";

export type SecretEnvironment = Readonly<Record<string, string | undefined>>;

export function cdpSecret(): string {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const seed = privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32);
  const point = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  return Buffer.concat([seed, point]).toString("base64");
}

/** 64 hex digits. */
export function masterKey(): string {
  return randomBytes(32).toString("hex");
}

export function secretEnvironment(overrides: SecretEnvironment = {}): SecretEnvironment {
  return {
    EDGE402_CDP_KEY_ID: "6f1d6c5e-3b1f-4a59-9c1c-0d6a5e0f7a11",
    EDGE402_CDP_KEY_SECRET: cdpSecret(),
    EDGE402_KEYS: `1:${masterKey()}`,
    EDGE402_SUPPLIER_ACCESS_CODE: randomBytes(16).toString("hex"),
    EDGE402_SUPPLIER_SECRET_KEY: randomBytes(16).toString("hex"),
    ...overrides,
  };
}
