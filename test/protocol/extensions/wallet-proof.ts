/**
 * A wallet proof as the official sign-in-with-x client makes it from our own challenge. A test changes one thing,
 * before the wallet signs or after, and sees what becomes of it.
 */

import { type CompleteSIWxInfo, createSIWxPayload, type SIWxPayload } from "@x402/extensions/sign-in-with-x";
import type { PrivateKeyAccount } from "viem/accounts";
import { challengeInfo } from "../../../protocol/extensions/sign-in-challenge.ts";
import { walletProofAddress } from "../../../protocol/extensions/sign-in-with-x.ts";
import { networks } from "../../../protocol/network.ts";
import { encodeBase64 } from "../../../protocol/text.ts";
import { NOW, PAYER } from "../../builders/payment.ts";

export const PUBLIC_URL = "https://shop.example.com";
export const ORDER_URL = `${PUBLIC_URL}/v1/orders/ord_${"a".repeat(40)}`;

const challenge = challengeInfo({
  resourceUrl: ORDER_URL,
  networks: [networks.base, networks.polygon],
  nonce: new Uint8Array(16).fill(0xab),
  now: NOW,
});

/** What the client shall sign: our challenge on Base, and then what the test wants otherwise. */
export function info(changes: Partial<CompleteSIWxInfo> = {}): CompleteSIWxInfo {
  return {
    ...challenge["sign-in-with-x"].info,
    chainId: "eip155:8453",
    type: "eip191",
    ...changes,
  };
}

/** Signed by the official client, which wants the message to name the host that it asked. */
export function sign(
  changes: Partial<CompleteSIWxInfo> = {},
  account: PrivateKeyAccount = PAYER,
): Promise<SIWxPayload> {
  const message = info(changes);
  return createSIWxPayload(message, account, message.uri);
}

export function encode(payload: unknown): string {
  return encodeBase64(JSON.stringify(payload));
}

/** "ok", or the fault. */
export function verdict(header: string, now: number = NOW, publicUrl: string = PUBLIC_URL): string {
  const result = walletProofAddress(header, { publicUrl, now });
  return result.ok ? "ok" : result.reason;
}

export function isoTime(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}
