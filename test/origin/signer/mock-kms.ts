/** The AWS SDK's KMS client with answers put in its mouth, and a refund signer over it. */

import { GetPublicKeyCommand, KMSClient, SignCommand } from "@aws-sdk/client-kms";
import { mockClient } from "aws-sdk-client-mock";
import { createKmsSigner } from "../../../origin/signer/kms.ts";
import type { OpensslKey, S } from "./openssl-key.ts";

export const KEY_ID = "alias/edge402-refunds";

/** Long enough for what answers at once on a busy machine. */
const DEADLINE_MS = 5_000;

export const clientOptions = {
  region: "eu-central-1",
  credentials: { accessKeyId: "nobody", secretAccessKey: "nothing" },
} as const;

interface MockOptions {
  readonly s?: S;
  readonly deadlineMs?: number;
}

/**
 * A KMS that knows `key` under `KEY_ID`, and nothing else. A test may change what it answers to the two calls
 * (`getPublicKey`, `sign`), once or for good.
 */
export function mockKms(key: OpensslKey, { s = "low", deadlineMs = DEADLINE_MS }: MockOptions = {}) {
  const client = new KMSClient(clientOptions);
  const kms = mockClient(client);
  const getPublicKey = kms.on(GetPublicKeyCommand, { KeyId: KEY_ID });
  getPublicKey.resolves({
    KeySpec: "ECC_SECG_P256K1",
    KeyUsage: "SIGN_VERIFY",
    SigningAlgorithms: ["ECDSA_SHA_256"],
    PublicKey: key.spki,
  });
  const digestOnly = { MessageType: "DIGEST", SigningAlgorithm: "ECDSA_SHA_256" } as const;
  const sign = kms.on(SignCommand, { KeyId: KEY_ID, ...digestOnly });
  sign.callsFake(({ Message }: { Message: Uint8Array }) => ({ Signature: key.signDigest(Message, s) }));
  return { kms, getPublicKey, sign, signer: createKmsSigner({ client, keyId: KEY_ID, deadlineMs }) };
}
