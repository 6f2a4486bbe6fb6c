/** The local stack's keys: made anew at each start, or kept in the data folder so that what it holds stays readable. */

import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as v from "valibot";
import { privateKeyToAddress } from "viem/accounts";
import { parseCdpKey } from "../../../protocol/cdp-jwt.ts";
import { type Hex, parseBytes32 } from "../../../protocol/hex.ts";

const hexKey = v.pipe(
  v.string(),
  v.transform(parseBytes32),
  v.check((key) => key !== undefined, "expected 32 bytes of hex"),
  v.transform((key): Hex => key ?? "0x"),
);

export const secretsSchema = v.strictObject({
  cdpKeyId: v.string(),
  cdpKeySecret: v.string(),
  invoiceKey: hexKey,
  grantKey: hexKey,
  accessSecret: hexKey,
  supplierAccessCode: v.string(),
  supplierSecretKey: v.string(),
  /** Sends the facilitator's settlements. */
  settlerKey: hexKey,
  /** The agent's wallet. */
  payerKey: hexKey,
  /** The merchant's wallet; only its address is used. */
  merchantKey: hexKey,
  /** Pays refunds. */
  refundKey: hexKey,
});

export type LocalSecrets = v.InferOutput<typeof secretsSchema>;

/** @param file undefined makes new ones and keeps them nowhere */
export function localSecrets(file: string | undefined): LocalSecrets {
  if (file === undefined) return newSecrets();
  if (existsSync(file)) return v.parse(secretsSchema, JSON.parse(readFileSync(file, "utf8")));
  const secrets = newSecrets();
  writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
  return secrets;
}

export function cdpPublicKey({ cdpKeyId, cdpKeySecret }: LocalSecrets): KeyObject {
  return createPublicKey(parseCdpKey(cdpKeyId, cdpKeySecret).privateKey);
}

export const addressOf = (key: Hex) => privateKeyToAddress(key);

function newSecrets(): LocalSecrets {
  return {
    cdpKeyId: `organizations/local/apiKeys/${randomBytes(8).toString("hex")}`,
    cdpKeySecret: newCdpSecret(),
    invoiceKey: newKey(),
    grantKey: newKey(),
    accessSecret: newKey(),
    supplierAccessCode: randomBytes(16).toString("hex"),
    supplierSecretKey: randomBytes(16).toString("hex"),
    settlerKey: newKey(),
    payerKey: newKey(),
    merchantKey: newKey(),
    refundKey: newKey(),
  };
}

/** In the portal's own form: base64 of an Ed25519 seed and its public key. */
function newCdpSecret(): string {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const seed = privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32);
  const point = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  return Buffer.concat([seed, point]).toString("base64");
}

function newKey(): Hex {
  return `0x${randomBytes(32).toString("hex")}`;
}
