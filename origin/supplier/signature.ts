/** The HMAC that signs a request to eSIM Access. Pure. */

import { createHmac } from "node:crypto";

export interface SignedParts {
  /** As sent in RT-Timestamp. */
  readonly timestamp: string;
  /** As sent in RT-RequestID. */
  readonly requestId: string;
  readonly accessCode: string;
  /** The exact bytes of the body, as text. */
  readonly body: string;
}

/** RT-Signature: HMAC-SHA256 over the parts, one after the other, in lowercase hex. */
export function signRequest(secretKey: string, parts: SignedParts): string {
  return createHmac("sha256", secretKey)
    .update(parts.timestamp + parts.requestId + parts.accessCode + parts.body)
    .digest("hex");
}
