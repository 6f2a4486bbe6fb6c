/** A local chain and facilitator for tests, good payments to change one thing in, and CDP tokens to do the same with. */

import { generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { type JWTHeaderParameters, type JWTPayload, SignJWT } from "jose";
import { type Address, getAddress, type Hex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { Network } from "../../../protocol/network.ts";
import { type LocalChain, startChain } from "../../../scripts/local/chain/start-chain.ts";
import {
  type LocalFacilitator,
  startFacilitator,
} from "../../../scripts/local/facilitator/start-facilitator.ts";
import { type Authorization, authorize, newAccount, sign } from "../chain/authorization.ts";

export const ed25519 = generateKeyPairSync("ed25519");
export const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
/** Known to the facilitator under `key-ed25519` and `key-p256`. */
export const cdpKeys = [
  { id: "key-ed25519", publicKey: ed25519.publicKey.export({ format: "jwk" }) },
  { id: "key-p256", publicKey: p256.publicKey },
];

export const payer = newAccount();
export const merchant: Address = newAccount().address;
export const price = 1_000_000n;

export interface Stack {
  readonly chains: readonly LocalChain[];
  readonly facilitator: LocalFacilitator;
  close(): Promise<void>;
}

export async function startStack(networks: readonly Network[], confirmationTimeoutMs = 5000): Promise<Stack> {
  const settlerKey = generatePrivateKey();
  const funded = [privateKeyToAccount(settlerKey).address];
  const chains = await Promise.all(networks.map((network) => startChain({ network, funded })));
  await Promise.all(chains.map((chain) => chain.mintUsdc(payer.address, 100n * price)));
  const facilitator = await startFacilitator({ chains, cdpKeys, settlerKey, confirmationTimeoutMs });
  return {
    chains,
    facilitator,
    async close() {
      await facilitator.close();
      await Promise.all(chains.map((chain) => chain.close()));
    },
  };
}

export interface TokenChange {
  readonly key?: KeyObject;
  readonly header?: Partial<JWTHeaderParameters>;
  readonly claims?: JWTPayload;
}

/** A good token for one request, but for `change`; a claim or header set to undefined is left out. */
export function mintToken(method: string, url: string, change: TokenChange = {}): Promise<string> {
  const { host, pathname } = new URL(url);
  const now = Math.floor(Date.now() / 1000);
  const nonce = randomBytes(16).toString("hex");
  return new SignJWT({
    sub: "key-ed25519",
    iss: "cdp",
    uris: [`${method} ${host}${pathname}`],
    iat: now,
    nbf: now,
    exp: now + 120,
    ...change.claims,
  })
    .setProtectedHeader({ alg: "EdDSA", kid: "key-ed25519", typ: "JWT", nonce, ...change.header })
    .sign(change.key ?? ed25519.privateKey);
}

export interface PaymentChange {
  readonly authorization?: Partial<Authorization>;
  readonly requirements?: Readonly<Record<string, unknown>>;
  readonly signature?: Hex;
}

/** The body of a good version 2 call, but for `change`. The authorization is signed as changed. */
export async function paymentV2(network: Network, change: PaymentChange = {}) {
  const { authorization, payload } = await signedPayload(network, change);
  const requirements = {
    scheme: "exact",
    network: network.caip2,
    amount: String(price),
    asset: network.usdc.address,
    payTo: merchant,
    maxTimeoutSeconds: 120,
    extra: { name: network.usdc.name, version: network.usdc.version },
    ...change.requirements,
  };
  const resource = {
    url: "https://merchant.example/esim",
    description: "An eSIM",
    mimeType: "application/json",
  };
  return {
    nonce: authorization.nonce,
    body: {
      x402Version: 2,
      paymentPayload: { x402Version: 2, resource, accepted: requirements, payload },
      paymentRequirements: requirements,
    },
  };
}

/** The body of a good version 1 call, but for `change`. */
export async function paymentV1(network: Network, change: PaymentChange = {}) {
  const { authorization, payload } = await signedPayload(network, change);
  return {
    nonce: authorization.nonce,
    body: {
      x402Version: 1,
      paymentPayload: { x402Version: 1, scheme: "exact", network: network.v1Name, payload },
      paymentRequirements: {
        scheme: "exact",
        network: network.v1Name,
        maxAmountRequired: String(price),
        resource: "https://merchant.example/esim",
        description: "An eSIM",
        mimeType: "application/json",
        payTo: merchant,
        maxTimeoutSeconds: 120,
        asset: network.usdc.address,
        extra: { name: network.usdc.name, version: network.usdc.version },
        ...change.requirements,
      },
    },
  };
}

async function signedPayload(network: Network, change: PaymentChange) {
  const authorization = authorize(payer.address, getAddress(merchant), change.authorization);
  const { value, validAfter, validBefore, ...rest } = authorization;
  return {
    authorization,
    payload: {
      signature: change.signature ?? (await sign(payer, network, authorization)),
      authorization: {
        ...rest,
        value: String(value),
        validAfter: String(validAfter),
        validBefore: String(validBefore),
      },
    },
  };
}

/** Posts `body` with a good token. */
export async function call(
  facilitator: LocalFacilitator,
  endpoint: "verify" | "settle",
  body: unknown,
): Promise<{ status: number; text: string; json: Record<string, unknown> }> {
  const url = `${facilitator.url}/${endpoint}`;
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${await mintToken("POST", url)}`, "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type") === "application/json";
  return { status: response.status, text, json: isJson ? JSON.parse(text) : {} };
}
