/** What a failed call to AWS KMS means for a refund. Pure. */

import { KMSServiceException } from "@aws-sdk/client-kms";
import type { SignerFault } from "./port.ts";

/** KMS blames the caller for these, but they pass: too many calls, or credentials about to be renewed. */
const PASSING: readonly string[] = ["ThrottlingException", "ExpiredTokenException"];

/** The key is symmetric, not for signing, or of another curve. */
const UNFIT: readonly string[] = ["InvalidKeyUsageException", "UnsupportedOperationException"];

/**
 * A refusal by KMS stays one until an operator changes the key, its policy or our configuration. Without an answer
 * from KMS, or with one that blames KMS itself, the call is worth repeating: a signature has no side effects.
 *
 * Only the fault comes out, because the SDK's messages quote key ARNs and roles.
 */
export function kmsFault(error: unknown): SignerFault {
  if (!(error instanceof KMSServiceException)) return "retry_later";
  if (UNFIT.includes(error.name)) return "wrong_key";
  return error.$fault === "server" || PASSING.includes(error.name) ? "retry_later" : "disabled";
}
