/** What a 401 or 402 answer declares in `extensions`, so that a stock client knows which sign-in-with-x message to sign. */

import { bytesToHex } from "../hex.ts";
import type { Network } from "../network.ts";
import { SIGN_IN_WITH_X, WALLET_PROOF_MAX_AGE_SECONDS } from "./sign-in-with-x.ts";

/** Enough that no two messages are alike. */
export const SIGN_IN_NONCE_BYTES = 16;

export interface SignInChallenge {
  /** The configured public URL, followed by the canonical path that was asked for. */
  readonly resourceUrl: string;
  /** The networks a payer may have paid on. */
  readonly networks: readonly Network[];
  /** `SIGN_IN_NONCE_BYTES` random bytes. */
  readonly nonce: Uint8Array;
  /** Unix seconds. */
  readonly now: number;
}

const text = { type: "string" } as const;
const uri = { type: "string", format: "uri" } as const;
const time = { type: "string", format: "date-time" } as const;

const schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  properties: {
    domain: text,
    address: text,
    statement: text,
    uri,
    version: text,
    chainId: text,
    type: text,
    nonce: text,
    issuedAt: time,
    expirationTime: time,
    notBefore: time,
    requestId: text,
    resources: { type: "array", items: uri },
    signature: text,
  },
  required: ["domain", "address", "uri", "version", "chainId", "type", "nonce", "issuedAt", "signature"],
} as const;

/** An object to spread into `extensions`. */
export function challengeInfo({ resourceUrl, networks, nonce, now }: SignInChallenge) {
  const { host, href } = new URL(resourceUrl);
  return {
    [SIGN_IN_WITH_X]: {
      info: {
        domain: host,
        uri: href,
        version: "1",
        nonce: bytesToHex(nonce).slice(2),
        issuedAt: isoTime(now),
        expirationTime: isoTime(now + WALLET_PROOF_MAX_AGE_SECONDS),
        resources: [href],
      },
      supportedChains: networks.map(({ caip2 }) => ({ chainId: caip2, type: "eip191" as const })),
      schema,
    },
  };
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}
