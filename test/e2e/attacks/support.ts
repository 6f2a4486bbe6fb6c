/** What an attacker works with, and what a test looks at afterwards: balances, supplier orders, the chain itself. */

import * as v from "valibot";
import { concat, decodeFunctionData, type Hex } from "viem";
import { expect } from "vitest";
import type { LogEvent } from "../../../edge/log.ts";
import { HEADER } from "../../../protocol/headers.ts";
import { decodeBase64, encodeBase64, parseJsonBytes } from "../../../protocol/text.ts";
import { fiatTokenAbi } from "../../../scripts/local/chain/abi.ts";
import { type CloudFront, startCloudFront } from "../../../scripts/local/cloudfront/cloudfront.ts";
import { createLocalViewerRequest, localDistribution } from "../../../scripts/local/stack/site.ts";
import type { Stack } from "../stack.ts";
import { activation, balances, liveOrders, type SignedPayment } from "../support.ts";

export const init = activation({ plan: "us-7day", device_id: "drone-47" });

/** Budgets with which an order that can't be decided is answered 202 after half a second. */
export const shortBudgets = { edgeMs: 1_500, verifyMs: 800, originMs: 500 } as const;

export type PaymentHeaders = Readonly<Record<string, string>>;

/** What an attack would have changed. Balances in atomic units of USDC on Polygon. */
export async function books(stack: Stack) {
  return { ...(await balances(stack, "polygon")), orders: liveOrders(stack) };
}

/** Whatever `attack` gets, it must move no money, order nothing and ask the facilitator nothing. */
export async function untouched<Result>(stack: Stack, attack: () => Promise<Result>): Promise<Result> {
  const before = await books(stack);
  const calls = stack.facilitator.calls.length;
  const result = await attack();
  expect(await books(stack)).toEqual(before);
  expect(stack.facilitator.calls.length).toBe(calls);
  return result;
}

/** `request` with these headers besides its own. */
export function withHeaders(request: RequestInit, headers: PaymentHeaders): RequestInit {
  return { ...request, headers: { ...Object.fromEntries(new Headers(request.headers)), ...headers } };
}

const payloadSchema = v.looseObject({ signature: v.string(), authorization: v.looseObject({}) });
const v2Schema = v.looseObject({
  accepted: v.looseObject({ extra: v.looseObject({}) }),
  payload: payloadSchema,
});

export type Payload = v.InferOutput<typeof payloadSchema>;

/** The JSON of a v2 payment. */
export function opened({ header }: Pick<SignedPayment, "header">): v.InferOutput<typeof v2Schema> {
  return v.parse(v2Schema, parseJsonBytes(decodeBase64(header) ?? new Uint8Array())?.value);
}

export function v2Headers(json: object): PaymentHeaders {
  return { [HEADER.paymentSignature]: encodeBase64(JSON.stringify(json)) };
}

/** A v1 payment, which echoes no terms and so needs no invoice. */
export function v1Headers(payload: object): PaymentHeaders {
  const json = { x402Version: 1, scheme: "exact", network: "polygon", payload };
  return { [HEADER.xPayment]: encodeBase64(JSON.stringify(json)) };
}

/** The same v2 payment with another signature. */
export function resigned(payment: SignedPayment, signature: Hex): PaymentHeaders {
  const json = opened(payment);
  return v2Headers({ ...json, payload: { ...json.payload, signature } });
}

/** The transactions that used authorizations up, oldest first. @param nonce all of them when absent */
export async function settlements(stack: Stack, nonce?: Hex): Promise<readonly Hex[]> {
  const { client, network } = stack.chain("polygon");
  const logs = await client.getContractEvents({
    address: network.usdc.address,
    abi: fiatTokenAbi,
    eventName: "AuthorizationUsed",
    args: nonce === undefined ? {} : { nonce },
    fromBlock: 0n,
  });
  return logs.map(({ transactionHash }) => transactionHash);
}

/** The payment that a transaction's calldata gives away to everybody: the authorization and its signature. */
export async function payloadOnChain(stack: Stack, hash: Hex): Promise<Payload> {
  const { input } = await stack.chain("polygon").client.getTransaction({ hash });
  return payloadIn(input);
}

export function payloadIn(calldata: Hex): Payload {
  const call = decodeFunctionData({ abi: fiatTokenAbi, data: calldata });
  if (call.functionName !== "transferWithAuthorization") throw new Error(`a call of ${call.functionName}`);
  const [from, to, value, validAfter, validBefore, nonce, first, r, s] = call.args;
  const signature =
    typeof first === "string" ? first : concat([r ?? "0x", s ?? "0x", `0x${first.toString(16)}`]);
  return {
    signature,
    authorization: {
      from,
      to,
      value: value.toString(),
      validAfter: validAfter.toString(),
      validBefore: validBefore.toString(),
      nonce,
    },
  };
}

/** Another gateway in front of the same origin, which asks a facilitator of the test's own. */
export async function gatewayAsking(
  stack: Stack,
  facilitatorUrl: string,
  log: (event: LogEvent) => void = () => {},
): Promise<CloudFront> {
  return gatewayBefore(stack, stack.originUrl, facilitatorUrl, log);
}

/** Another gateway, in front of another origin. */
export async function gatewayBefore(
  stack: Stack,
  originUrl: string,
  facilitatorUrl: string = stack.facilitator.url,
  log: (event: LogEvent) => void = () => {},
): Promise<CloudFront> {
  const handler = createLocalViewerRequest({ ...stack.config, facilitatorUrl }, stack.secrets, log);
  return startCloudFront({ distribution: localDistribution(originUrl, handler) });
}
