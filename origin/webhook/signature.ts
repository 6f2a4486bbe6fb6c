/**
 * The signature on what buyers are told, in the form of Standard Webhooks. Each order has a secret of its own, computed
 * from its id, so that nothing is stored and one buyer's secret is no other's.
 */

import { createHmac } from "node:crypto";

export interface Message {
  /** The same for each try of one message, and for no other message. */
  readonly id: string;
  /** Unix seconds of this try. */
  readonly timestamp: number;
  readonly body: string;
}

const PREFIX = "whsec_";

/** What the buyer checks signatures with: `whsec_` and base64. @param accessSecret at least 32 bytes */
export function webhookSecret(accessSecret: Uint8Array, orderId: string): string {
  return PREFIX + signingKey(accessSecret, orderId).toString("base64");
}

/** @param accessSecrets of which the first made the secrets of new orders, and the others those of older ones */
export function signatureHeaders(
  { id, timestamp, body }: Message,
  orderId: string,
  accessSecrets: readonly Uint8Array[],
): Record<string, string> {
  const signatures = accessSecrets.map((secret) =>
    createHmac("sha256", signingKey(secret, orderId)).update(`${id}.${timestamp}.${body}`).digest("base64"),
  );
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": signatures.map((signature) => `v1,${signature}`).join(" "),
  };
}

function signingKey(accessSecret: Uint8Array, orderId: string): Buffer {
  return createHmac("sha256", accessSecret).update(`edge402 webhook ${orderId}`).digest();
}
