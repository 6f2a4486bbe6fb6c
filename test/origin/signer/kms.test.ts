/** What a refund signer asks KMS, what it remembers, and which fault it makes of each of KMS's. */

import { createHash, generateKeyPairSync } from "node:crypto";
import {
  DependencyTimeoutException,
  DisabledException,
  GetPublicKeyCommand,
  InvalidKeyUsageException,
  KeyUnavailableException,
  KMSInternalException,
  KMSInvalidStateException,
  KMSServiceException,
  NotFoundException,
  SignCommand,
  UnsupportedOperationException,
} from "@aws-sdk/client-kms";
import { describe, expect, test } from "vitest";
import type { SignerFault } from "../../../origin/signer/port.ts";
import { authorizationDigest } from "../../../protocol/eip3009.ts";
import { networks } from "../../../protocol/network.ts";
import { fail, ok } from "../../../protocol/result.ts";
import { KEY_ID, mockKms } from "./mock-kms.ts";
import { encodeDerSignature, newOpensslKey } from "./openssl-key.ts";
import { refundFrom } from "./refund.ts";

const network = networks.base;
const key = newOpensslKey();

/** What must not come out of a signer: the SDK's messages name accounts, roles and keys. */
const QUOTE = "arn:aws:kms:eu-central-1:111122223333:key/secret";
const about = { message: `User is not authorized on ${QUOTE}`, $metadata: {} };

const refund = refundFrom(key.address);

function refusal(name: string): KMSServiceException {
  return new KMSServiceException({ name, $fault: "client", ...about });
}

const faults: readonly (readonly [string, Error, SignerFault])[] = [
  ["ThrottlingException", refusal("ThrottlingException"), "retry_later"],
  ["ExpiredTokenException", refusal("ExpiredTokenException"), "retry_later"],
  ["KMSInternalException", new KMSInternalException(about), "retry_later"],
  ["KeyUnavailableException", new KeyUnavailableException(about), "retry_later"],
  ["DependencyTimeoutException", new DependencyTimeoutException(about), "retry_later"],
  ["a connection that is reset", Object.assign(new Error(QUOTE), { code: "ECONNRESET" }), "retry_later"],
  ["credentials that can't be read", namedError("CredentialsProviderError"), "retry_later"],
  ["DisabledException", new DisabledException(about), "disabled"],
  ["KMSInvalidStateException", new KMSInvalidStateException(about), "disabled"],
  ["NotFoundException", new NotFoundException(about), "disabled"],
  ["AccessDeniedException", refusal("AccessDeniedException"), "disabled"],
  ["UnrecognizedClientException", refusal("UnrecognizedClientException"), "disabled"],
  ["a refusal that nobody documented", refusal("constructor"), "disabled"],
  ["InvalidKeyUsageException", new InvalidKeyUsageException(about), "wrong_key"],
  ["UnsupportedOperationException", new UnsupportedOperationException(about), "wrong_key"],
];

describe.each(faults)("%s", (_, error, fault) => {
  test(`instead of the public key is ${fault}, and not remembered`, async () => {
    const { getPublicKey, signer } = mockKms(key);
    getPublicKey.rejectsOnce(error);
    expect(await signer.sign(network, refund)).toEqual(fail(fault));
    expect(await signer.sign(network, refund)).toMatchObject({ ok: true });
  });

  test(`instead of a signature is ${fault}, and not remembered`, async () => {
    const { sign, signer } = mockKms(key);
    sign.rejectsOnce(error);
    expect(await signer.sign(network, refund)).toEqual(fail(fault));
    expect(await signer.sign(network, refund)).toMatchObject({ ok: true });
  });
});

test("KMS signs the digest of the refund itself, under the key that was configured", async () => {
  const { kms, signer } = mockKms(key);
  await signer.sign(network, refund);
  expect(kms.commandCalls(SignCommand).map(({ args }) => args[0].input)).toEqual([
    {
      KeyId: KEY_ID,
      Message: authorizationDigest(network, refund),
      MessageType: "DIGEST",
      SigningAlgorithm: "ECDSA_SHA_256",
    },
  ]);
});

test("the public key is fetched once in the life of the process", async () => {
  const { kms, signer } = mockKms(key);
  for (let i = 0; i < 3; i++) await signer.sign(network, refund);
  expect(await signer.address()).toEqual(ok(key.address));
  expect(kms.commandCalls(GetPublicKeyCommand)).toHaveLength(1);
  expect(kms.commandCalls(SignCommand)).toHaveLength(3);
});

describe("wrong_key is the fault when the public key", () => {
  test.each([
    ["is P-256's", spkiOf("P-256")],
    ["is of another curve of our size", spkiOf("brainpoolP256r1")],
    ["is garbage", Buffer.from("not a key")],
    ["is missing", undefined],
  ])("%s, and KMS is not asked to sign", async (_, spki) => {
    const { kms, getPublicKey, signer } = mockKms(key);
    getPublicKey.resolves(spki === undefined ? {} : { PublicKey: spki });
    expect(await signer.address()).toEqual(fail("wrong_key"));
    expect(await signer.sign(network, refund)).toEqual(fail("wrong_key"));
    expect(kms.commandCalls(SignCommand)).toHaveLength(0);
  });
});

describe("wrong_key is the fault when the signature", () => {
  const digest = authorizationDigest(network, refund);
  const real = key.signDigest(digest, "low");
  const another = authorizationDigest(networks.polygon, refund);

  test.each([
    ["is another key's, as when an alias moved", newOpensslKey().signDigest(digest, "low")],
    ["is of another digest", key.signDigest(another, "low")],
    ["is of the digest hashed once more", key.signDigest(sha256(digest), "low")],
    ["is of numbers that fit no key", encodeDerSignature(1n, 1n)],
    ["is followed by a byte", Uint8Array.of(...real, 0)],
    ["is cut", real.subarray(0, -1)],
    ["is garbage", Buffer.from("not a signature")],
    ["is missing", undefined],
  ])("%s", async (_, der) => {
    const { sign, signer } = mockKms(key);
    sign.resolves(der === undefined ? {} : { Signature: der });
    expect(await signer.sign(network, refund)).toEqual(fail("wrong_key"));
  });
});

test.each([
  "getPublicKey",
  "sign",
] as const)("a %s that never settles is retry_later at the deadline, whatever the SDK makes of it", async (call) => {
  const { signer, ...calls } = mockKms(key, { deadlineMs: 100 });
  calls[call].callsFakeOnce(() => new Promise(() => undefined));
  const begun = performance.now();
  expect(await signer.sign(network, refund)).toEqual(fail("retry_later"));
  expect(performance.now() - begun).toBeGreaterThan(95);
  expect(await signer.sign(network, refund)).toMatchObject({ ok: true });
});

function namedError(name: string): Error {
  return Object.assign(new Error(QUOTE), { name });
}

function spkiOf(namedCurve: string): Uint8Array {
  return generateKeyPairSync("ec", { namedCurve }).publicKey.export({ format: "der", type: "spki" });
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}
