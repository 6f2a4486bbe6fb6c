/**
 * The deployment's secrets, from the environment of whoever deploys. Only what is derived from a master key goes on:
 * one key for each purpose, so that the edge can't make what only the origin may.
 */

import { hkdfSync } from "node:crypto";
import type { EdgeSecretsJson } from "../edge/entry/secrets-json.ts";
import type { OriginSecretsJson } from "../origin/entry/secrets-json.ts";
import { CdpKeyError, parseCdpKey } from "../protocol/cdp-jwt.ts";
import { bytesToHex, type Hex } from "../protocol/hex.ts";
import { looksPatterned, looksPlaceholder } from "./placeholders.ts";

type Environment = Readonly<Record<string, string | undefined>>;

interface DerivedKeys {
  readonly id: number;
  /** Signs invoices; edge and origin. */
  readonly invoice: Hex;
  /** Signs grants; edge and origin. */
  readonly grant: Hex;
  /** Makes access tokens; the origin alone. */
  readonly access: Hex;
}

/** What the gateway alone needs, in front of whatever origin. */
export interface PaywallSecrets {
  readonly cdpKeyId: string;
  readonly cdpKeySecret: string;
  /** Of each master key, the current one's first. */
  readonly keys: readonly DerivedKeys[];
}

/** With the eSIM store behind it. */
export interface DeploymentSecrets extends PaywallSecrets {
  readonly supplierAccessCode: string;
  readonly supplierSecretKey: string;
}

/** All that is wrong, a line for each variable. Never holds a value. */
export class SecretsError extends Error {
  override readonly name = "SecretsError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The secrets in the environment are wrong:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
    this.faults = faults;
  }
}

const KEYS = "EDGE402_KEYS";

/** What a master key is worth elsewhere. Changing one changes every key, so none ever does. */
const LABELS = {
  invoice: "edge402 invoice key",
  grant: "edge402 grant key",
  access: "edge402 access secret",
} as const;

const KEY_BYTES = 32;
const MAX_KEY_ID = 255;

const KEY_ENTRY = /^(?<id>\d{1,3}):(?<hex>[0-9a-fA-F]{64})$/;
/** PEM is the one secret with spaces and line breaks in it. */
const WORD = /^[\x21-\x7e]{1,512}$/;

/** Reads one variable, and notes what is wrong with it. */
type Take = (name: string, faultOf: (value: string) => string | undefined) => string;

/**
 * `EDGE402_CDP_KEY_ID`, `EDGE402_CDP_KEY_SECRET`, and `EDGE402_KEYS`: `2:<64 hex digits>,1:<64 hex digits>`, ids of 0 to
 * 255, the current key first.
 *
 * @throws SecretsError
 */
export function readPaywallSecrets(env: Environment): PaywallSecrets {
  return read(env, takePaywall);
}

/**
 * What `readPaywallSecrets` reads, and `EDGE402_SUPPLIER_ACCESS_CODE` and `EDGE402_SUPPLIER_SECRET_KEY`.
 *
 * @throws SecretsError
 */
export function readSecrets(env: Environment): DeploymentSecrets {
  return read(env, (take) => ({
    ...takePaywall(take),
    supplierAccessCode: take("EDGE402_SUPPLIER_ACCESS_CODE", wordFault),
    supplierSecretKey: take("EDGE402_SUPPLIER_SECRET_KEY", wordFault),
  }));
}

/** What is derived from `EDGE402_KEYS`, the current key's first. @throws SecretsError */
export function readKeys(env: Environment): PaywallSecrets["keys"] {
  return read(env, takeKeys);
}

function read<Secrets>(env: Environment, takeAll: (take: Take) => Secrets): Secrets {
  const faults: string[] = [];
  const secrets = takeAll((name, faultOf) => {
    const value = env[name] ?? "";
    const fault = value === "" ? "is not set" : faultOf(value);
    if (fault !== undefined) faults.push(`${name} ${fault}`);
    return value;
  });
  if (faults.length > 0) throw new SecretsError(faults);
  return secrets;
}

function takePaywall(take: Take): PaywallSecrets {
  const cdpKeyId = take("EDGE402_CDP_KEY_ID", wordFault);
  const cdpKeySecret = take("EDGE402_CDP_KEY_SECRET", (secret) => cdpFault(cdpKeyId, secret));
  return { cdpKeyId, cdpKeySecret, keys: takeKeys(take) };
}

function takeKeys(take: Take): readonly DerivedKeys[] {
  const masterKeys = parseMasterKeys(take(KEYS, masterKeysFault));
  return masterKeys.flatMap((key) => (key === undefined ? [] : [derive(key)]));
}

/** What the edge functions may know. */
export function edgeSecretsJson({ cdpKeyId, cdpKeySecret, keys }: PaywallSecrets): EdgeSecretsJson {
  return { cdpKeyId, cdpKeySecret, keys: keys.map(({ id, invoice, grant }) => ({ id, invoice, grant })) };
}

/** What the origin's functions may know. */
export function originSecretsJson(secrets: DeploymentSecrets): OriginSecretsJson {
  const { cdpKeyId, cdpKeySecret, supplierAccessCode, supplierSecretKey, keys } = secrets;
  return { cdpKeyId, cdpKeySecret, supplierAccessCode, supplierSecretKey, keys };
}

function wordFault(value: string): string | undefined {
  if (!WORD.test(value)) return "is not one word of at most 512 printable ASCII characters";
  return looksPlaceholder(value) ? "looks like a placeholder" : undefined;
}

function cdpFault(id: string, secret: string): string | undefined {
  if (looksPlaceholder(secret)) return "looks like a placeholder";
  try {
    parseCdpKey(id, secret);
    return undefined;
  } catch (error) {
    if (error instanceof CdpKeyError) return `can't be used: ${error.message}`;
    throw error;
  }
}

interface MasterKey {
  readonly id: number;
  readonly secret: Buffer;
}

function parseMasterKeys(text: string): readonly (MasterKey | undefined)[] {
  return text.split(",").map((entry) => {
    const { id = "", hex = "" } = KEY_ENTRY.exec(entry.trim())?.groups ?? {};
    return id === "" || Number(id) > MAX_KEY_ID
      ? undefined
      : { id: Number(id), secret: Buffer.from(hex, "hex") };
  });
}

function masterKeysFault(text: string): string | undefined {
  const keys = parseMasterKeys(text);
  const malformed = keys.indexOf(undefined);
  if (malformed !== -1) {
    return `is not <id>:<64 hex digits>, ids of 0 to ${MAX_KEY_ID}, in entry ${malformed + 1} of ${keys.length}`;
  }
  const all = keys.flatMap((key) => key ?? []);
  const patterned = all.find(({ secret }) => looksPatterned(secret));
  if (patterned !== undefined) {
    return `has a key that looks like a placeholder, id ${patterned.id}: make one with "openssl rand -hex ${KEY_BYTES}"`;
  }
  if (new Set(all.map(({ id }) => id)).size < all.length) return "has one id twice";
  if (new Set(all.map(({ secret }) => secret.toString("hex"))).size < all.length) {
    return "has one key under two ids";
  }
  return undefined;
}

function derive({ id, secret }: MasterKey): DerivedKeys {
  const key = (label: string) => bytesToHex(new Uint8Array(hkdfSync("sha256", secret, "", label, KEY_BYTES)));
  return { id, invoice: key(LABELS.invoice), grant: key(LABELS.grant), access: key(LABELS.access) };
}
