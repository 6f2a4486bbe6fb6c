/** A buyer for end-to-end tests: pays with the stock clients, or signs one payment to send as the test likes. */

import { randomBytes } from "node:crypto";
import { ExactEvmScheme } from "@x402/evm/exact/client";
import { wrapFetchWithPayment as wrapV2, x402Client } from "@x402/fetch";
import * as v from "valibot";
import type { Hex } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { createSigner, wrapFetchWithPayment as wrapV1 } from "x402-fetch";
import { createPost } from "../../edge/adapters/http-post.ts";
import { cdpAuthorizer, parseCdpKey } from "../../protocol/cdp-jwt.ts";
import type { ConfigInput } from "../../protocol/config.ts";
import { createFacilitator } from "../../protocol/facilitator.ts";
import { HEADER } from "../../protocol/headers.ts";
import { parsePayment } from "../../protocol/payment.ts";
import { decodeBase64, parseJsonBytes } from "../../protocol/text.ts";
import type { LocalChainName, Stack } from "../../scripts/local/stack/start-stack.ts";

/** The supplier refuses the order, and no other package is ordered in its place. */
export const PRICE_MOVED = { kind: "error", code: "200005" } as const;

/** USDC, atomic units. */
export const PRICE = { "us-7day": 4_200_000n, "global-30day": 12_500_000n, report: 10_000n } as const;

export type SettlementMode = Pick<ConfigInput, "settle" | "upfront">;

/** The ways to settle that a purchase is tested in: the names for a test's title, and the configuration. */
export const modes: readonly (readonly [string, SettlementMode])[] = [
  ["the edge", {}],
  ["the edge, upfront", { upfront: true }],
  ["the origin", { settle: "origin" }],
];

/** Supplier orders that were not given back. */
export function liveOrders(stack: Stack): number {
  return stack.supplier.orders.filter(({ profiles }) =>
    profiles.some(({ esimStatus }) => esimStatus !== "CANCEL"),
  ).length;
}

/** Budgets that let slow-settlement tests finish in seconds, in the proportions of the real ones. */
export const quickBudgets: NonNullable<ConfigInput["budgets"]> = {
  edgeMs: 1_500,
  verifyMs: 800,
  originMs: 12_000,
};

export function activation(body: object): RequestInit {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** `@x402/fetch`, unmodified: x402 v2. @param amount atomic units that it insists on, where more than one is asked */
export function v2Client(stack: Stack, amount?: bigint): typeof fetch {
  const client = new x402Client();
  client.register("eip155:*", new ExactEvmScheme(payerOf(stack)));
  // It refuses more than $1 by default.
  client.setSpendControls({ maxAmountPerPayment: "$50" });
  if (amount !== undefined) {
    client.registerPolicy((_, offers) => offers.filter((offer) => offer.amount === String(amount)));
  }
  return wrapV2(fetch, client);
}

/** `x402-fetch`, unmodified: x402 v1. It picks what it pays by its wallet's chain. */
export function v1Client(stack: Stack, name: "polygon" | "base"): typeof fetch {
  const signer = createSigner(name, stack.secrets.payerKey);
  return async (input, init) => {
    const pay = wrapV1(fetch, await signer, 50_000_000n);
    return pay(input instanceof URL ? input.href : input, init);
  };
}

export function payerOf(stack: Stack): PrivateKeyAccount {
  return privateKeyToAccount(stack.secrets.payerKey);
}

export function payTo(stack: Stack): Hex {
  const [first] = stack.config.networks;
  if (first === undefined) throw new Error("the stack has a network");
  return first.payTo;
}

export async function balances(stack: Stack, name: LocalChainName) {
  const chain = stack.chain(name);
  return {
    payer: await chain.usdcBalance(payerOf(stack).address),
    merchant: await chain.usdcBalance(payTo(stack)),
  };
}

const receiptSchema = v.object({
  success: v.boolean(),
  transaction: v.string(),
  network: v.string(),
  payer: v.string(),
});

/** The receipt of a paid answer, in either version's header. */
export function receiptOf(response: Response): v.InferOutput<typeof receiptSchema> {
  const header =
    response.headers.get(HEADER.paymentResponse) ?? response.headers.get(HEADER.xPaymentResponse);
  const bytes = decodeBase64(header ?? "");
  return v.parse(receiptSchema, bytes === undefined ? undefined : parseJsonBytes(bytes)?.value);
}

const esimSchema = v.object({
  order_id: v.string(),
  order_url: v.string(),
  access_token: v.string(),
  state: v.literal("delivered"),
  replayed: v.boolean(),
  iccid: v.string(),
  esim_iccid: v.string(),
  apn: v.nullable(v.string()),
  qr_code: v.pipe(v.string(), v.startsWith("LPA:1$")),
  qr_image: v.string(),
  install: v.object({ apple: v.string(), android: v.string() }),
  payment: v.object({ transaction: v.string(), chain: v.string(), explorer_url: v.string() }),
});

export type Esim = v.InferOutput<typeof esimSchema>;

/** The goods of a 200, checked field by field. */
export async function esimOf(response: Response): Promise<Esim> {
  const text = await response.text();
  if (response.status !== 200) throw new Error(`expected 200, got ${response.status}: ${text}`);
  return v.parse(esimSchema, JSON.parse(text));
}

const problemSchema = v.looseObject({
  code: v.string(),
  retry_action: v.string(),
  payment_state: v.optional(v.string()),
});

export async function problemOf(response: Response): Promise<v.InferOutput<typeof problemSchema>> {
  return v.parse(problemSchema, await response.json());
}

const challengeSchema = v.object({
  resource: v.looseObject({}),
  accepts: v.array(
    v.looseObject({
      scheme: v.string(),
      network: v.string(),
      amount: v.string(),
      asset: v.string(),
      payTo: v.string(),
      maxTimeoutSeconds: v.number(),
    }),
  ),
});

/** One signed v2 payment, to be sent as often and wherever a test likes. */
export interface SignedPayment {
  readonly header: string;
  readonly nonce: Hex;
  readonly headers: Readonly<Record<string, string>>;
}

/** Asks for terms with `url` and `init`, and signs for the stack's first network. */
export async function signFor(
  stack: Stack,
  url: string,
  init: RequestInit = {},
  account: PrivateKeyAccount = payerOf(stack),
): Promise<SignedPayment> {
  const response = await fetch(url, init);
  const bytes = decodeBase64(response.headers.get(HEADER.paymentRequired) ?? "");
  const terms = v.parse(challengeSchema, bytes === undefined ? undefined : parseJsonBytes(bytes)?.value);
  const { network } = stack.chains[0];
  const accepted = terms.accepts.find((offer) => offer.network === network.caip2);
  if (accepted === undefined) throw new Error(`the challenge does not offer ${network.caip2}`);
  const scheme = new ExactEvmScheme(account);
  const requirements = v.parse(requirementsSchema, accepted);
  const { payload } = await scheme.createPaymentPayload(2, { ...requirements, network: network.caip2 });
  const payment = { x402Version: 2, resource: terms.resource, accepted, payload };
  const header = Buffer.from(JSON.stringify(payment)).toString("base64");
  const { authorization } = v.parse(authorizedSchema, payload);
  const nonce: Hex = `0x${authorization.nonce.slice(2)}`;
  return { header, nonce, headers: { [HEADER.paymentSignature]: header } };
}

/** Settles a payment past the gateway, as when a gateway dies between settling and forwarding. */
export async function submit(stack: Stack, { header }: SignedPayment): Promise<void> {
  const payment = parsePayment(header, 2);
  const [accepted] = stack.config.networks;
  if (!payment.ok || accepted === undefined) throw new Error("not a payment that can be submitted");
  const { cdpKeyId, cdpKeySecret } = stack.secrets;
  const now = () => Date.now();
  const facilitator = createFacilitator({
    url: stack.facilitator.url,
    authorize: cdpAuthorizer(parseCdpKey(cdpKeyId, cdpKeySecret), { now, randomBytes }),
    post: createPost(),
  });
  const price = payment.value.authorization.value;
  const terms = {
    price,
    description: "",
    mimeType: "",
    resourceUrl: stack.url,
    maxTimeoutSeconds: 60,
    upfront: false,
  };
  const outcome = await facilitator.settle({ payment: payment.value, accepted, terms, timeoutMs: 5_000 });
  if (outcome.kind !== "settled") throw new Error(`submitting ended as ${outcome.kind}`);
}

const requirementsSchema = v.object({
  scheme: v.string(),
  network: v.string(),
  amount: v.string(),
  asset: v.string(),
  payTo: v.string(),
  maxTimeoutSeconds: v.number(),
  extra: v.record(v.string(), v.unknown()),
});

const authorizedSchema = v.object({ authorization: v.object({ nonce: v.string() }) });

/** The request with the payment on it. */
export function paid(payment: SignedPayment, init: RequestInit = {}): RequestInit {
  return { ...init, headers: { ...Object.fromEntries(new Headers(init.headers)), ...payment.headers } };
}
