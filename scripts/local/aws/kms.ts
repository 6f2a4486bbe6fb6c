/** AWS KMS on loopback with one asymmetric `ECC_SECG_P256K1` key for `SIGN_VERIFY`: GetPublicKey and Sign. */

import { createECDH, createPublicKey } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import * as v from "valibot";
import { type Hex, hexToBytes } from "../../../protocol/hex.ts";
import { LOCAL_ACCOUNT } from "./credentials.ts";
import { AwsFault } from "./fault.ts";
import { operation, startJsonService } from "./json-service.ts";

export interface KmsOptions {
  readonly region: string;
  readonly keyId: string;
  /** 32 bytes. */
  readonly privateKey: Hex;
}

export interface Kms {
  readonly url: string;
  readonly keyArn: string;
  close(): Promise<void>;
}

const DIGEST_BYTES = 32;
const KEY_SPEC = "ECC_SECG_P256K1";
const ALGORITHM = "ECDSA_SHA_256";

const base64 = v.pipe(v.string(), v.base64());
const publicKeyInput = v.strictObject({ KeyId: v.string() });
const signInput = v.strictObject({
  KeyId: v.string(),
  Message: base64,
  /** With RAW, KMS would hash the message with SHA-256 first: for a Keccak-256 digest never what was meant. */
  MessageType: v.literal("DIGEST"),
  SigningAlgorithm: v.string(),
});

/** @throws PortTakenError */
export async function startKms({ region, keyId, privateKey }: KmsOptions): Promise<Kms> {
  const secret = hexToBytes(privateKey);
  const keyArn = `arn:aws:kms:${region}:${LOCAL_ACCOUNT}:key/${keyId}`;
  const publicKey = subjectPublicKeyInfo(secret).toString("base64");
  const checkKey = (asked: string) => {
    if (asked === keyId || asked === keyArn) return;
    throw new AwsFault("NotFoundException", "The key does not exist.");
  };

  const GetPublicKey = operation(publicKeyInput, ({ KeyId }) => {
    checkKey(KeyId);
    return {
      KeyId: keyArn,
      KeySpec: KEY_SPEC,
      KeyUsage: "SIGN_VERIFY",
      PublicKey: publicKey,
      SigningAlgorithms: [ALGORITHM],
    };
  });

  const Sign = operation(signInput, ({ KeyId, Message, SigningAlgorithm }) => {
    checkKey(KeyId);
    if (SigningAlgorithm !== ALGORITHM) {
      throw new AwsFault("InvalidKeyUsageException", `A key of ${KEY_SPEC} signs with ${ALGORITHM} only.`);
    }
    const digest = Buffer.from(Message, "base64");
    if (digest.byteLength !== DIGEST_BYTES) {
      throw new AwsFault("ValidationException", `Digest is invalid length for algorithm ${ALGORITHM}.`);
    }
    // KMS answers with a high s every other time, so this does not ask for a low one.
    const signature = secp256k1.sign(digest, secret, { prehash: false, lowS: false, format: "der" });
    return { KeyId: keyArn, Signature: Buffer.from(signature).toString("base64"), SigningAlgorithm };
  });

  const { url, close } = await startJsonService({
    what: "KMS",
    region,
    service: "kms",
    target: "TrentService",
    version: "1.1",
    operations: { GetPublicKey, Sign },
  });
  return { url, keyArn, close };
}

function subjectPublicKeyInfo(secret: Uint8Array): Buffer {
  const curve = createECDH("secp256k1");
  curve.setPrivateKey(secret);
  const point = curve.getPublicKey();
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString("base64url"));
  const key = { kty: "EC", crv: "secp256k1", x: x ?? "", y: y ?? "" };
  return createPublicKey({ format: "jwk", key }).export({ format: "der", type: "spki" });
}
