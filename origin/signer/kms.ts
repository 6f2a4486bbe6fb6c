/** A refund wallet whose private key never leaves AWS KMS: an asymmetric `ECC_SECG_P256K1` key for `SIGN_VERIFY`. */

import { GetPublicKeyCommand, type KMSClient, SignCommand } from "@aws-sdk/client-kms";
import type { Address } from "../../protocol/hex.ts";
import { fail, ok, type Result } from "../../protocol/result.ts";
import { accountOfSpki, parseDerSignature } from "./ecdsa.ts";
import { kmsFault } from "./kms-fault.ts";
import type { RefundSigner, SignerFault } from "./port.ts";
import { createRefundSigner } from "./refund-signer.ts";

export interface KmsSignerOptions {
  readonly client: KMSClient;
  /** Key id, key ARN, alias name or alias ARN. The role needs `kms:GetPublicKey` and `kms:Sign` on it. */
  readonly keyId: string;
  /** Milliseconds one call to KMS may take, the client's own retries included. The first signature takes two calls. */
  readonly deadlineMs: number;
}

export function createKmsSigner({ client, keyId, deadlineMs }: KmsSignerOptions): RefundSigner {
  /** Kept once known, since a key never changes its public half. A fault is never kept: the next call asks again. */
  let known: Address | undefined;

  return createRefundSigner({
    async address() {
      if (known !== undefined) return ok(known);
      const asked = await ask(deadlineMs, (abortSignal) =>
        client.send(new GetPublicKeyCommand({ KeyId: keyId }), { abortSignal }),
      );
      if (!asked.ok) return asked;
      const { PublicKey: spki } = asked.value;
      known = spki === undefined ? undefined : accountOfSpki(spki);
      return known === undefined ? fail("wrong_key") : ok(known);
    },

    async signDigest(digest) {
      const command = new SignCommand({
        KeyId: keyId,
        Message: digest,
        MessageType: "DIGEST",
        // Names the digest's length only: with DIGEST, KMS hashes nothing, so a Keccak-256 digest passes.
        SigningAlgorithm: "ECDSA_SHA_256",
      });
      const asked = await ask(deadlineMs, (abortSignal) => client.send(command, { abortSignal }));
      if (!asked.ok) return asked;
      const { Signature: der } = asked.value;
      const signature = der === undefined ? undefined : parseDerSignature(der);
      return signature === undefined ? fail("wrong_key") : ok(signature);
    },
  });
}

/** One call with its deadline, and its errors as faults. */
async function ask<Answer>(
  deadlineMs: number,
  call: (abortSignal: AbortSignal) => Promise<Answer>,
): Promise<Result<Answer, SignerFault>> {
  const deadline = AbortSignal.timeout(deadlineMs);
  // The SDK heeds the signal while a request is under way, not while it looks for credentials or waits for a retry.
  const late = new Promise<never>((_, reject) => {
    deadline.addEventListener("abort", () => reject(deadline.reason), { once: true });
  });
  try {
    return ok(await Promise.race([call(deadline), late]));
  } catch (error) {
    return fail(kmsFault(error));
  }
}
