/** The command line of `npm run doctor`. */

import { parseArgs } from "node:util";
import { type Address, parseAddress } from "../../protocol/hex.ts";
import { UsageError } from "../command.ts";

/** Where refunds are paid from; null: not given. */
export type RefundWallet =
  | { readonly kind: "address"; readonly address: Address }
  | { readonly kind: "kms"; readonly keyId: string };

export type DoctorCommand =
  | { readonly kind: "help" }
  | {
      readonly kind: "check";
      readonly configFile: string;
      /** The gateway to check, its origin alone; null checks what is there before deploying. */
      readonly url: string | null;
      /** Where the gateway's origin answers by itself, or null. */
      readonly originUrl: string | null;
      readonly refundWallet: RefundWallet | null;
      readonly json: boolean;
    };

const DEFAULT_CONFIG = "edge402.config.ts";

export const helpText = `Checks a configuration against the world, or a deployment against its configuration. Spends nothing.

  npm run doctor                                  before deploying: keys, facilitator, chains, USDC, supplier, refunds
  npm run doctor -- --url https://shop.example    after deploying: prices, headers, ways around the paywall, the origin

  --config FILE          the merchant's configuration (default: ${DEFAULT_CONFIG})
  --url URL              the gateway, as agents reach it
  --origin-url URL       with --url: the API behind it, to see that it answers nobody else
  --refund-wallet 0x…    before deploying: the account that pays refunds
  --refund-key-id ID     the same, by its key in AWS KMS, read with the credentials of the environment
  --json                 one line of JSON instead of the table
  --help                 this text

Before deploying these are read from the environment, as by cdk deploy:
  EDGE402_CDP_KEY_ID, EDGE402_CDP_KEY_SECRET, EDGE402_KEYS,
  EDGE402_SUPPLIER_ACCESS_CODE, EDGE402_SUPPLIER_SECRET_KEY

  ✓  as it should be     ✗  must be mended     –  not checked, or for information

Exit codes:
  0  nothing failed
  1  something failed
  2  the command line is wrong`;

const options = {
  config: { type: "string" },
  url: { type: "string" },
  "origin-url": { type: "string" },
  "refund-wallet": { type: "string" },
  "refund-key-id": { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean" },
} as const;

/** @throws UsageError */
export function parseCommandLine(args: readonly string[]): DoctorCommand {
  const values = read(args);
  if (values.help === true) return { kind: "help" };
  const url = urlOf("--url", values.url);
  const originUrl = urlOf("--origin-url", values["origin-url"]);
  const refundWallet = refundWalletOf(values["refund-wallet"], values["refund-key-id"]);
  if (url === null && originUrl !== null) throw new UsageError("--origin-url goes with --url.");
  if (url !== null && refundWallet !== null)
    throw new UsageError("The refund wallet is checked without --url.");
  return {
    kind: "check",
    configFile: values.config ?? DEFAULT_CONFIG,
    url,
    originUrl,
    refundWallet,
    json: values.json === true,
  };
}

function read(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    // The message quotes the argument it did not expect, and that may be a key given in the wrong place.
    const message = error instanceof Error ? error.message : "The command line can't be read.";
    throw new UsageError(message.replaceAll(/[^\s']{32,}/g, "…"));
  }
}

const LOOPBACK_HOSTS: readonly string[] = ["127.0.0.1", "localhost", "[::1]"];

export function isLoopback(url: string): boolean {
  return LOOPBACK_HOSTS.includes(new URL(url).hostname);
}

/** Without the slash at its end. */
function urlOf(name: string, text: string | undefined): string | null {
  if (text === undefined) return null;
  if (!URL.canParse(text)) throw new UsageError(`${name} is not a URL.`);
  const { protocol, origin, pathname, search, hash, username, password } = new URL(text);
  if (protocol !== "https:" && !(protocol === "http:" && isLoopback(text))) {
    throw new UsageError(`${name} must be https; plain http is for this machine only.`);
  }
  if (pathname !== "/" || `${search}${hash}${username}${password}` !== "") {
    throw new UsageError(`${name} is a scheme and a host, nothing more.`);
  }
  return origin;
}

function refundWalletOf(address: string | undefined, keyId: string | undefined): RefundWallet | null {
  if (address !== undefined && keyId !== undefined) {
    throw new UsageError("Give --refund-wallet or --refund-key-id, not both.");
  }
  if (keyId !== undefined) {
    if (keyId === "") throw new UsageError("--refund-key-id is empty.");
    return { kind: "kms", keyId };
  }
  if (address === undefined) return null;
  const parsed = parseAddress(address);
  // Not repeated: it may be the wallet's private key, given in the wrong place.
  if (parsed === undefined) throw new UsageError("--refund-wallet is an address: 0x and 40 hex digits.");
  return { kind: "address", address: parsed };
}
