/** The SDK's own client, and our refund signer on it, against the local KMS. */

import {
  GetPublicKeyCommand,
  InvalidKeyUsageException,
  KMSClient,
  NotFoundException,
  SignCommand,
} from "@aws-sdk/client-kms";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { expect, test } from "vitest";
import { createKmsSigner } from "../../../origin/signer/kms.ts";
import { createLocalKeySigner } from "../../../origin/signer/local-key.ts";
import { networks } from "../../../protocol/network.ts";
import { startKms } from "../../../scripts/local/aws/kms.ts";
import { newOpensslKey } from "../../origin/signer/openssl-key.ts";
import { refundFrom } from "../../origin/signer/refund.ts";
import { client, clientOptions, opened, REGION } from "./support.ts";

const KEY_ID = "11111111-2222-3333-4444-555555555555";
const key = newOpensslKey();
const digest = Buffer.alloc(32, 7);

async function started() {
  const kms = opened(await startKms({ region: REGION, keyId: KEY_ID, privateKey: key.secret }));
  return { kms, client: client(new KMSClient(clientOptions(kms.url))) };
}

function sign(options: Partial<ConstructorParameters<typeof SignCommand>[0]> = {}): SignCommand {
  return new SignCommand({
    KeyId: KEY_ID,
    Message: digest,
    MessageType: "DIGEST",
    SigningAlgorithm: "ECDSA_SHA_256",
    ...options,
  });
}

test("the public key is the one that OpenSSL writes, by key id and by ARN", async () => {
  const { kms, client } = await started();
  for (const KeyId of [KEY_ID, kms.keyArn]) {
    const { PublicKey, KeySpec } = await client.send(new GetPublicKeyCommand({ KeyId }));
    expect([Buffer.from(PublicKey ?? []), KeySpec]).toEqual([Buffer.from(key.spki), "ECC_SECG_P256K1"]);
  }
});

test("a refund signed over the wire is the account's own, and is what a local key signs", async () => {
  const { client } = await started();
  const signer = createKmsSigner({ client, keyId: KEY_ID, deadlineMs: 5_000 });
  expect(await signer.address()).toEqual({ ok: true, value: key.address });
  const refund = refundFrom(key.address);
  expect(await signer.sign(networks.base, refund)).toEqual(
    await createLocalKeySigner(key.secret).sign(networks.base, refund),
  );
});

test("signatures have high s as well as low", async () => {
  const { client } = await started();
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, index) => client.send(sign({ Message: Buffer.alloc(32, index) }))),
  );
  const high = answers.filter(({ Signature = new Uint8Array() }) =>
    secp256k1.Signature.fromBytes(Signature, "der").hasHighS(),
  );
  expect(high.length).toBeGreaterThan(0);
  expect(high.length).toBeLessThan(answers.length);
});

test.each([
  ["another key", sign({ KeyId: "another" }), NotFoundException],
  ["another algorithm", sign({ SigningAlgorithm: "ECDSA_SHA_384" }), InvalidKeyUsageException],
  ["a digest of another length", sign({ Message: Buffer.alloc(31) }), /invalid length/],
  ["a message that is to be hashed", sign({ MessageType: "RAW" }), /MessageType/],
  ["a dry run, which is not played", sign({ DryRun: true }), /DryRun/],
])("%s is refused", async (_, command, refusal) => {
  const { client } = await started();
  await expect(client.send(command)).rejects.toThrow(refusal);
});
